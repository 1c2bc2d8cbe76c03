//! Why waiting ends without what was waited for.

use std::time::Duration;

use ogpu_types::{TaskAddress, TaskStatus};

use super::{TaskState, Verdict, WatchError, verdict};
use crate::{Error, EventError};

/// A wait for a task that ended without what was waited for.
///
/// Lost connections and nodes that lag are no errors: they are waited for, as long as there is time.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// The task has gone another way: it is cancelled, expired, finalised, or past cancellation.
    #[error("task {task} is {status}: it will not become {wanted} any more")]
    Unreachable {
        /// The task.
        task: TaskAddress,
        /// What was waited for.
        wanted: TaskStatus,
        /// Where it stands.
        status: TaskStatus,
    },
    /// The task's expiry time has passed on the chain, so that nobody may attempt or answer it any
    /// more. Its payment stays frozen until it is cancelled or an attempt sets it EXPIRED.
    #[error(
        "task {task} is {status}, and its expiry time {expiry_time} has passed at {now} (unix seconds): nobody will answer it any more"
    )]
    Expired {
        /// The task.
        task: TaskAddress,
        /// Where it stands.
        status: TaskStatus,
        /// Its expiry time, in unix seconds.
        expiry_time: u64,
        /// The time of the chain's newest block, in unix seconds.
        now: u64,
    },
    /// The time was up.
    #[error("task {task} did not become {wanted} within {timeout:?}{}", seen(*status))]
    Timeout {
        /// The task.
        task: TaskAddress,
        /// What was waited for.
        wanted: TaskStatus,
        /// Where it was seen last; `None` if it was not seen at all.
        status: Option<TaskStatus>,
        /// How long was waited.
        timeout: Duration,
    },
    /// The task could not be looked at: there is none, or the node cannot answer, not even later.
    #[error("cannot look at task {task}")]
    Call {
        /// The task.
        task: TaskAddress,
        /// Why.
        #[source]
        source: Box<Error>,
    },
    /// The chain's events could not be followed.
    #[error("cannot follow what happens to task {task}")]
    Events {
        /// The task.
        task: TaskAddress,
        /// Why.
        #[source]
        source: Box<EventError>,
    },
}

impl WaitError {
    /// The error of a task that cannot become `wanted` any more.
    pub(crate) fn missed(task: TaskAddress, wanted: TaskStatus, state: &TaskState) -> Self {
        if verdict(wanted, state) == Verdict::Expired {
            Self::Expired {
                task,
                status: state.status,
                expiry_time: state.expiry_time,
                now: state.time,
            }
        } else {
            Self::Unreachable {
                task,
                wanted,
                status: state.status,
            }
        }
    }

    pub(crate) fn watching(task: TaskAddress, error: WatchError) -> Self {
        match error {
            WatchError::Call(source) => Self::Call { task, source },
            WatchError::Events(source) => Self::Events {
                task,
                source: Box::new(source),
            },
        }
    }
}

fn seen(status: Option<TaskStatus>) -> String {
    status.map_or_else(
        || ": the node did not tell where it stands".to_owned(),
        |status| format!(": it is {status}"),
    )
}
