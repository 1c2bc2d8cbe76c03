//! Replacing the latest blocks by others.

use std::sync::Arc;

use alloy_primitives::B256;

use super::Ledger;
use super::events::Event;
use super::tx::{self, SignedTx};

/// What becomes of the transactions of blocks that a reorganisation replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Orphans {
    /// The last one is in no block any more and unknown to the node; the others are mined again in
    /// the last of the new blocks.
    #[default]
    LastDropped,
    /// None is in a block any more, and all are unknown to the node.
    Dropped,
    /// All are mined again, in one block more than there were before. Those of different senders
    /// may change their order.
    Delayed,
}

/// What a reorganisation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reorg {
    /// The number of the first block that is another one now.
    pub(crate) first: u64,
    /// The transactions that are in no block any more and unknown to the node.
    pub(crate) dropped: Vec<B256>,
    /// The transactions that were taken in again: mined in a later block, or waiting for one.
    pub(crate) kept: Vec<B256>,
}

/// Why a reorganisation is not possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reorganisation replaces 1 to {deepest} blocks, not {depth}")]
pub(crate) struct ReorgError {
    pub(crate) depth: u64,
    pub(crate) deepest: u64,
}

impl Ledger {
    /// Replaces the latest `depth` blocks by at least as many others, none of which has the hash of
    /// one before.
    pub(crate) fn reorg(&mut self, depth: u64, orphans: Orphans) -> Result<Reorg, ReorgError> {
        let head = self.head().number();
        let deepest = head - self.history.oldest_state();
        if depth == 0 || depth > deepest {
            return Err(ReorgError { depth, deepest });
        }
        let fork = head - depth;
        let removed = self.history.rewind(fork);
        self.snapshots
            .retain(|snapshot| snapshot.history.head().number() <= fork);
        self.reverts += 1;
        for block in removed.iter().rev() {
            self.listeners.tell(&Event::Removed(Arc::clone(block)));
        }

        let mut kept: Vec<&Arc<SignedTx>> = removed
            .iter()
            .flat_map(|block| block.transactions())
            .collect();
        let dropped = match orphans {
            Orphans::LastDropped => kept.pop().into_iter().collect(),
            Orphans::Dropped => std::mem::take(&mut kept),
            Orphans::Delayed => Vec::new(),
        };
        let empty = match orphans {
            Orphans::Delayed => depth,
            Orphans::LastDropped | Orphans::Dropped => depth - 1,
        };
        for _ in 0..empty {
            let candidate = self.candidate(0);
            self.commit(candidate);
        }
        // Backwards: of equal tips of different senders, the one that was first comes last.
        for tx in kept.iter().rev() {
            // A replacement at its nonce may wait already: then it has lost its place.
            let _ = self.pool.insert(SignedTx::clone(tx), self.history.state());
        }
        self.mine();
        self.settle();
        let hashes = |txs: &[&Arc<SignedTx>]| txs.iter().map(|tx| tx::hash(tx)).collect();
        Ok(Reorg {
            first: fork + 1,
            dropped: hashes(&dropped),
            kept: hashes(&kept),
        })
    }
}
