//! Events of the protocol.

mod block;
mod bloom;
mod builder;
mod cursor;
mod error;
mod filter;
mod follow;
mod hub;
#[cfg(test)]
mod model;
mod patience;
mod ranges;
mod relations;
mod source;
mod step;
mod stream;
mod view;
mod watcher;
mod window;
mod wire;

use ogpu_chain::{ChainSpec, Contract};
use ogpu_contracts::protocol_event::Emitters;

pub use builder::EventsBuilder;
pub use cursor::{Cursor, CursorError};
pub use error::EventError;
pub use stream::{EventStream, EventUpdate};

pub(crate) use follow::{FollowedBlock, Follower, News};
pub(crate) use hub::Hub;
pub(crate) use patience::pause;

/// The contracts of a chain that emit the protocol's events.
pub(crate) fn emitters(chain: &ChainSpec) -> Emitters {
    Emitters {
        nexus: chain.contract(Contract::Nexus),
        terminal: chain.contract(Contract::Terminal),
        vault: chain.contract(Contract::Vault),
    }
}
