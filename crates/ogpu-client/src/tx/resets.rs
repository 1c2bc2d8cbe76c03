//! Accounts whose nonces somebody wants counted anew.

use std::sync::atomic::{AtomicU64, Ordering};

use ogpu_types::Address;

use super::engine::Engine;

/// What was wanted, and what came of it, for one account.
#[derive(Debug, Default)]
pub(super) struct Resets {
    wanted: AtomicU64,
    done: AtomicU64,
}

impl Resets {
    fn want(&self) {
        self.wanted.fetch_add(1, Ordering::AcqRel);
    }

    /// The newest one, unless all are done. What is counted from now on is an answer to it.
    pub(super) fn open(&self) -> Option<u64> {
        let wanted = self.wanted.load(Ordering::Acquire);
        (self.done.load(Ordering::Acquire) < wanted).then_some(wanted)
    }

    /// The count is known that answers to the one that was open; later ones stay so.
    pub(super) fn close(&self, open: u64) {
        self.done.fetch_max(open, Ordering::AcqRel);
    }
}

impl Engine {
    /// Has the account's next transaction ask for its nonce, whatever is under way. One that has
    /// sent nothing here does so anyway.
    pub(crate) fn reset_nonces(&self, account: Address) {
        if let Some(lane) = self.opened(account) {
            lane.resets.want();
        }
    }

    /// The same for all accounts.
    pub(crate) fn reset_all_nonces(&self) {
        for lane in self.all_opened() {
            lane.resets.want();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_none_to_what_was_wanted_later() {
        let resets = Resets::default();
        assert_eq!(resets.open(), None);
        resets.want();
        let first = resets.open().unwrap();
        resets.want();
        resets.close(first);
        let second = resets.open().unwrap();
        resets.close(second);
        resets.close(first);
        assert_eq!(resets.open(), None);
    }
}
