//! The controller, which publishes tasks and pays for them.

mod reads;

use super::contract_handle;

contract_handle! {
    /// The controller, which publishes tasks and pays for them.
    Controller
}
