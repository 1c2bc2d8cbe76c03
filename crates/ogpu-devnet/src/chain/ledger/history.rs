//! The blocks so far, and the states after the latest ones.

use std::sync::Arc;

use alloy_primitives::B256;
use imbl::{HashMap, OrdMap, Vector};

use super::block::Block;
use super::error::Missing;
use super::state::State;
use super::tx;

/// How many blocks' states can be read: the latest one's and those of the 256 before it.
pub(crate) const STATES_KEPT: u64 = 257;

/// Every block, with indexes, and the latest states.
///
/// All parts share structure, so a clone is cheap: it is what a snapshot keeps and what a call
/// reads while the chain goes on.
#[derive(Debug, Clone)]
pub(crate) struct History {
    blocks: Vector<Arc<Block>>,
    numbers: HashMap<B256, u64>,
    transactions: HashMap<B256, (u64, usize)>,
    states: OrdMap<u64, State>,
    head: Arc<Block>,
}

impl History {
    pub(crate) fn new(genesis: Block, state: State) -> Self {
        let head = Arc::new(genesis);
        Self {
            blocks: Vector::unit(Arc::clone(&head)),
            numbers: HashMap::unit(head.hash(), 0),
            transactions: HashMap::new(),
            states: OrdMap::unit(0, state),
            head,
        }
    }

    pub(crate) const fn head(&self) -> &Arc<Block> {
        &self.head
    }

    pub(crate) fn block(&self, number: u64) -> Option<&Arc<Block>> {
        self.blocks.get(usize::try_from(number).ok()?)
    }

    pub(crate) fn block_by_hash(&self, hash: B256) -> Option<&Arc<Block>> {
        self.block(*self.numbers.get(&hash)?)
    }

    /// The block that holds a transaction, and the transaction's index in it.
    pub(crate) fn transaction(&self, hash: B256) -> Option<(&Arc<Block>, usize)> {
        let (number, index) = *self.transactions.get(&hash)?;
        Some((self.block(number)?, index))
    }

    /// The blocks of an inclusive range, as far as they exist.
    pub(crate) fn range(&self, from: u64, to: u64) -> impl Iterator<Item = &Arc<Block>> {
        (from..=to.min(self.head.number())).filter_map(|number| self.block(number))
    }

    /// The state after the latest block.
    pub(crate) fn state(&self) -> &State {
        self.states
            .get_max()
            .map(|(_, state)| state)
            .expect("the head's state is never pruned")
    }

    /// The state after the block of that number.
    pub(crate) fn state_after(&self, number: u64) -> Result<&State, Missing> {
        self.states.get(&number).ok_or_else(|| {
            if number > self.head.number() {
                Missing::Header
            } else {
                Missing::State {
                    number,
                    kept: STATES_KEPT,
                }
            }
        })
    }

    /// Changes the state after the latest block, as no transaction did.
    pub(crate) fn amend(&mut self, change: impl FnOnce(&mut State)) {
        if let Some(state) = self.states.get_mut(&self.head.number()) {
            change(state);
        }
    }

    pub(crate) fn push(&mut self, block: Block, state: State) -> Arc<Block> {
        let block = Arc::new(block);
        let number = block.number();
        self.numbers.insert(block.hash(), number);
        for (index, tx) in block.transactions().iter().enumerate() {
            self.transactions.insert(tx::hash(tx), (number, index));
        }
        self.states.insert(number, state);
        if let Some(pruned) = number.checked_sub(STATES_KEPT) {
            self.states.remove(&pruned);
        }
        self.blocks.push_back(Arc::clone(&block));
        self.head = Arc::clone(&block);
        block
    }
}
