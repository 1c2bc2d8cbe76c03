//! How long answers from behind the known head are taken for a lag.

use std::time::Duration;

use tokio::time::Instant;

use super::heads::Heads;

/// How many answers in a row must agree before it is no lag. Behind a balancer each one may come
/// from the replica that lags: with two replicas, all of these do once in 16 million times.
const LOOKS: u32 = 24;
/// The first pause between looks; it doubles. The next replica is often only a request away.
const FIRST_PAUSE: Duration = Duration::from_millis(1);

/// A call's answers from behind the known head, in a row.
#[derive(Clone, Debug)]
pub(super) struct Lag {
    looks: u32,
    /// Since when, and how many in a row, nobody was ahead.
    since: Instant,
    agreeing: u32,
    patience: Duration,
}

impl Lag {
    /// A lag that starts now, and lasts for `patience` at least.
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            looks: 0,
            since: Instant::now(),
            agreeing: 0,
            patience,
        }
    }

    /// Counts an answer.
    pub(super) fn look(&mut self) {
        self.looks = self.looks.saturating_add(1);
        self.agreeing = self.agreeing.saturating_add(1);
    }

    /// Starts counting anew: somebody is ahead, or was not heard and may be.
    pub(super) fn doubt(&mut self) {
        self.since = Instant::now();
        self.agreeing = 0;
    }

    /// Whether further looks are not expected to show anything else.
    pub(super) fn is_settled(&self) -> bool {
        self.agreeing >= LOOKS && self.since.elapsed() >= self.patience
    }

    /// Whether nobody has been ahead all the time, so that the chain must have been set back.
    pub(super) fn shows_reset(&mut self, heads: &Heads) -> bool {
        if heads.reached_since(self.since) {
            self.doubt();
        }
        self.is_settled()
    }

    /// The pause before everybody is asked again.
    pub(super) fn pause(&self, longest: Duration) -> Duration {
        let pause = FIRST_PAUSE.saturating_mul(2_u32.pow(self.looks.saturating_sub(1).min(16)));
        if self.is_settled() {
            longest
        } else {
            pause.min(longest / 4)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_lag_ends_after_enough_answers_and_enough_time() {
        let heads = Heads::default();
        let mut lag = Lag::new(Duration::from_secs(1));
        for _ in 0..LOOKS {
            assert!(!lag.shows_reset(&heads));
            lag.look();
        }
        assert!(!lag.shows_reset(&heads), "it is too early");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(lag.shows_reset(&heads));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_from_ahead_shows_that_nothing_was_set_back() {
        let heads = Heads::default();
        let mut lag = Lag::new(Duration::ZERO);
        for _ in 0..LOOKS {
            lag.look();
        }
        tokio::time::advance(Duration::from_millis(1)).await;
        let head = serde_json::value::RawValue::from_string("\"0x5\"".into()).unwrap();
        heads.learn(&super::super::heads::Head::read(&head).unwrap(), 0);
        assert!(!lag.shows_reset(&heads));
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_start_short_and_stay_below_the_policys() {
        let mut lag = Lag::new(Duration::from_secs(9));
        let mut pauses = Vec::new();
        for _ in 0..8 {
            lag.look();
            pauses.push(lag.pause(Duration::from_millis(250)).as_millis());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 62, 62]);
    }
}
