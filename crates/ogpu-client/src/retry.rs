//! Repeating what is safe to repeat: exponential backoff with full jitter, inside a deadline.

use std::{future::Future, time::Duration};

use crate::deadline::Deadline;

/// How often a call that is safe to repeat is tried, and how long to pause between tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries in total, the first one included. 0 counts as 1.
    pub tries: u32,
    /// The longest pause before the second try; it doubles with each further try. The actual
    /// pause is drawn between zero and that, so that many clients don't return at the same moment.
    pub backoff: Duration,
    /// The longest pause at all, a server's own `Retry-After` included.
    pub max_backoff: Duration,
}

impl Default for RetryPolicy {
    /// 4 tries, 250 ms doubling, at most 10 s.
    fn default() -> Self {
        Self {
            tries: 4,
            backoff: Duration::from_millis(250),
            max_backoff: Duration::from_secs(10),
        }
    }
}

impl RetryPolicy {
    /// A single try.
    pub const ONCE: Self = Self {
        tries: 1,
        backoff: Duration::ZERO,
        max_backoff: Duration::ZERO,
    };

    /// The longest that all tries together can take, when each is limited to `timeout`.
    pub(crate) fn longest(&self, timeout: Duration) -> Duration {
        timeout
            .saturating_add(self.max_backoff)
            .saturating_mul(self.tries.max(1))
    }

    /// How long all pauses together last at most, when no server names its own.
    pub(crate) fn pauses(&self) -> Duration {
        (1..self.tries.min(32)).fold(Duration::ZERO, |sum, made| {
            sum.saturating_add(self.ceiling(made))
        })
    }

    /// The pause after so many tries.
    pub(crate) fn pause(&self, tries_made: u32, advice: Advice) -> Duration {
        match advice {
            // The server named the earliest moment: coming sooner would only be refused again.
            Advice::RetryAfter(wait) => wait.min(self.max_backoff),
            _ => {
                let ceiling = self.ceiling(tries_made).as_nanos();
                Duration::from_nanos(fastrand::u64(..=u64::try_from(ceiling).unwrap_or(u64::MAX)))
            }
        }
    }

    fn ceiling(&self, tries_made: u32) -> Duration {
        let doublings = tries_made.saturating_sub(1).min(16);
        self.backoff
            .saturating_mul(2_u32.pow(doublings))
            .min(self.max_backoff)
    }
}

/// What an error says about another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Advice {
    /// Another try would fail the same way.
    Final,
    /// Another try may succeed.
    Retry,
    /// Another try may succeed after this time.
    RetryAfter(Duration),
}

/// A failed series of tries.
#[derive(Debug)]
pub(crate) struct Exhausted<E> {
    /// The last try's error.
    pub(crate) last: E,
    /// How many tries were made.
    pub(crate) tries: u32,
}

/// Runs `attempt` until it succeeds, fails for good, or tries or time run out.
pub(crate) async fn with_retries<T, E, F>(
    policy: RetryPolicy,
    deadline: Deadline,
    advice: impl Fn(&E) -> Advice,
    mut attempt: impl FnMut() -> F,
) -> Result<T, Exhausted<E>>
where
    F: Future<Output = Result<T, E>>,
{
    let mut tries = 0;
    loop {
        tries += 1;
        let last = match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let advice = advice(&last);
        if advice == Advice::Final || tries >= policy.tries {
            return Err(Exhausted { last, tries });
        }
        let pause = policy.pause(tries, advice);
        if pause >= deadline.remaining() {
            return Err(Exhausted { last, tries });
        }
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        tries: 3,
        backoff: Duration::from_secs(1),
        max_backoff: Duration::from_secs(5),
    };

    async fn run(policy: RetryPolicy, deadline: Deadline, advice: Advice) -> Exhausted<()> {
        with_retries(policy, deadline, |()| advice, || async { Err::<(), _>(()) })
            .await
            .unwrap_err()
    }

    #[tokio::test(start_paused = true)]
    async fn a_final_error_is_not_tried_again() {
        let outcome = run(
            POLICY,
            Deadline::after(Duration::from_secs(60)),
            Advice::Final,
        )
        .await;
        assert_eq!(outcome.tries, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn tries_are_limited() {
        let outcome = run(
            POLICY,
            Deadline::after(Duration::from_secs(60)),
            Advice::Retry,
        )
        .await;
        assert_eq!(outcome.tries, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_servers_pause_is_kept_but_bounded() {
        let start = tokio::time::Instant::now();
        let advice = Advice::RetryAfter(Duration::from_secs(3600));
        run(POLICY, Deadline::after(Duration::from_secs(60)), advice).await;
        assert_eq!(start.elapsed().as_secs(), 10, "two pauses of max_backoff");
    }

    #[tokio::test(start_paused = true)]
    async fn no_pause_reaches_past_the_deadline() {
        let start = tokio::time::Instant::now();
        let advice = Advice::RetryAfter(Duration::from_secs(4));
        let outcome = run(POLICY, Deadline::after(Duration::from_secs(3)), advice).await;
        assert_eq!((outcome.tries, start.elapsed().as_secs()), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn success_after_a_failure_is_success() {
        let mut left = 1;
        let result = with_retries(
            POLICY,
            Deadline::after(Duration::from_secs(60)),
            |()| Advice::Retry,
            || {
                let fails = left > 0;
                left -= i32::from(fails);
                async move { if fails { Err(()) } else { Ok(7) } }
            },
        )
        .await;
        assert_eq!(result.unwrap(), 7);
    }

    #[test]
    fn no_duration_is_too_long() {
        let endless = RetryPolicy {
            tries: u32::MAX,
            backoff: Duration::MAX,
            max_backoff: Duration::MAX,
        };
        assert_eq!(endless.longest(Duration::MAX), Duration::MAX);
        assert!(endless.pause(40, Advice::RetryAfter(Duration::MAX)) == Duration::MAX);
    }

    #[test]
    fn pauses_grow_up_to_the_limit() {
        for tries in 1..40 {
            assert!(POLICY.pause(tries, Advice::Retry) <= POLICY.max_backoff);
        }
        assert!(POLICY.pause(1, Advice::Retry) <= POLICY.backoff);
    }
}
