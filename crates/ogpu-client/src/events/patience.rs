//! What to do about trouble: pause, or give up.

use std::time::Duration;

use tracing::{debug, warn};

use super::{error::EventError, source::Trouble};

/// The pauses double from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// After so many failures in a row, it is worth a warning.
const REMARKABLE: u32 = 12;
/// So many failures in a row that say that another try is of no use are believed: a server in
/// disorder may say anything for a while.
const CONVINCING: u32 = 12;

/// Failures in a row.
#[derive(Debug, Default)]
pub(super) struct Patience {
    failures: u32,
    hopeless: u32,
}

impl Patience {
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// How long to pause before another try; the error to end with, if it is of no use.
    pub(super) fn failed(&mut self, trouble: &Trouble) -> Result<Duration, EventError> {
        if matches!(trouble, Trouble::TooMany) {
            return Ok(Duration::ZERO);
        }
        self.failures = self.failures.saturating_add(1);
        let error = trouble.final_error();
        self.hopeless = if error.is_some() {
            self.hopeless + 1
        } else {
            0
        };
        let failures = self.failures;
        if failures.is_multiple_of(REMARKABLE) {
            warn!(%trouble, failures, "cannot look for events");
        } else {
            debug!(%trouble, failures, "cannot look for events");
        }
        match error {
            Some(error) if self.hopeless >= CONVINCING => Err(error),
            _ => Ok(pause(failures)),
        }
    }
}

/// The pause after so many failures in a row.
pub(crate) fn pause(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE)
}
