//! The manager: who has which role.

mod reads;
mod writes;

use super::contract_handle;

contract_handle! {
    /// The manager: who has which role.
    Manager
}
