//! Why a run did not come to its end, and how far it came.

use std::{fmt, time::Duration};

use ogpu_types::{ResponseAddress, TaskAddress};

use crate::{Error, IdempotencyKey, PendingPublish, WaitError};

/// What a run was at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RunStage {
    /// Publishing the task. Whether it is on chain, the cause's [`outcome`](Error::outcome) says.
    Publishing,
    /// Waiting for a response that may be confirmed. The payment is frozen, nobody is paid.
    Waiting,
    /// Confirming a response. Whether it is paid, the cause's [`outcome`](Error::outcome) says.
    Confirming,
    /// Fetching what the confirmed response carries. Its provider is paid.
    Fetching,
}

impl fmt::Display for RunStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Publishing => "publishing the task",
            Self::Waiting => "waiting for a response",
            Self::Confirming => "confirming a response",
            Self::Fetching => "fetching the confirmed response",
        })
    }
}

/// A run that did not come to its end.
///
/// The same call with the [`key`](Self::key) goes on where this one ended. What it takes to go on by
/// hand is here as well.
#[derive(Debug, thiserror::Error)]
#[error("the run ended while {stage}{}", of(*task, *response))]
#[non_exhaustive]
pub struct RunTaskError {
    /// How far it came.
    pub stage: RunStage,
    /// The key that names the job.
    pub key: IdempotencyKey,
    /// The task, once it is known to be published.
    pub task: Option<TaskAddress>,
    /// The response that was being confirmed, or is; while waiting, the best that was found.
    pub response: Option<ResponseAddress>,
    /// Why.
    #[source]
    pub cause: RunTaskCause,
}

/// Why a run did not come to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunTaskCause {
    /// A call failed.
    #[error(transparent)]
    Call(Box<Error>),
    /// The task will not get there any more, or cannot be watched.
    #[error(transparent)]
    Wait(Box<WaitError>),
    /// Nobody can respond any more, and none of the responses was accepted.
    #[error("none of {responses} responses was accepted, and the time to respond is over")]
    NoneAccepted {
        /// How many there were.
        responses: usize,
    },
    /// The time for all of it was up.
    #[error("{timeout:?} passed")]
    Timeout {
        /// The time for all of it.
        timeout: Duration,
    },
}

impl RunTaskError {
    /// What it takes to see a transaction through whose end was not seen, the task's or the
    /// confirmation's: see [`Client::resume`](crate::Client::resume).
    pub fn pending(&self) -> Option<&PendingPublish> {
        match &self.cause {
            RunTaskCause::Call(error) => error.pending(),
            _ => None,
        }
    }
}

impl From<Error> for RunTaskCause {
    fn from(error: Error) -> Self {
        Self::Call(Box::new(error))
    }
}

impl From<WaitError> for RunTaskCause {
    fn from(error: WaitError) -> Self {
        Self::Wait(Box::new(error))
    }
}

fn of(task: Option<TaskAddress>, response: Option<ResponseAddress>) -> String {
    match (task, response) {
        (Some(task), Some(response)) => format!(" (task {task}, response {response})"),
        (Some(task), None) => format!(" (task {task})"),
        (None, _) => String::new(),
    }
}
