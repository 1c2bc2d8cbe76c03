//! What a run tells on its way.

use std::{fmt, sync::Arc};

use ogpu_types::{Response, ResponseAddress, TaskStatus};

use crate::{PublishedTask, ServiceError};

/// A step of [`run_task`](crate::Client::run_task).
///
/// A call that goes on tells of the steps that it finds made as well. After a reorganisation of the
/// chain a step may come again.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RunProgress {
    /// The task is on chain.
    Published(PublishedTask),
    /// The task has this status now.
    Status(TaskStatus),
    /// A provider has responded.
    Responded(Response),
    /// The payload of a response cannot be fetched, so that it will not be confirmed.
    Unfetchable {
        /// The response.
        response: ResponseAddress,
        /// Why.
        error: Arc<ServiceError>,
    },
    /// A response was judged.
    Judged {
        /// The response.
        response: ResponseAddress,
        /// How good it is; `None` if it was rejected.
        score: Option<f64>,
    },
    /// This response is about to be confirmed.
    Confirming(ResponseAddress),
    /// This response is confirmed; what it carries is still to be fetched, if it was not yet.
    Confirmed(ResponseAddress),
}

impl fmt::Display for RunProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Published(task) => write!(f, "published task {}", task.address),
            Self::Status(status) => write!(f, "the task is {status}"),
            Self::Responded(response) => {
                write!(f, "response {} by {}", response.address, response.provider)
            }
            Self::Unfetchable { response, error } => {
                write!(f, "response {response} cannot be fetched: {}", error.cause)
            }
            Self::Judged {
                response,
                score: Some(score),
            } => write!(f, "response {response} scores {score}"),
            Self::Judged {
                response,
                score: None,
            } => write!(f, "response {response} is rejected"),
            Self::Confirming(response) => write!(f, "confirming response {response}"),
            Self::Confirmed(response) => write!(f, "response {response} is confirmed"),
        }
    }
}
