//! The nexus: all sources of the network.

mod reads;

use super::contract_handle;

contract_handle! {
    /// The nexus: all sources of the network.
    Nexus
}
