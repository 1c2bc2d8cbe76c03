//! What came to the doors and what became of it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use ogpu_types::TxHash;

use super::fault::{ChainFault, Fault};
use crate::services::Service;

/// The exchanges, and the faults of the chain, that a log keeps: the latest of each.
const KEPT: usize = 1 << 16;

/// Where a request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Door {
    /// The node's JSON-RPC over HTTP.
    Rpc,
    /// The node's WebSocket: one request for each connection.
    WebSocket,
    /// A service.
    Service(Service),
}

/// One request and its fate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exchange {
    /// Where it came to.
    pub door: Door,
    /// The methods of its calls, in their order; empty if it is no JSON-RPC.
    pub methods: Vec<String>,
    /// The hashes of the transactions that it offers.
    pub transactions: Vec<TxHash>,
    /// By how much it was delayed.
    pub delay: Duration,
    /// What happened to it, in the plan's words; empty if it passed.
    pub faults: Vec<Fault>,
}

/// The requests to a door so far. Counts are of all; of the exchanges themselves, the latest
/// 65,536 are kept.
///
/// A WebSocket connection counts as one request: the calls on it are not looked into.
#[derive(Debug, Clone, Default)]
pub struct FaultLog {
    exchanges: VecDeque<Exchange>,
    chain: VecDeque<ChainFault>,
    requests: u64,
    faulty: u64,
    methods: BTreeMap<String, u64>,
}

impl FaultLog {
    /// The exchanges, the oldest first, in the order in which they were decided about.
    pub fn exchanges(&self) -> impl DoubleEndedIterator<Item = &Exchange> {
        self.exchanges.iter()
    }

    /// What happened to the chain by the plan, the oldest first. What was not possible then, such as
    /// replacing more blocks than there are, is not among it.
    pub fn chain_faults(&self) -> impl DoubleEndedIterator<Item = &ChainFault> {
        self.chain.iter()
    }

    /// How many requests came, a batch counting once.
    #[must_use]
    pub const fn requests(&self) -> u64 {
        self.requests
    }

    /// How many of the requests had a fault.
    #[must_use]
    pub const fn faulty(&self) -> u64 {
        self.faulty
    }

    /// How many calls of a method came.
    #[must_use]
    pub fn calls(&self, method: &str) -> u64 {
        self.methods.get(method).copied().unwrap_or(0)
    }

    /// How many calls came of each method.
    #[must_use]
    pub const fn methods(&self) -> &BTreeMap<String, u64> {
        &self.methods
    }

    /// How many transactions were offered, each time counting.
    #[must_use]
    pub fn transactions_offered(&self) -> u64 {
        self.calls(super::SEND)
    }

    pub(super) fn add(&mut self, exchange: Exchange) {
        self.requests += 1;
        self.faulty += u64::from(!exchange.faults.is_empty());
        for method in &exchange.methods {
            match self.methods.get_mut(method) {
                Some(count) => *count += 1,
                None => {
                    self.methods.insert(method.clone(), 1);
                }
            }
        }
        push(&mut self.exchanges, exchange);
    }

    pub(super) fn add_chain_fault(&mut self, fault: ChainFault) {
        push(&mut self.chain, fault);
    }
}

fn push<T>(kept: &mut VecDeque<T>, news: T) {
    if kept.len() == KEPT {
        kept.pop_front();
    }
    kept.push_back(news);
}
