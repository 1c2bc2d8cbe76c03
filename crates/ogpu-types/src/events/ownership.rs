//! The event of the contracts that have an owner, and no other event.

use super::define::contract_events;
use crate::Address;

contract_events! {
    /// An event of the controller, a source, a task or a response: its owner.
    ///
    /// The streams tell of the nexus, the terminal and the vault alone, of which the former two have
    /// this event among their own. This one is read out of a log, such as one of a receipt.
    OwnershipEvent {
        /// The contract has another owner.
        OwnershipTransferred {
            /// Who owned it; the zero address when it was deployed.
            previous_owner: Address,
            /// Who owns it now.
            new_owner: Address,
        }
    }
}
