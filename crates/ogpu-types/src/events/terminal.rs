//! Events of the terminal.

use super::define::contract_events;
use crate::{Address, SourceAddress};

contract_events! {
    /// An event of the terminal: who is whose provider, master and agent.
    TerminalEvent of Terminal {
        /// An account allows an agent to act for it, or does so no longer.
        AgentSet {
            /// The account.
            account: Address,
            /// The agent.
            agent: Address,
            /// Whether the agent may act for the account now.
            value: bool,
        }
        /// A provider has changed its base data.
        BaseDataUpdated {
            /// The provider.
            provider: Address,
        }
        /// The network's default agent was switched off or on for an account.
        DefaultAgentDisabled {
            /// The account.
            master: Address,
            /// Whether it is switched off now.
            value: bool,
        }
        /// A provider has changed its live data.
        LiveDataUpdated {
            /// The provider.
            provider: Address,
        }
        /// A provider has named its master.
        MasterAnnounced {
            /// The provider.
            provider: Address,
            /// The master.
            master: Address,
        }
        /// The contract has another owner.
        OwnershipTransferred {
            /// Who owned it.
            previous_owner: Address,
            /// Who owns it now.
            new_owner: Address,
        }
        /// A master has named a provider of its own.
        ProviderAnnounced {
            /// The provider.
            provider: Address,
            /// The master.
            master: Address,
        }
        /// A provider belongs to its master no longer.
        ProviderRemoved {
            /// The provider.
            provider: Address,
        }
        /// A provider is told to stop running a source.
        RemoveContainer {
            /// The provider.
            provider: Address,
            /// The source.
            source: SourceAddress,
        }
    }
}
