//! Waiting for what becomes of a task.
//!
//! A [`TaskWatch`] looks at a task once and learns the rest from events, which all of a client's
//! watchers share. What it knows is a [`TaskState`]; [`goal`] decides whether that is what somebody
//! waits for.

mod error;
mod goal;
mod state;
mod wait;
mod watch;

pub use error::WaitError;
pub use wait::Wait;

pub(crate) use goal::{Verdict, verdict};
pub(crate) use state::TaskState;
pub(crate) use wait::TIMEOUT;
pub(crate) use watch::{Change, TaskWatch, WatchError, passes};
