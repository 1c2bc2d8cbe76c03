//! The nexus: all sources of the network.

mod lists;
mod reads;

use super::contract_handle;

contract_handle! {
    /// The nexus: all sources of the network.
    Nexus
}
