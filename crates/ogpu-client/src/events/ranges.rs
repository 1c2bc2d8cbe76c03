//! How many blocks to ask a node about at a time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{HttpError, RpcCause, RpcError};

/// What common nodes answer for. It is never exceeded: some cut longer answers without a word.
const MOST: u64 = 1_000;
/// After so many answers to full ranges, longer ones are tried again.
const PATIENCE: u32 = 4;

/// The longest range that the node is taken to answer for.
#[derive(Debug)]
pub(super) struct Ranges(Mutex<State>);

#[derive(Debug)]
struct State {
    limit: u64,
    /// Answers in a row to ranges of that length.
    good: u32,
    /// How many of them it takes to try longer ones: more after each refusal.
    patience: u32,
}

impl Ranges {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State {
            limit: MOST,
            good: 0,
            patience: PATIENCE,
        }))
    }

    /// How many blocks to ask about at most.
    pub(super) fn limit(&self) -> u64 {
        self.state().limit
    }

    /// Learns that so many blocks were too many.
    pub(super) fn refused(&self, blocks: u64) {
        let mut state = self.state();
        state.limit = state.limit.min(blocks / 2).max(1);
        state.good = 0;
        state.patience = (state.patience * 2).min(64 * PATIENCE);
    }

    /// Learns that so many blocks were answered for.
    pub(super) fn answered(&self, blocks: u64) {
        let mut state = self.state();
        if blocks < state.limit || state.limit == MOST {
            return;
        }
        state.good += 1;
        if state.good >= state.patience {
            state.good = 0;
            state.limit = (state.limit + state.limit / 4 + 1).min(MOST);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a node refuses a range for its length, or for how much is in it: never for being asked
/// too often.
pub(super) fn is_refusal(error: &RpcError) -> bool {
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
            !ogpu_tx::is_too_often(node.code, &node.message)
                && (WORDS.iter().any(|word| text.contains(word)) || node.code == -32005)
        }
        RpcCause::Http(HttpError::Status { status: 413, .. } | HttpError::TooLarge { .. }) => true,
        // It may have been too much work.
        RpcCause::Http(HttpError::Timeout { .. }) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_range_is_halved_and_grows_again_but_never_beyond_the_start() {
        let ranges = Ranges::new();
        ranges.refused(1_000);
        assert_eq!(ranges.limit(), 500);
        // Another watcher asked for less.
        ranges.refused(100);
        assert_eq!(ranges.limit(), 50);
        ranges.answered(10);
        for _ in 0..16 {
            assert_eq!(ranges.limit(), 50);
            ranges.answered(50);
        }
        assert_eq!(ranges.limit(), 63);
        for _ in 0..1_000 {
            ranges.answered(ranges.limit());
        }
        assert_eq!(ranges.limit(), MOST);
        for _ in 0..20 {
            ranges.refused(ranges.limit());
        }
        assert_eq!(ranges.limit(), 1);
    }
}
