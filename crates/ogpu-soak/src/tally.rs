//! What the network's doors have seen.

use std::collections::BTreeMap;

use ogpu_devnet::faults::{ChainFault, Door, Fault, Faults};

/// Counts what comes, before the log forgets it.
pub(crate) struct Tally<'a> {
    faults: &'a Faults,
    seen: u64,
    chain_seen: usize,
    looked: std::time::Instant,
    pub(crate) counts: Counts,
}

/// Requests, and faults by kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) rpc_requests: u64,
    pub(crate) calls: u64,
    pub(crate) offers: u64,
    pub(crate) service_requests: u64,
    pub(crate) faults: BTreeMap<String, u64>,
}

impl<'a> Tally<'a> {
    pub(crate) fn new(faults: &'a Faults) -> Self {
        let log = faults.log();
        Self {
            faults,
            seen: log.requests(),
            chain_seen: log.chain_faults().count(),
            looked: std::time::Instant::now(),
            counts: Counts::default(),
        }
    }

    /// Looks now and then: the log is copied for it.
    pub(crate) fn look(&mut self) {
        if self.looked.elapsed().as_secs() >= 2 {
            self.count();
        }
    }

    pub(crate) fn count(&mut self) {
        self.looked = std::time::Instant::now();
        let log = self.faults.log();
        let new = usize::try_from(log.requests() - self.seen).unwrap_or(usize::MAX);
        self.seen = log.requests();
        for exchange in log.exchanges().rev().take(new) {
            match exchange.door {
                Door::Service(_) => self.counts.service_requests += 1,
                _ => self.counts.rpc_requests += 1,
            }
            self.counts.calls += exchange.methods.len() as u64;
            self.counts.offers += exchange.transactions.len() as u64;
            for fault in &exchange.faults {
                self.counts.note(name(fault));
            }
        }
        let chain: Vec<ChainFault> = log.chain_faults().copied().collect();
        for fault in &chain[self.chain_seen..] {
            self.counts.note(chain_name(*fault).to_owned());
        }
        self.chain_seen = chain.len();
    }
}

impl Counts {
    fn note(&mut self, fault: String) {
        *self.faults.entry(fault).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.rpc_requests += other.rpc_requests;
        self.calls += other.calls;
        self.offers += other.offers;
        self.service_requests += other.service_requests;
        for (fault, count) in &other.faults {
            *self.faults.entry(fault.clone()).or_default() += count;
        }
    }
}

fn name(fault: &Fault) -> String {
    match fault {
        Fault::AnswerLost(loss) => format!("answer lost ({loss:?})").to_lowercase(),
        Fault::Status { status, .. } => format!("status {status}"),
        Fault::RequestLost => "request lost".to_owned(),
        Fault::ResetMidBody => "reset in the body".to_owned(),
        Fault::TruncatedJson => "truncated JSON".to_owned(),
        Fault::NotJson => "HTML for JSON".to_owned(),
        Fault::WrongId => "wrong id".to_owned(),
        Fault::RpcError { .. } => "JSON-RPC error".to_owned(),
        Fault::NullResult => "null result".to_owned(),
        Fault::TransactionForgotten => "transaction forgotten".to_owned(),
        Fault::Stale { .. } => "stale replica".to_owned(),
        Fault::OutOfOrder => "batch out of order".to_owned(),
        Fault::ClosedAfter(_) => "WebSocket closed".to_owned(),
        Fault::BatchLimit(_) => "batch refused".to_owned(),
        Fault::Delay { .. } => "delay".to_owned(),
        other => format!("{other:?}"),
    }
}

const fn chain_name(fault: ChainFault) -> &'static str {
    match fault {
        ChainFault::Reorg { .. } => "reorganisation",
        ChainFault::DropPending { .. } => "mempool drop",
        ChainFault::BaseFeeSpike { .. } => "base fee spike",
        ChainFault::ClockSkew { .. } => "clock skew",
        _ => "other fault of the chain",
    }
}
