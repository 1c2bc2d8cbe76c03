//! Events of the protocol.

mod block;
mod cursor;
#[cfg(test)]
mod model;
mod step;
mod view;
mod window;

use ogpu_chain::{ChainSpec, Contract};
use ogpu_contracts::protocol_event::Emitters;

pub use cursor::{Cursor, CursorError};

/// The contracts of a chain that emit the protocol's events.
pub(crate) fn emitters(chain: &ChainSpec) -> Emitters {
    Emitters {
        nexus: chain.contract(Contract::Nexus),
        terminal: chain.contract(Contract::Terminal),
        vault: chain.contract(Contract::Vault),
    }
}
