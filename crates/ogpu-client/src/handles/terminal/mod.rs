//! The terminal: who is whose provider, master and agent.

mod reads;
mod writes;

use super::contract_handle;

contract_handle! {
    /// The terminal: who is whose provider, master and agent.
    Terminal
}
