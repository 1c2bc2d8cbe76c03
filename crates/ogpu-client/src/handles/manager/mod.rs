//! The manager: who has which role.

mod reads;

use super::contract_handle;

contract_handle! {
    /// The manager: who has which role.
    Manager
}
