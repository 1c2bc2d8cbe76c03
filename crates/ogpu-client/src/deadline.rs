//! One budget of time for a whole call.

use std::{future::Future, time::Duration};

use tokio::time::Instant;

/// Longer than any program runs, and well inside what an instant can hold.
const FOREVER: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The moment at which a call must have answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    budget: Duration,
}

impl Deadline {
    /// A deadline `budget` from now.
    pub(crate) fn after(budget: Duration) -> Self {
        Self {
            at: Instant::now() + budget.min(FOREVER),
            budget,
        }
    }

    /// The whole budget, as it was given.
    pub(crate) fn budget(&self) -> Duration {
        self.budget
    }

    /// What is left of it; zero when it has passed.
    pub(crate) fn remaining(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Whether it has passed.
    pub(crate) fn has_passed(&self) -> bool {
        self.remaining().is_zero()
    }

    /// The future's output, unless the deadline comes first.
    pub(crate) async fn bound<F: Future>(&self, future: F) -> Option<F::Output> {
        tokio::time::timeout_at(self.at, future).await.ok()
    }
}
