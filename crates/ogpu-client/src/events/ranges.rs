//! How many blocks to ask a node about at a time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{HttpError, RpcCause, RpcError};

/// What common nodes answer for. It is never exceeded: some cut longer answers without a word.
const MOST: u64 = 1_000;
/// After so many answers to full ranges, longer ones are tried.
const PATIENCE: u32 = 4;
/// The same where the longer one is known to have been refused.
const CAUTION: u32 = 16;

/// The longest range that the node is taken to answer for.
#[derive(Debug)]
pub(super) struct Ranges(Mutex<State>);

#[derive(Debug)]
struct State {
    limit: u64,
    /// Answers in a row to ranges of that length.
    good: u32,
    /// The least length that was refused, unless one like it was answered since.
    refused: Option<u64>,
}

/// How sure it is that the length of a range was the trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The node says so.
    Stated,
    /// It may have been too much work.
    Suspected,
}

impl Ranges {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State {
            limit: MOST,
            good: 0,
            refused: None,
        }))
    }

    /// How many blocks to ask about at most.
    pub(super) fn limit(&self) -> u64 {
        self.state().limit
    }

    /// Learns that so many blocks were too many.
    pub(super) fn refused(&self, blocks: u64, refusal: Refusal) {
        let mut state = self.state();
        state.limit = state.limit.min(blocks / 2).max(1);
        state.good = 0;
        if refusal == Refusal::Stated {
            let least = state.refused.map_or(blocks, |known| known.min(blocks));
            state.refused = Some(least);
        }
    }

    /// Learns that so many blocks were answered for.
    pub(super) fn answered(&self, blocks: u64) {
        let mut state = self.state();
        if blocks < state.limit || state.limit == MOST {
            return;
        }
        state.refused = state.refused.filter(|refused| blocks < *refused);
        let is_refused = |length: u64| state.refused.is_some_and(|refused| length >= refused);
        let (double, more) = (state.limit * 2, state.limit + state.limit / 4 + 1);
        let next = if is_refused(double) { more } else { double }.min(MOST);
        let patience = if is_refused(next) { CAUTION } else { PATIENCE };
        state.good += 1;
        if state.good >= patience {
            state.good = 0;
            state.limit = next;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a node refuses a range for its length, or for how much is in it: never for being asked
/// too often.
pub(super) fn refusal(error: &RpcError) -> Option<Refusal> {
    const WORDS: [&str; 17] = [
        "more than",
        "block range",
        "range is too",
        "range too",
        "range limit",
        "range exceed",
        "too many blocks",
        "too many logs",
        "too many results",
        "too large",
        "too big",
        "too wide",
        "response size",
        "size exceed",
        "max results",
        "limited to",
        "query timeout",
    ];
    match &error.cause {
        RpcCause::Node(node) => {
            let text = node.message.to_ascii_lowercase();
            let is_meant = WORDS.iter().any(|word| text.contains(word)) || node.code == -32005;
            let is_quota = ogpu_tx::is_too_often(node.code, &node.message);
            (is_meant && !is_quota).then_some(Refusal::Stated)
        }
        RpcCause::Http(HttpError::Status { status: 413, .. } | HttpError::TooLarge { .. }) => {
            Some(Refusal::Stated)
        }
        RpcCause::Http(HttpError::Timeout { .. }) => Some(Refusal::Suspected),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads on, from a node that answers for at most so many blocks; how many refusals there were
    /// in so many requests.
    fn read_from(ranges: &Ranges, most: u64, requests: u32) -> u32 {
        let mut refusals = 0;
        for _ in 0..requests {
            let blocks = ranges.limit();
            if blocks > most {
                refusals += 1;
                ranges.refused(blocks, Refusal::Stated);
            } else {
                ranges.answered(blocks);
            }
        }
        refusals
    }

    #[test]
    fn a_limit_is_found_and_seldom_met_again() {
        for most in [1, 10, 500, 999] {
            let ranges = Ranges::new();
            read_from(&ranges, most, 60);
            let refusals = read_from(&ranges, most, 1_000);
            assert!(refusals < 70, "{refusals} of a thousand with {most} blocks");
            assert!(ranges.limit() * 3 >= most, "{} of {most}", ranges.limit());
        }
    }

    #[test]
    fn ranges_grow_again_but_never_beyond_the_start() {
        let ranges = Ranges::new();
        assert_eq!(read_from(&ranges, 10_000, 100), 0);
        assert_eq!(ranges.limit(), MOST);
        for _ in 0..20 {
            ranges.refused(ranges.limit(), Refusal::Suspected);
        }
        assert_eq!(ranges.limit(), 1);
        read_from(&ranges, 10_000, 50);
        assert_eq!(ranges.limit(), MOST);
        // Whoever asks for less learns nothing about more.
        ranges.refused(MOST, Refusal::Stated);
        for _ in 0..100 {
            ranges.answered(10);
        }
        assert_eq!(ranges.limit(), MOST / 2);
    }

    #[test]
    fn a_range_is_told_from_a_quota() {
        use crate::NodeError;
        let node = |code: i64, message: &str| -> RpcError {
            let text = serde_json::json!({ "code": code, "message": message }).to_string();
            let error: NodeError = serde_json::from_str(&text).unwrap();
            RpcError {
                method: "eth_getLogs".into(),
                endpoint: ogpu_chain::Endpoint::parse("http://127.0.0.1").unwrap(),
                tries: 1,
                elapsed: std::time::Duration::ZERO,
                cause: RpcCause::Node(error),
            }
        };
        for (code, message) in [
            (-32005, "query returned more than 10000 results"),
            (-32000, "block range too large"),
            (
                -32602,
                "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range",
            ),
            (-32000, "eth_getLogs is limited to a 10,000 range"),
            (-32000, "exceed maximum block range: 5000"),
            (-32000, "query timeout exceeded"),
        ] {
            assert_eq!(
                refusal(&node(code, message)),
                Some(Refusal::Stated),
                "{message}"
            );
        }
        for (code, message) in [
            (-32005, "daily request count exceeded, request rate limited"),
            (429, "too many requests"),
            (-32005, "limit exceeded"),
            (-32603, "internal error"),
            (-32000, "header not found"),
        ] {
            assert_eq!(refusal(&node(code, message)), None, "{message}");
        }
    }
}
