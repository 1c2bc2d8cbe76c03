//! How often one endpoint is asked: no more than the options allow, nor than it was seen to take.

use std::{
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::deadline::Deadline;

/// Between requests, after the server has said for the first time that there are too many. It
/// doubles with each further time.
const FIRST_INTERVAL: Duration = Duration::from_millis(100);
const LONGEST_INTERVAL: Duration = Duration::from_secs(2);
/// Below this nothing is held back.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);
/// A server that takes less than there is to ask says so again within so many answers; one that says
/// so for once has its `Retry-After`, and nothing else.
const SOON: u32 = 40;
/// An answer shortens the interval by one part in so many: it takes 33 answers to undo one doubling,
/// so that about one request in 35 is refused by a server that takes less than there is to ask.
const RECOVERY: u32 = 48;

/// Spaces requests evenly: a bucket that holds one token, so that no window of a second ever sees
/// more than allowed. Places are given in the order of asking.
#[derive(Debug)]
pub(super) struct Pace {
    /// Between requests, by the options.
    given: Option<Duration>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Between requests, by what the server was seen to take.
    learned: Option<Duration>,
    /// When it last became longer: places that were given before are void.
    slowed: Option<Instant>,
    /// Answers since the last request that was one too many.
    answers: Option<u32>,
    next: Option<Instant>,
}

impl Pace {
    pub(super) fn new(per_second: Option<NonZeroU32>) -> Self {
        Self {
            given: per_second.map(|n| Duration::from_secs(1) / n.get()),
            state: Mutex::default(),
        }
    }

    /// Waits for the next free place; `false` when it comes after the deadline.
    pub(super) async fn wait(&self, deadline: Deadline) -> bool {
        loop {
            let (place, slowed) = {
                let mut state = self.state();
                let now = Instant::now();
                let Some(interval) = self.given.max(state.learned) else {
                    return !deadline.has_passed();
                };
                let place = state.next.map_or(now, |next| next.max(now));
                if place - now >= deadline.remaining() {
                    return false;
                }
                state.next = Some(place + interval);
                (place, state.slowed)
            };
            tokio::time::sleep_until(place).await;
            if self.state().slowed == slowed {
                return true;
            }
        }
    }

    /// How long the next place is away.
    pub(super) fn delay(&self) -> Duration {
        let next = self.state().next;
        next.map_or(Duration::ZERO, |next| {
            next.saturating_duration_since(Instant::now())
        })
    }

    /// Learns that a request was one too many.
    pub(super) fn slow_down(&self, sent: Instant) {
        let mut state = self.state();
        // What left before the last time says nothing new.
        if state.slowed.is_some_and(|slowed| sent < slowed) {
            return;
        }
        if state
            .answers
            .replace(0)
            .is_none_or(|answers| answers >= SOON)
        {
            return;
        }
        let now = Instant::now();
        let interval = state
            .learned
            .map_or(FIRST_INTERVAL, |interval| interval * 2)
            .min(LONGEST_INTERVAL);
        *state = State {
            learned: Some(interval),
            slowed: Some(now),
            answers: Some(0),
            next: Some(now + interval),
        };
    }

    /// Learns that the server has taken a request.
    pub(super) fn speed_up(&self) {
        let mut state = self.state();
        state.answers = state.answers.map(|answers| answers.saturating_add(1));
        state.learned = state
            .learned
            .map(|interval| interval - interval / RECOVERY)
            .filter(|interval| *interval >= SHORTEST_INTERVAL);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(per_second: u32) -> Pace {
        Pace::new(NonZeroU32::new(per_second))
    }

    fn refused_twice(pace: &Pace) {
        pace.slow_down(Instant::now());
        pace.slow_down(Instant::now());
    }

    fn soon() -> Deadline {
        Deadline::after(Duration::from_secs(60))
    }

    #[tokio::test(start_paused = true)]
    async fn requests_leave_evenly_spaced_in_their_order() {
        let pace = pace(5);
        let start = Instant::now();
        let left = futures::future::join_all((0..10).map(|_| async {
            assert!(pace.wait(soon()).await);
            start.elapsed()
        }))
        .await;
        let expected: Vec<_> = (0..10).map(|n| Duration::from_millis(200 * n)).collect();
        assert_eq!(left, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_past_the_deadline_is_not_taken() {
        let pace = pace(1);
        let short = Deadline::after(Duration::from_millis(500));
        assert!(pace.wait(short).await);
        assert!(!pace.wait(short).await);
        assert!(pace.wait(Deadline::after(Duration::from_secs(2))).await);
    }

    #[tokio::test(start_paused = true)]
    async fn no_place_is_left_after_the_deadline() {
        let pace = pace(0);
        let short = Deadline::after(Duration::from_millis(500));
        assert!(pace.wait(short).await);
        tokio::time::advance(Duration::from_millis(500)).await;
        assert!(!pace.wait(short).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_now_and_then_slows_nothing_down() {
        let pace = pace(0);
        for _ in 0..10 {
            pace.slow_down(Instant::now());
            (0..SOON).for_each(|_| pace.speed_up());
        }
        assert_eq!(pace.delay(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn many_refusals_of_one_burst_slow_down_once() {
        let pace = pace(0);
        let sent = Instant::now();
        tokio::time::advance(Duration::from_millis(10)).await;
        for _ in 0..50 {
            pace.slow_down(sent);
        }
        assert_eq!(pace.delay(), FIRST_INTERVAL);
    }

    #[tokio::test(start_paused = true)]
    async fn places_from_before_a_refusal_are_given_anew() {
        let pace = pace(0);
        refused_twice(&pace);
        let start = Instant::now();
        let (first, second, ()) = tokio::join!(
            async {
                pace.wait(soon()).await;
                start.elapsed()
            },
            async {
                pace.wait(soon()).await;
                start.elapsed()
            },
            async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                pace.slow_down(Instant::now());
            },
        );
        assert_eq!(first.as_millis(), 250, "50 and twice the first interval");
        assert_eq!(second - first, FIRST_INTERVAL * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pace_that_nobody_objects_to_ends() {
        let pace = pace(0);
        refused_twice(&pace);
        let start = Instant::now();
        let mut answers = 0;
        while pace.state().learned.is_some() {
            assert!(pace.wait(soon()).await);
            pace.speed_up();
            answers += 1;
        }
        assert!(answers < 250, "{answers}");
        assert!(start.elapsed() < Duration::from_secs(6));
    }

    #[tokio::test(start_paused = true)]
    async fn at_most_one_request_in_twenty_is_refused_by_a_server_that_takes_five_in_a_second() {
        const REQUESTS: u32 = 1_000;
        let pace = pace(0);
        let mut window = (Instant::now(), 0);
        let mut refused = 0;
        let start = Instant::now();
        for _ in 0..REQUESTS {
            assert!(pace.wait(soon()).await);
            let sent = Instant::now();
            if sent - window.0 >= Duration::from_secs(1) {
                window = (sent, 0);
            }
            window.1 += 1;
            if window.1 > 5 {
                refused += 1;
                pace.slow_down(sent);
                tokio::time::sleep(Duration::from_secs(2)).await;
            } else {
                pace.speed_up();
            }
        }
        assert!(refused > 0 && refused <= REQUESTS / 20, "{refused}");
        let rate = f64::from(REQUESTS) / start.elapsed().as_secs_f64();
        assert!(rate > 2.5, "{rate}");
    }
}
