//! The controller, which publishes tasks and pays for them.

use super::contract_handle;

contract_handle! {
    /// The controller, which publishes tasks and pays for them.
    Controller
}
