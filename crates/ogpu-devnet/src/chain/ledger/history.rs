//! The blocks so far, and the states after the latest ones.

use std::sync::Arc;

use alloy_primitives::{Address, B256, U256};
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
    /// What was set by hand after which block: a reorganisation must not take it back.
    amendments: Vector<(u64, Address, U256)>,
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
            amendments: Vector::new(),
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

    /// Gives an account a balance in the state after the latest block, as no transaction did.
    pub(crate) fn set_balance(&mut self, address: Address, balance: U256) {
        let number = self.head.number();
        if let Some(state) = self.states.get_mut(&number) {
            state.set_balance(address, balance);
        }
        self.amendments.push_back((number, address, balance));
    }

    /// The number of the oldest block whose state is kept.
    pub(crate) fn oldest_state(&self) -> u64 {
        self.states.get_min().map_or(0, |(number, _)| *number)
    }

    /// Takes the blocks after that number off, whose state must be kept; answers them, the oldest
    /// first. Balances that were set by hand after it stay set.
    pub(crate) fn rewind(&mut self, number: u64) -> Vec<Arc<Block>> {
        let removed: Vec<_> = self
            .range(number + 1, self.head.number())
            .cloned()
            .collect();
        for block in &removed {
            self.blocks.pop_back();
            self.numbers.remove(&block.hash());
            self.states.remove(&block.number());
            for tx in block.transactions() {
                self.transactions.remove(&tx::hash(tx));
            }
        }
        if let Some(head) = self.blocks.last() {
            self.head = Arc::clone(head);
        }
        let later = self.amendments.iter_mut().filter(|(set, ..)| *set > number);
        if let Some(state) = self.states.get_mut(&number) {
            for (set, address, balance) in later {
                state.set_balance(*address, *balance);
                *set = number;
            }
        }
        removed
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
