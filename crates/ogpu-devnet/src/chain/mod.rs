//! An EVM chain in one process.
//!
//! It is a dev chain: one producer, no peers, no proof of anything. Transactions, receipts, logs,
//! gas, fees and hashes are Ethereum's (Prague without blobs, or Berlin without a base fee), so a
//! client cannot tell it from a node by them. What differs, on purpose:
//!
//! - Block headers have a zero state root, so there is no `eth_getProof`.
//! - A call or a gas estimation at "latest" or "pending" sees the time that a block mined now would
//!   have, as the transaction that follows it will.
//! - "safe" and "finalized" are the latest block.
//! - Only the states of the latest block and the 256 before it can be read; blocks, receipts and
//!   logs are all kept.
//! - A transaction that cannot pay the base fee of the next block is refused, not kept waiting.
//! - `evm_revert` is a reorganisation to its listeners: logs come again, marked as removed. So is
//!   `anvil_reorg`, which leaves blocks of other hashes in place of the latest ones.
//!
//! The ledger is a synchronous state machine ([`ledger`]); the RPC, the miner and the handle reach
//! it through one lock ([`shared`]).

mod config;
mod convert;
mod filters;
mod handle;
mod ledger;
mod miner;
mod node;
mod rpc;
mod shared;

pub use self::config::{Mining, NodeConfig};
pub use self::handle::{ChainHandle, Reorg, ReorgRefused};
pub use self::ledger::Orphans;
pub use self::node::{Node, NodeError};
