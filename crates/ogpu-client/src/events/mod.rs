//! Events of the protocol.

use ogpu_chain::{ChainSpec, Contract};
use ogpu_contracts::protocol_event::Emitters;

/// The contracts of a chain that emit the protocol's events.
pub(crate) fn emitters(chain: &ChainSpec) -> Emitters {
    Emitters {
        nexus: chain.contract(Contract::Nexus),
        terminal: chain.contract(Contract::Terminal),
        vault: chain.contract(Contract::Vault),
    }
}
