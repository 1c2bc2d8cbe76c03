//! The host's clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// The present time in unix seconds.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        // A clock before 1970 is set wrong; every expiry then lies in the future.
        .map_or(0, |since| since.as_secs())
}
