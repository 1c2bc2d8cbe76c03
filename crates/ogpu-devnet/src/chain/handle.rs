//! The chain in process, for whoever holds the node.

use std::sync::Arc;

use ogpu_types::{Address, TxHash, Wei};

use super::config::Mining;
use super::convert;
use super::ledger::{self, Orphans};
use super::shared::Shared;

/// What a reorganisation did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reorg {
    /// The number of the first block that is another one now: from there on hashes, receipts and
    /// state may differ.
    pub first_block: u64,
    /// The transactions that are in no block any more and unknown to the node, in their former
    /// order. Their senders may offer them again.
    pub dropped: Vec<TxHash>,
    /// The transactions that are mined in a later block now, or wait for one, in their former order.
    pub kept: Vec<TxHash>,
}

/// A reorganisation that is not possible; the chain is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cannot replace the latest {depth} blocks; only 1 to {deepest} can be")]
#[non_exhaustive]
pub struct ReorgRefused {
    /// How many blocks were to be replaced.
    pub depth: u64,
    /// The most blocks that can be: those whose parents' states are kept.
    pub deepest: u64,
}

impl From<ledger::ReorgError> for ReorgRefused {
    fn from(error: ledger::ReorgError) -> Self {
        Self {
            depth: error.depth,
            deepest: error.deepest,
        }
    }
}

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

    /// Replaces the latest `depth` blocks by others; the chain is at least as high afterwards.
    ///
    /// With at least one transaction in them, one is dropped, moved to a later block or changes its
    /// place, as `orphans` says. Snapshots of replaced blocks are gone; balances that were set stay.
    ///
    /// # Errors
    ///
    /// [`ReorgRefused`] if `depth` is 0, or if the state before those blocks is no longer kept.
    pub fn reorg(&self, depth: u64, orphans: Orphans) -> Result<Reorg, ReorgRefused> {
        let done = self.shared.ledger().reorg(depth, orphans)?;
        Ok(Reorg {
            first_block: done.first,
            dropped: convert::hashes(done.dropped),
            kept: convert::hashes(done.kept),
        })
    }

    /// Forgets up to `most` of the transactions that wait for a block, the latest first; answers
    /// which.
    pub fn drop_pending(&self, most: usize) -> Vec<TxHash> {
        convert::hashes(self.shared.ledger().forget_latest(most))
    }

    /// Refuses transactions that offer a lower tip than this, in wei per gas, with geth's
    /// "transaction underpriced". Those that wait already stay. A new chain accepts any tip.
    pub fn set_least_tip(&self, wei: u128) {
        self.shared.ledger().set_least_tip(wei);
    }

    /// Fixes the base fee of the next block, in wei per gas; from there it moves as Ethereum's. False
    /// on a legacy chain, which has none.
    #[must_use = "a legacy chain has no base fee"]
    pub fn spike_base_fee(&self, wei: u64) -> bool {
        self.shared.ledger().spike_base_fee(wei)
    }

    /// Sets how far the chain's time is from the host's clock, in seconds, in place of what it was
    /// moved by before. No block is older than its parent, so a chain that is set back stands still
    /// until its time has come.
    pub fn skew_clock(&self, seconds: i64) {
        self.shared.ledger().skew_clock(seconds);
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
