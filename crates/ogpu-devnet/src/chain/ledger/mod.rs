//! The ledger: the whole chain as a synchronous state machine without sockets or tasks.

mod block;
mod build;
mod call;
mod clock;
mod error;
mod events;
mod evm;
mod fees;
mod history;
mod pool;
mod reorg;
mod state;
mod submit;
mod tx;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use alloy_consensus::Header;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_rpc_types_eth::{FeeHistory, Filter, FilterBlockOption, Log};

pub(crate) use self::block::Block;
pub(crate) use self::call::Scene;
pub(crate) use self::error::{CallFailed, Missing, Refused, TimeGoesBack};
pub(crate) use self::events::{Event, Events};
pub(crate) use self::fees::SUGGESTED_TIP;
pub use self::reorg::Orphans;
pub(crate) use self::reorg::ReorgError;
pub(crate) use self::state::State;
pub(crate) use self::tx::{Envelope, SignedTx, hash};

use self::build::{Candidate, build};
use self::clock::Clock;
use self::events::Listeners;
use self::evm::Rules;
use self::history::History;
use self::pool::Pool;

/// What a ledger starts from.
#[derive(Debug, Clone)]
pub(crate) struct Genesis {
    pub(crate) chain_id: u64,
    /// The base fee of block 0 in wei; none makes a chain without EIP-1559.
    pub(crate) base_fee: Option<u64>,
    pub(crate) gas_limit: u64,
    pub(crate) balances: Vec<(Address, U256)>,
    /// The host's clock in seconds since the Unix epoch.
    pub(crate) now: fn() -> u64,
}

/// The chain: its blocks and states, the waiting transactions, and the time.
#[derive(Debug)]
pub(crate) struct Ledger {
    rules: Rules,
    history: History,
    pool: Pool,
    clock: Clock,
    /// The base fee of the next block, in place of the one that Ethereum's rule gives it.
    spike: Option<u64>,
    /// The least tip, in wei per gas, of a transaction that is accepted.
    least_tip: u128,
    /// Whether every executable transaction is mined at once, in a block of its own.
    instant: bool,
    snapshots: Vec<Snapshot>,
    /// How often the chain was taken back. It is mixed into every later block, so that no block
    /// ever has the hash of one that was taken back.
    reverts: u64,
    listeners: Listeners,
}

/// The chain as it was, to come back to.
#[derive(Debug)]
struct Snapshot {
    id: u64,
    history: History,
    pool: Pool,
    clock: Clock,
}

impl Ledger {
    pub(crate) fn new(genesis: &Genesis) -> Self {
        let rules = Rules::new(genesis.chain_id, genesis.base_fee, genesis.gas_limit);
        let mut state = State::default();
        for (address, balance) in &genesis.balances {
            state.set_balance(*address, *balance);
        }
        let clock = Clock::new(genesis.now);
        let header = block::genesis_header(&rules, clock.next_timestamp(0), genesis.base_fee);
        Self {
            rules,
            history: History::new(Block::seal(header, Vec::new(), Vec::new()), state),
            pool: Pool::default(),
            clock,
            spike: None,
            least_tip: 0,
            instant: false,
            snapshots: Vec::new(),
            reverts: 0,
            listeners: Listeners::default(),
        }
    }

    pub(crate) const fn chain_id(&self) -> u64 {
        self.rules.chain_id
    }

    /// The latest block.
    pub(crate) const fn head(&self) -> &Arc<Block> {
        self.history.head()
    }

    /// Everything that changes from now on.
    pub(crate) fn listen(&mut self) -> Events {
        self.listeners.listen()
    }

    /// Switches instant mining; switching it on mines what waits.
    pub(crate) fn set_instant(&mut self, instant: bool) {
        self.instant = instant;
        self.settle();
    }

    /// Mines one block with every transaction that can be executed and fits in.
    pub(crate) fn mine(&mut self) -> Arc<Block> {
        let candidate = self.candidate(usize::MAX);
        self.commit(candidate)
    }

    /// Mines executable transactions, each in a block of its own, if mining is instant.
    fn settle(&mut self) {
        while self.instant && !self.pool.is_empty() {
            let candidate = self.candidate(1);
            if !candidate.block.transactions().is_empty() {
                self.commit(candidate);
            } else if candidate.rejected.is_empty() {
                return;
            } else {
                self.pool.remove(candidate.rejected);
            }
        }
    }

    /// What the next block would be, if it were mined now with up to `most` transactions.
    fn candidate(&self, most: usize) -> Candidate {
        let head = self.head();
        let timestamp = self.clock.next_timestamp(head.header().timestamp);
        let seed = [head.hash().as_slice(), &self.reverts.to_be_bytes()].concat();
        let header = Header {
            base_fee_per_gas: self.next_base_fee(),
            ..block::header_on_top(
                &self.rules,
                head.header(),
                head.hash(),
                timestamp,
                keccak256(seed),
            )
        };
        build(&self.rules, header, &self.history, &self.pool, most)
    }

    fn commit(&mut self, candidate: Candidate) -> Arc<Block> {
        let Candidate {
            block,
            state,
            rejected,
        } = candidate;
        let block = self.history.push(block, state);
        self.clock.mined(block.header().timestamp);
        self.spike = None;
        self.pool.remove(rejected);
        self.pool.remove_outdated(self.history.state());
        self.listeners.tell(&Event::Added(Arc::clone(&block)));
        block
    }

    /// Keeps the chain as it is under a number.
    pub(crate) fn snapshot(&mut self) -> u64 {
        let id = self.snapshots.last().map_or(1, |last| last.id + 1);
        let (history, pool, clock) = (self.history.clone(), self.pool.clone(), self.clock.clone());
        self.snapshots.push(Snapshot {
            id,
            history,
            pool,
            clock,
        });
        id
    }

    /// Takes the chain back to a snapshot, which is used up with all later ones; false if there is
    /// none of that number. The blocks after it are reported as removed.
    pub(crate) fn revert(&mut self, id: u64) -> bool {
        let Some(position) = self.snapshots.iter().position(|snapshot| snapshot.id == id) else {
            return false;
        };
        let Some(snapshot) = self.snapshots.drain(position..).next() else {
            return false;
        };
        let removed = snapshot.history.head().number() + 1..=self.head().number();
        for block in removed
            .rev()
            .filter_map(|number| self.history.block(number))
        {
            self.listeners.tell(&Event::Removed(Arc::clone(block)));
        }
        self.history = snapshot.history;
        self.pool = snapshot.pool;
        self.clock = snapshot.clock;
        self.reverts += 1;
        true
    }

    /// Moves the time forward; answers the whole distance from the host's clock in seconds.
    pub(crate) fn increase_time(&mut self, seconds: u64) -> i64 {
        self.clock.advance(seconds)
    }

    /// Sets how far the chain's time is from the host's clock, in seconds.
    pub(crate) const fn skew_clock(&mut self, seconds: i64) {
        self.clock.skew(seconds);
    }

    /// The base fee of the next block; none on a chain without one.
    pub(crate) fn next_base_fee(&self) -> Option<u64> {
        let usual = fees::next_base_fee(self.head().header())?;
        Some(self.spike.unwrap_or(usual))
    }

    /// Fixes the base fee of the next block, from where it moves as ever; false on a chain without
    /// one.
    pub(crate) const fn spike_base_fee(&mut self, wei: u64) -> bool {
        if self.rules.dynamic_fees() {
            self.spike = Some(wei);
        }
        self.rules.dynamic_fees()
    }

    /// Refuses transactions with a lower tip from now on; those that wait already stay.
    pub(crate) const fn set_least_tip(&mut self, wei: u128) {
        self.least_tip = wei;
    }

    /// Forgets a waiting transaction; false if there is none of that hash.
    pub(crate) fn forget(&mut self, hash: B256) -> bool {
        let known = self.pool.get(hash).is_some();
        self.pool.remove([hash]);
        known
    }

    /// Forgets up to `most` of the waiting transactions, the latest first; answers which.
    pub(crate) fn forget_latest(&mut self, most: usize) -> Vec<B256> {
        let forgotten = self.pool.latest(most);
        self.pool.remove(forgotten.iter().copied());
        forgotten
    }

    /// Fixes the timestamp of the next block.
    pub(crate) fn set_next_timestamp(&mut self, timestamp: u64) -> Result<(), TimeGoesBack> {
        let latest = self.head().header().timestamp;
        if timestamp < latest {
            return Err(TimeGoesBack { timestamp, latest });
        }
        self.clock.set_next(timestamp);
        Ok(())
    }

    /// Gives an account a balance in the latest state.
    pub(crate) fn set_balance(&mut self, address: Address, balance: U256) {
        self.history.set_balance(address, balance);
    }

    /// A block by number, tag or hash. "safe" and "finalized" are the latest one; the pending one
    /// is none of the chain's.
    pub(crate) fn block(&self, id: BlockId) -> Option<&Arc<Block>> {
        match id {
            BlockId::Hash(hash) => self.history.block_by_hash(hash.block_hash),
            BlockId::Number(BlockNumberOrTag::Number(number)) => self.history.block(number),
            BlockId::Number(BlockNumberOrTag::Earliest) => self.history.block(0),
            BlockId::Number(BlockNumberOrTag::Pending) => None,
            BlockId::Number(_) => Some(self.head()),
        }
    }

    /// The block that would be mined now.
    pub(crate) fn pending_block(&self) -> Block {
        self.candidate(usize::MAX).block
    }

    /// The state after a block, or after the transactions that wait.
    pub(crate) fn state(&self, id: BlockId) -> Result<State, Missing> {
        if id.is_pending() {
            return Ok(if self.pool.is_empty() {
                self.history.state().clone()
            } else {
                self.candidate(usize::MAX).state
            });
        }
        let number = self.block(id).ok_or(Missing::Header)?.number();
        self.history.state_after(number).cloned()
    }

    /// The sender's next nonce, after the waiting transactions if the block is the pending one.
    pub(crate) fn nonce(&self, address: Address, id: BlockId) -> Result<u64, Missing> {
        if id.is_pending() {
            return Ok(self.pool.next_nonce(address, self.history.state()));
        }
        Ok(self.state(id)?.nonce(address))
    }

    /// What a call at that block sees. At "latest" it is the latest block but for the time, which
    /// is now, as the next block will have it; an older block is seen just as it was.
    pub(crate) fn scene(&self, id: BlockId) -> Result<Scene, Missing> {
        let (header, state) = if id.is_pending() {
            let pending = self.candidate(usize::MAX);
            (pending.block.header().clone(), pending.state)
        } else {
            let block = self.block(id).ok_or(Missing::Header)?;
            let state = self.history.state_after(block.number())?.clone();
            let header = block.header();
            let timestamp = if id.is_latest() {
                self.clock.next_timestamp(header.timestamp)
            } else {
                header.timestamp
            };
            (
                Header {
                    timestamp,
                    ..header.clone()
                },
                state,
            )
        };
        Ok(Scene {
            rules: self.rules,
            header,
            state,
            history: self.history.clone(),
        })
    }

    /// A mined transaction: its block and its index there.
    pub(crate) fn mined(&self, hash: B256) -> Option<(&Arc<Block>, usize)> {
        self.history.transaction(hash)
    }

    /// A transaction that waits for a block.
    pub(crate) fn waiting(&self, hash: B256) -> Option<&Arc<SignedTx>> {
        self.pool.get(hash)
    }

    /// The logs that a filter asks for. Without a range it is the latest block; a range ends with
    /// the chain.
    pub(crate) fn logs(&self, filter: &Filter) -> Result<Vec<Log>, Missing> {
        let mut logs = Vec::new();
        match filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => {
                let block = self.history.block_by_hash(hash).ok_or(Missing::Block)?;
                block.collect_logs(filter, false, &mut logs);
            }
            FilterBlockOption::Range {
                from_block,
                to_block,
            } => {
                let end = |tag: Option<BlockNumberOrTag>| match tag {
                    Some(BlockNumberOrTag::Number(number)) => number,
                    Some(BlockNumberOrTag::Earliest) => 0,
                    _ => self.head().number(),
                };
                for block in self.history.range(end(from_block), end(to_block)) {
                    block.collect_logs(filter, false, &mut logs);
                }
            }
        }
        Ok(logs)
    }

    /// The fees of up to `count` blocks ending with `newest`.
    pub(crate) fn fee_history(
        &self,
        count: u64,
        newest: BlockNumberOrTag,
        percentiles: Option<&[f64]>,
    ) -> Result<FeeHistory, Missing> {
        let newest = if newest.is_pending() {
            Some(self.head())
        } else {
            self.block(newest.into())
        };
        let newest = newest.ok_or(Missing::Header)?;
        let next = if newest.number() == self.head().number() {
            self.next_base_fee()
        } else {
            self.history
                .block(newest.number() + 1)
                .and_then(|block| block.header().base_fee_per_gas)
        };
        Ok(fees::history(
            &self.history,
            count,
            newest,
            next,
            percentiles,
        ))
    }

    /// The suggested price of a legacy transaction, in wei per gas.
    pub(crate) fn gas_price(&self) -> u64 {
        fees::suggested_price(self.next_base_fee())
    }
}
