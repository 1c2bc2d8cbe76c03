//! The chain's time: the host's clock, moved by the `evm_*` calls.

/// Seconds since the Unix epoch, plus what the chain was moved by.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    now: fn() -> u64,
    offset: i64,
    next: Option<u64>,
}

impl Clock {
    pub(crate) const fn new(now: fn() -> u64) -> Self {
        Self {
            now,
            offset: 0,
            next: None,
        }
    }

    /// The timestamp that a block on top of one at `parent` gets if it is mined now: never before
    /// its parent's, several blocks may share a second.
    pub(crate) fn next_timestamp(&self, parent: u64) -> u64 {
        self.next.unwrap_or_else(|| self.adjusted()).max(parent)
    }

    /// Moves the chain forward; answers the whole distance from the host's clock in seconds.
    pub(crate) fn advance(&mut self, seconds: u64) -> i64 {
        self.offset = self.offset.saturating_add_unsigned(seconds);
        self.offset
    }

    /// Sets the whole distance from the host's clock in seconds.
    pub(crate) const fn skew(&mut self, seconds: i64) {
        self.offset = seconds;
    }

    /// Fixes the timestamp of the next block; time goes on from there.
    pub(crate) const fn set_next(&mut self, timestamp: u64) {
        self.next = Some(timestamp);
    }

    /// Notes that a block was mined at `timestamp`, which consumes a fixed one.
    pub(crate) fn mined(&mut self, timestamp: u64) {
        if self.next.take().is_some() {
            self.offset = timestamp
                .checked_signed_diff((self.now)())
                .unwrap_or(i64::MAX);
        }
    }

    fn adjusted(&self) -> u64 {
        (self.now)().saturating_add_signed(self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000;

    fn clock() -> Clock {
        Clock::new(|| NOW)
    }

    #[test]
    fn a_block_is_never_older_than_its_parent() {
        assert_eq!(clock().next_timestamp(900), NOW);
        assert_eq!(clock().next_timestamp(NOW), NOW);
        assert_eq!(clock().next_timestamp(2_000), 2_000);
    }

    #[test]
    fn advancing_adds_up_and_answers_the_whole_offset() {
        let mut clock = clock();
        assert_eq!(clock.advance(10), 10);
        assert_eq!(clock.advance(u64::from(u32::MAX)), 10 + i64::from(u32::MAX));
        assert_eq!(clock.next_timestamp(0), NOW + 10 + u64::from(u32::MAX));
    }

    #[test]
    fn a_fixed_timestamp_serves_one_block_and_moves_the_clock() {
        let mut clock = clock();
        clock.set_next(5_000);
        assert_eq!(clock.next_timestamp(NOW), 5_000);
        clock.mined(5_000);
        assert_eq!(clock.next_timestamp(5_000), 5_000);
        clock.advance(7);
        assert_eq!(clock.next_timestamp(5_000), 5_007);
    }

    #[test]
    fn an_ordinary_block_does_not_move_the_clock() {
        let mut clock = clock();
        clock.mined(2_000);
        assert_eq!(clock.next_timestamp(0), NOW);
    }
}
