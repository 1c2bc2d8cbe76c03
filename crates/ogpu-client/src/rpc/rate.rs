//! A limit on how often one endpoint is asked.

use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::deadline::Deadline;

/// Spaces requests evenly: a bucket that holds one token, so that no window of a second ever sees
/// more than allowed. Places are given in the order of asking.
#[derive(Debug)]
pub(super) struct RateLimit {
    interval: Duration,
    next: Mutex<Option<Instant>>,
}

impl RateLimit {
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        Self {
            interval: Duration::from_secs(1) / per_second.get(),
            next: Mutex::new(None),
        }
    }

    /// Waits for the next free place; `false` when it comes after the deadline.
    pub(super) async fn wait(&self, deadline: Deadline) -> bool {
        let place = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let place = next.map_or(now, |next| next.max(now));
            if place - now > deadline.remaining() {
                return false;
            }
            *next = Some(place + self.interval);
            place
        };
        tokio::time::sleep_until(place).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requests_leave_evenly_spaced_in_their_order() {
        let limit = RateLimit::new(NonZeroU32::new(5).unwrap());
        let start = Instant::now();
        let deadline = Deadline::after(Duration::from_secs(60));
        let left = futures::future::join_all((0..10).map(|_| async {
            assert!(limit.wait(deadline).await);
            start.elapsed()
        }))
        .await;
        let expected: Vec<_> = (0..10).map(|n| Duration::from_millis(200 * n)).collect();
        assert_eq!(left, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_past_the_deadline_is_not_taken() {
        let limit = RateLimit::new(NonZeroU32::MIN);
        let short = Deadline::after(Duration::from_millis(500));
        assert!(limit.wait(short).await);
        assert!(!limit.wait(short).await);
        assert!(limit.wait(Deadline::after(Duration::from_secs(2))).await);
    }
}
