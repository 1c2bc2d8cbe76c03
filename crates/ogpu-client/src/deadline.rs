//! One budget of time for a whole call.

use std::{future::Future, time::Duration};

use tokio::time::Instant;

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
            at: Instant::now() + budget,
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
