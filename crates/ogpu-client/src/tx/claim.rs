//! Work that one does at a time.

use std::sync::atomic::{AtomicBool, Ordering};

/// Something that one does at a time, and the others leave to that one.
#[derive(Debug, Default)]
pub(super) struct Claim(AtomicBool);

/// It is being done; dropping this, also with an interrupted task, leaves it to the next.
#[derive(Debug)]
pub(super) struct Claimed<'a>(&'a AtomicBool);

impl Claim {
    /// The right to do it, unless somebody does.
    pub(super) fn take(&self) -> Option<Claimed<'_>> {
        let was_taken = self.0.swap(true, Ordering::AcqRel);
        // Not made in vain: dropping it would end the other's.
        (!was_taken).then(|| Claimed(&self.0))
    }
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_second_is_turned_away_and_frees_nothing() {
        let claim = Claim::default();
        let first = claim.take();
        assert!(first.is_some());
        assert!(claim.take().is_none());
        assert!(claim.take().is_none());
        drop(first);
        assert!(claim.take().is_some());
    }
}
