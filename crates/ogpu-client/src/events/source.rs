//! Reads blocks and their events from the nodes.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use ogpu_contracts::protocol_event::Emitters;
use ogpu_types::{Hash32, LoggedEvent};
use serde::Deserialize;
use serde_json::json;

use super::{
    block::{Block, Mark},
    error::EventError,
    ranges::{Ranges, refusal},
    wire::{Header, RawLog, read_logs},
};
use crate::{
    RpcCause, RpcError,
    rpc::{Answer, BlockId, Call, Rpc},
};

/// How often a block is asked about again whose header tells of logs that are not there: the header
/// may be wrong.
const DOUBTS: u32 = 12;
/// How many blocks are remembered for that.
const MOST_DOUBTED: usize = 256;

/// Where blocks come from.
#[derive(Debug)]
pub(super) struct Source {
    rpc: Rpc,
    emitters: Emitters,
    ranges: Ranges,
    /// Blocks that were doubted, and how often.
    doubted: Mutex<HashMap<Hash32, u32>>,
}

/// Why there are no blocks now.
#[derive(Debug)]
pub(super) enum Trouble {
    /// So many blocks at a time are not answered for; fewer may be.
    TooMany,
    /// The answers do not fit together, or are not whole: the chain or the node was moving.
    Unfit(&'static str),
    /// These blocks could not be asked for.
    Failed {
        from: u64,
        to: u64,
        error: Box<RpcError>,
    },
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany => f.write_str("the node does not answer for so many blocks"),
            Self::Unfit(problem) => write!(f, "the node's answer is of no use: {problem}"),
            Self::Failed { error, .. } => write!(f, "{error}: {}", error.cause),
        }
    }
}

impl Trouble {
    /// The error to end with, where another try would fail in the same way.
    pub(super) fn final_error(&self) -> Option<EventError> {
        match self {
            Self::Failed { from, to, error } if !error.is_transient() => {
                Some(EventError::Refused {
                    from: *from,
                    to: *to,
                    source: error.clone(),
                })
            }
            _ => None,
        }
    }
}

/// Blocks in the past: those with events, and the edges.
#[derive(Debug)]
pub(super) struct Page {
    /// The parent of the first block.
    pub(super) parent: Hash32,
    /// The blocks that have events.
    pub(super) blocks: Vec<(Mark, Vec<Arc<LoggedEvent>>)>,
    /// The last block.
    pub(super) last: Mark,
}

impl Source {
    pub(super) fn new(rpc: Rpc, emitters: Emitters) -> Self {
        Self {
            rpc,
            emitters,
            ranges: Ranges::new(),
            doubted: Mutex::default(),
        }
    }

    /// The last of the blocks from this one on that may be read at a time.
    pub(super) fn page_end(&self, from: u64, to: u64) -> u64 {
        to.min(from.saturating_add(self.ranges.limit() - 1))
    }

    /// All these blocks, each the parent of the next, with their events.
    pub(super) async fn blocks(&self, from: u64, to: u64) -> Result<Vec<Block>, Trouble> {
        let mut calls: Vec<Call> = (from..=to).map(header_call).collect();
        let count = calls.len();
        // As many ranges as it takes, in the same request.
        let mut parts = Vec::new();
        let mut start = from;
        while start <= to {
            let end = self.page_end(start, to);
            parts.push((start, end));
            calls.push(self.logs_call(start, end));
            start = end + 1;
        }
        let mut answers = self.ask(calls, from, to).await?;
        let logs = answers.split_off(count);
        let headers = self.headers(from, to, answers).await?;
        for (number, header) in (from..).zip(&headers) {
            if header.mark().number != number {
                return Err(Trouble::Unfit("it is about another block"));
            }
        }
        if headers
            .windows(2)
            .any(|pair| pair[1].parent_hash != pair[0].mark().hash)
        {
            return Err(Trouble::Unfit("the blocks are of two branches"));
        }
        let mut events: HashMap<u64, Vec<Arc<LoggedEvent>>> = HashMap::new();
        for (part, answer) in parts.into_iter().zip(logs) {
            for mut event in self.logs(answer, part).await? {
                let number = event.log.block_number;
                let header = usize::try_from(number - from)
                    .ok()
                    .and_then(|at| headers.get(at));
                let header = header.filter(|header| header.mark().hash == event.log.block_hash);
                let Some(header) = header else {
                    return Err(Trouble::Unfit("the logs are of another branch"));
                };
                event.timestamp = Some(header.timestamp);
                events.entry(number).or_default().push(Arc::new(event));
            }
        }
        let mut blocks = Vec::new();
        for header in headers {
            let events = events.remove(&header.mark().number).unwrap_or_default();
            if header.tells_of_more_than(&events, &self.emitters) && self.doubts(header.mark().hash)
            {
                return Err(Trouble::Unfit("logs are missing"));
            }
            blocks.push(header.into_block(events));
        }
        Ok(blocks)
    }

    /// The headers of these blocks. One that is missing is asked for again, but not the last: it shows
    /// that whoever answered has all these blocks.
    async fn headers(
        &self,
        from: u64,
        to: u64,
        answers: Vec<Answer>,
    ) -> Result<Vec<Header>, Trouble> {
        let read = |answer| self.header(answer, from, to);
        let mut headers: Vec<_> = answers.into_iter().map(read).collect();
        let is_missing = |header: &Result<Header, Trouble>| header.is_err();
        if !headers.last().is_some_and(is_missing) && headers.iter().any(is_missing) {
            let places = (from..).zip(&mut headers);
            let missing: Vec<_> = places.filter(|(_, header)| is_missing(header)).collect();
            let calls = missing.iter().map(|(number, _)| header_call(*number));
            let answers = self.ask(calls.collect(), from, to).await?;
            for ((_, header), answer) in missing.into_iter().zip(answers) {
                *header = read(answer);
            }
        }
        headers.into_iter().collect()
    }

    /// The events of these blocks, which are too old to be replaced.
    pub(super) async fn page(&self, from: u64, to: u64, timed: bool) -> Result<Page, Trouble> {
        let calls = [header_call(from), header_call(to), self.logs_call(from, to)];
        let answers = self.ask(calls.into(), from, to).await?;
        let [first, last, logs] = answers
            .try_into()
            .map_err(|_| Trouble::Unfit("it is incomplete"))?;
        let first = self.header(first, from, from)?;
        let last = self.header(last, to, to)?;
        if first.mark().number != from || last.mark().number != to {
            return Err(Trouble::Unfit("it is about another block"));
        }
        let events = self.logs(logs, (from, to)).await?;
        let mut blocks: Vec<(Mark, Vec<LoggedEvent>)> = Vec::new();
        for event in events {
            let mark = Mark {
                number: event.log.block_number,
                hash: event.log.block_hash,
            };
            match blocks.last_mut() {
                Some((last, events)) if *last == mark => events.push(event),
                _ => blocks.push((mark, vec![event])),
            }
        }
        let edges = [first.mark(), last.mark()];
        let is_unfit = |mark: &Mark| {
            edges
                .iter()
                .any(|edge| edge.number == mark.number && edge.hash != mark.hash)
        };
        if blocks.iter().any(|(mark, _)| is_unfit(mark)) {
            return Err(Trouble::Unfit("the logs are of another branch"));
        }
        if timed {
            self.add_times(&mut blocks).await?;
        }
        let shared = |events: Vec<LoggedEvent>| events.into_iter().map(Arc::new).collect();
        Ok(Page {
            parent: first.parent_hash,
            last: last.mark(),
            blocks: blocks
                .into_iter()
                .map(|(mark, events)| (mark, shared(events)))
                .collect(),
        })
    }

    async fn add_times(&self, blocks: &mut [(Mark, Vec<LoggedEvent>)]) -> Result<(), Trouble> {
        let calls: Vec<Call> = blocks
            .iter()
            .map(|(mark, _)| header_call(mark.number))
            .collect();
        let Some((from, to)) = blocks
            .first()
            .zip(blocks.last())
            .map(|((a, _), (b, _))| (a.number, b.number))
        else {
            return Ok(());
        };
        let answers = self.ask(calls, from, to).await?;
        for ((mark, events), answer) in blocks.iter_mut().zip(answers) {
            let header = self.header(answer, mark.number, mark.number)?;
            if header.mark() != *mark {
                return Err(Trouble::Unfit("the logs are of another branch"));
            }
            for event in events {
                event.timestamp = Some(header.timestamp);
            }
        }
        Ok(())
    }

    /// Which of these blocks are the chain's, each by its number.
    pub(super) async fn hashes(&self, numbers: &[u64]) -> Result<HashMap<u64, Hash32>, Trouble> {
        let Some((from, to)) = numbers
            .iter()
            .min()
            .copied()
            .zip(numbers.iter().max().copied())
        else {
            return Ok(HashMap::new());
        };
        let calls = numbers.iter().map(|number| header_call(*number)).collect();
        let mut hashes = HashMap::new();
        for answer in self.ask(calls, from, to).await? {
            // They are older than the newest blocks, so that a node without them only lags.
            let mark = self.header(answer, from, to)?.mark();
            hashes.insert(mark.number, mark.hash);
        }
        Ok(hashes)
    }

    async fn ask(&self, calls: Vec<Call>, from: u64, to: u64) -> Result<Vec<Answer>, Trouble> {
        self.rpc
            .batch(calls)
            .await
            .map_err(|error| self.refused(from, to, error))
    }

    fn header(&self, answer: Answer, from: u64, to: u64) -> Result<Header, Trouble> {
        self.rpc
            .parse::<Option<Header>>("eth_getBlockByNumber", answer)
            .map_err(|error| failed(from, to, error))?
            .ok_or(Trouble::Unfit("it lacks a block"))
    }

    fn logs_call(&self, from: u64, to: u64) -> Call {
        let filter = json!({
            "address": self.emitters.all().map(|(_, address)| address),
            "fromBlock": BlockId::Number(from),
            "toBlock": BlockId::Number(to),
        });
        Call::new("eth_getLogs", &json!([filter]))
    }

    async fn logs(
        &self,
        answer: Answer,
        (from, to): (u64, u64),
    ) -> Result<Vec<LoggedEvent>, Trouble> {
        let raw: Vec<RawLog> = match self.rpc.parse("eth_getLogs", answer) {
            Ok(raw) => {
                self.ranges.answered(to - from + 1);
                raw
            }
            Err(error) if from == to && refusal(&error).is_some() => {
                self.logs_of_receipts(from).await?
            }
            Err(error) => return Err(self.refused(from, to, error)),
        };
        read_logs(raw, from, to, &self.emitters).map_err(Trouble::Unfit)
    }

    /// The logs of a block that has more of them than the node answers with.
    async fn logs_of_receipts(&self, number: u64) -> Result<Vec<RawLog>, Trouble> {
        #[derive(Deserialize)]
        struct Receipt {
            logs: Vec<RawLog>,
        }
        let receipts: Option<Vec<Receipt>> = self
            .rpc
            .call("eth_getBlockReceipts", [BlockId::Number(number)])
            .await
            .map_err(|error| failed(number, number, error))?;
        let receipts = receipts.ok_or(Trouble::Unfit("it lacks a block"))?;
        let is_ours = |log: &RawLog| self.emitters.contract_at(log.address()).is_some();
        let logs = receipts.into_iter().flat_map(|receipt| receipt.logs);
        Ok(logs.filter(is_ours).collect())
    }

    fn refused(&self, from: u64, to: u64, error: RpcError) -> Trouble {
        let limit = self.ranges.limit();
        if from < to
            && limit > 1
            && let Some(refusal) = refusal(&error)
        {
            self.ranges.refused((to - from + 1).min(limit), refusal);
            tracing::debug!(from, to, limit, error = %error.cause, "too many blocks at a time");
            return Trouble::TooMany;
        }
        failed(from, to, error)
    }

    /// Whether to ask again about a block.
    fn doubts(&self, hash: Hash32) -> bool {
        let mut doubted = self.doubted.lock().unwrap_or_else(PoisonError::into_inner);
        if doubted.len() > MOST_DOUBTED {
            doubted.clear();
        }
        let count = doubted.entry(hash).or_default();
        *count += 1;
        *count <= DOUBTS
    }
}

fn header_call(number: u64) -> Call {
    Call::new(
        "eth_getBlockByNumber",
        &json!([BlockId::Number(number), false]),
    )
}

fn failed(from: u64, to: u64, error: RpcError) -> Trouble {
    // An answer that cannot be read may be another node's next time.
    if matches!(error.cause, RpcCause::Malformed { .. }) {
        tracing::debug!(error = %error.cause, "an answer cannot be read");
    }
    Trouble::Failed {
        from,
        to,
        error: Box::new(error),
    }
}
