//! The chain in process, for whoever holds the node.

use std::sync::Arc;

use ogpu_types::{Address, Wei};

use super::config::Mining;
use super::convert;
use super::shared::Shared;

/// The chain without its RPC: what a test reads and turns directly.
///
/// A handle neither keeps the node running nor stops it. Its calls wait for each other and for a
/// block that is being mined, which takes milliseconds at most for a block of ordinary
/// transactions.
#[derive(Debug, Clone)]
pub struct ChainHandle {
    shared: Arc<Shared>,
}

impl ChainHandle {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The chain id that transactions must be signed for.
    #[must_use]
    pub fn chain_id(&self) -> u64 {
        self.shared.ledger().chain_id()
    }

    /// The number of the latest block.
    #[must_use]
    pub fn block_number(&self) -> u64 {
        self.shared.ledger().head().number()
    }

    /// The timestamp of the latest block, in seconds since the Unix epoch.
    #[must_use]
    pub fn timestamp(&self) -> u64 {
        self.shared.ledger().head().header().timestamp
    }

    /// Mines a block with every waiting transaction that can be executed; answers its number.
    pub fn mine(&self) -> u64 {
        self.shared.ledger().mine().number()
    }

    /// Switches when blocks are mined.
    pub fn set_mining(&self, mining: Mining) {
        self.shared.set_mining(mining);
    }

    /// Moves the chain's time forward by that many seconds, for the next block and all later ones.
    pub fn increase_time(&self, seconds: u64) {
        self.shared.ledger().increase_time(seconds);
    }

    /// Gives an account that balance.
    pub fn set_balance(&self, address: Address, balance: Wei) {
        self.shared
            .ledger()
            .set_balance(convert::address(address), convert::amount(balance));
    }

    /// Keeps the chain as it is; answers the number to come back to it with.
    #[must_use]
    pub fn snapshot(&self) -> u64 {
        self.shared.ledger().snapshot()
    }

    /// Takes the chain back to a snapshot, which is used up with all later ones; false if there is
    /// none of that number.
    #[must_use]
    pub fn revert(&self, snapshot: u64) -> bool {
        self.shared.ledger().revert(snapshot)
    }
}
