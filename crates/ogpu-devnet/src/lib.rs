#![doc = include_str!("../README.md")]

mod chain;
pub mod faults;
mod halved;
mod network;
mod provider;
mod server;
pub mod services;

/// The chain alone: an EVM node with JSON-RPC, in this process.
pub mod node {
    pub use crate::chain::{ChainHandle, Node, NodeConfig, NodeError, ReorgRefused};
}

pub use chain::{Mining, Orphans, Reorg};
pub use network::{Accounts, AnvilProblem, Contracts, Devnet, DevnetBuilder, DevnetError, Role};
pub use provider::{ProviderBuilder, SimulatedProvider};
