//! Events of the nexus.

use super::define::contract_events;
use crate::{
    Address, Environment, ResponseAddress, ResponseStatus, SourceAddress, SourceParams,
    SourceStatus, TaskAddress, TaskStatus, Wei,
};

contract_events! {
    /// An event of the nexus: what became of sources, tasks and responses.
    NexusEvent of Nexus {
        /// A provider works on a task.
        Attempted {
            /// The task.
            task: TaskAddress,
            /// The provider.
            provider: Address,
            /// What the provider would like to be paid; nobody is bound by it.
            suggested_payment: Wei,
        }
        /// The contract has another owner.
        OwnershipTransferred {
            /// Who owned it.
            previous_owner: Address,
            /// Who owns it now.
            new_owner: Address,
        }
        /// A provider serves a source from now on.
        Registered {
            /// The provider.
            provider: Address,
            /// The provider's place among the source's registrants, from 1.
            registrant_id: u64,
            /// The source.
            source: SourceAddress,
            /// What the provider runs the source on.
            preferred_environment: Environment,
        }
        /// A response has another status.
        ResponseStatusChanged {
            /// The response.
            response: ResponseAddress,
            /// Its status now.
            status: ResponseStatus,
        }
        /// A provider has answered a task.
        ResponseSubmitted {
            /// The response.
            response: ResponseAddress,
            /// The task.
            task: TaskAddress,
        }
        /// There is a new source.
        SourcePublished {
            /// The source.
            source: SourceAddress,
        }
        /// A source has another status.
        SourceStatusChanged {
            /// The source.
            source: SourceAddress,
            /// Its status now.
            status: SourceStatus,
        }
        /// A source has other parameters.
        SourceUpdated {
            /// The source.
            source: SourceAddress,
            /// Its parameters now.
            source_params: SourceParams,
        }
        /// There is a new task.
        TaskPublished {
            /// The task.
            task: TaskAddress,
            /// The source that is to answer it.
            source: SourceAddress,
        }
        /// A task has another status.
        TaskStatusChanged {
            /// The task.
            task: TaskAddress,
            /// Its status now.
            status: TaskStatus,
        }
    }
}
