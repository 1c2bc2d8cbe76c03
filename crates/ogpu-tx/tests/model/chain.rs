//! A chain and the pools of its nodes, for one account. It knows everything.

use std::collections::BTreeSet;

use ogpu_tx::{Fees, IntentId, Meaning};
use ogpu_types::{TxHash, Wei};

/// A signed transaction of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tx {
    pub(crate) hash: TxHash,
    pub(crate) nonce: u64,
    pub(crate) fees: Fees,
    /// `None` is another program's.
    pub(crate) owner: Option<IntentId>,
}

/// Blocks with this many on top are never taken back.
pub(crate) const FINAL: usize = 3;

#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    pub(crate) blocks: Vec<Vec<Tx>>,
}

impl Chain {
    /// How many transactions of the account's are mined.
    pub(crate) fn mined(&self) -> u64 {
        self.txs()
            .map(|(_, tx)| tx.nonce + 1)
            .max()
            .unwrap_or_default()
    }

    pub(crate) fn head(&self) -> u64 {
        self.blocks.len() as u64
    }

    pub(crate) fn txs(&self) -> impl Iterator<Item = (u64, &Tx)> {
        let numbered = self.blocks.iter().zip(1..);
        numbered.flat_map(|(block, number)| block.iter().map(move |tx| (number, tx)))
    }

    pub(crate) fn block_of(&self, hash: TxHash) -> Option<u64> {
        self.txs()
            .find(|(_, tx)| tx.hash == hash)
            .map(|(number, _)| number)
    }

    /// What is mined under a nonce, for good.
    pub(crate) fn final_at(&self, nonce: u64) -> Option<&Tx> {
        let safe = self.blocks.len().saturating_sub(FINAL) as u64;
        self.txs()
            .find(|(number, tx)| tx.nonce == nonce && *number <= safe)
            .map(|(_, tx)| tx)
    }

    /// As a node sees it that is some blocks behind.
    pub(crate) fn behind(&self, blocks: usize) -> Self {
        let kept = self.blocks.len().saturating_sub(blocks);
        Self {
            blocks: self.blocks[..kept].to_vec(),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Net {
    pub(crate) chain: Chain,
    /// What some node has, be it queued.
    pub(crate) pool: Vec<Tx>,
    /// What some node has had.
    pub(crate) arrived: Vec<Tx>,
    /// What will arrive, though nobody will hear of it.
    pub(crate) on_the_wire: Vec<Tx>,
    pub(crate) min_fee: u64,
    pub(crate) foreign: u64,
}

pub(crate) fn fees(max_fee: u64, tip: u64) -> Fees {
    Fees::Eip1559 {
        max_fee: Wei::from(max_fee),
        tip: Wei::from(tip),
    }
}

impl Net {
    /// The account's next nonce, as a node with the whole pool says.
    pub(crate) fn pending(&self) -> u64 {
        let taken: BTreeSet<u64> = self.pool.iter().map(|tx| tx.nonce).collect();
        let mined = self.chain.mined();
        (mined..).find(|nonce| !taken.contains(nonce)).unwrap()
    }

    /// A node gets signed bytes, and answers the truth.
    pub(crate) fn arrive(&mut self, tx: Tx) -> Meaning {
        if tx.nonce < self.chain.mined() {
            return Meaning::NonceTooLow;
        }
        if self.pool.iter().any(|known| known.hash == tx.hash) {
            return Meaning::AlreadyKnown;
        }
        if tx.fees.ceiling() < Wei::from(self.min_fee) {
            return Meaning::Underpriced;
        }
        let mut rivals = self.pool.iter().filter(|known| known.nonce == tx.nonce);
        if !rivals.all(|known| tx.fees.replaces(known.fees)) {
            return Meaning::Occupied;
        }
        self.pool.push(tx);
        if !self.has_arrived(tx.hash) {
            self.arrived.push(tx);
        }
        Meaning::Accepted
    }

    pub(crate) fn has_arrived(&self, hash: TxHash) -> bool {
        self.arrived.iter().any(|tx| tx.hash == hash)
    }

    /// Whether some of an intent's bytes may still take effect, at one nonce or at any.
    pub(crate) fn is_alive(&self, id: IntentId, nonce: Option<u64>) -> bool {
        self.arrived
            .iter()
            .chain(&self.on_the_wire)
            .filter(|tx| tx.owner == Some(id) && nonce.is_none_or(|nonce| nonce == tx.nonce))
            .any(|tx| {
                self.chain
                    .final_at(tx.nonce)
                    .is_none_or(|last| last.owner == Some(id))
            })
    }

    pub(crate) fn deliver(&mut self, which: usize) {
        if !self.on_the_wire.is_empty() {
            let tx = self.on_the_wire.remove(which % self.on_the_wire.len());
            self.arrive(tx);
        }
    }

    /// Mines a block of at most so many of the account's transactions.
    pub(crate) fn mine(&mut self, most: usize) {
        let mut block = Vec::new();
        while block.len() < most {
            let next = self
                .chain
                .mined()
                .max(block.last().map(|tx: &Tx| tx.nonce + 1).unwrap_or_default());
            let best = self
                .pool
                .iter()
                .filter(|tx| tx.nonce == next && tx.fees.ceiling() >= Wei::from(self.min_fee))
                .max_by_key(|tx| tx.fees.ceiling());
            let Some(best) = best.copied() else { break };
            block.push(best);
        }
        self.chain.blocks.push(block);
        let mined = self.chain.mined();
        self.pool.retain(|tx| tx.nonce >= mined);
        self.check_effects();
    }

    /// Takes blocks back, loses some of what was in them, and mines one more than before.
    pub(crate) fn reorganise(&mut self, depth: usize, lost: u8, most: usize) {
        let depth = depth.min(self.chain.blocks.len());
        let kept = self.chain.blocks.len() - depth;
        let gone = self.chain.blocks.split_off(kept).into_iter().flatten();
        for (place, tx) in gone.enumerate() {
            if lost & (1 << (place % 8)) == 0 {
                self.pool.push(tx);
            }
        }
        for _ in 0..=depth {
            self.mine(most);
        }
    }

    /// Another program sends from the account.
    pub(crate) fn send_foreign(&mut self, max_fee: u64) {
        let tx = self.foreign_tx(self.pending(), max_fee);
        self.arrive(tx);
    }

    /// Another program outbids whatever waits at the next nonce.
    pub(crate) fn send_rival(&mut self) {
        let tx = self.foreign_tx(self.chain.mined(), 1_000);
        self.pool.push(tx);
        self.arrived.push(tx);
    }

    fn foreign_tx(&mut self, nonce: u64, max_fee: u64) -> Tx {
        self.foreign += 1;
        let mut hash = [0xff; 32];
        hash[..8].copy_from_slice(&self.foreign.to_be_bytes());
        Tx {
            hash: TxHash::new(hash),
            nonce,
            fees: fees(max_fee, 1),
            owner: None,
        }
    }

    pub(crate) fn drop_from_pool(&mut self, which: usize) {
        if !self.pool.is_empty() {
            self.pool.remove(which % self.pool.len());
        }
    }

    /// A node that still had something passes it on.
    pub(crate) fn resurface(&mut self, which: usize) {
        if !self.arrived.is_empty() {
            let tx = self.arrived[which % self.arrived.len()];
            self.arrive(tx);
        }
    }

    fn check_effects(&self) {
        let mut seen = BTreeSet::new();
        for (_, tx) in self.chain.txs() {
            if let Some(id) = tx.owner {
                assert!(seen.insert(id), "I1: {id:?} took effect twice");
            }
        }
    }
}
