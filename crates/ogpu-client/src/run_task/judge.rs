//! Which of several responses is paid.

use std::{fmt, num::NonZeroUsize, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use ogpu_types::Response;

use crate::Payload;

/// A response that may be confirmed, and what it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// The response.
    pub response: Response,
    /// What it carries.
    pub payload: Payload,
}

pub(super) type Judge<'a> =
    Arc<dyn Fn(Arc<Candidate>) -> BoxFuture<'a, Option<f64>> + Send + Sync + 'a>;

/// How the response that is paid is chosen.
#[derive(Clone)]
pub(super) struct Judging<'a> {
    /// Without one, each response is as good as any.
    pub(super) judge: Option<Judge<'a>>,
    /// How many accepted responses are compared.
    pub(super) enough: NonZeroUsize,
    /// How long after the first one more are waited for.
    pub(super) within: Duration,
}

impl Default for Judging<'_> {
    fn default() -> Self {
        Self {
            judge: None,
            enough: NonZeroUsize::MIN,
            within: Duration::ZERO,
        }
    }
}

impl fmt::Debug for Judging<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judging")
            .field("has_judge", &self.judge.is_some())
            .field("enough", &self.enough)
            .field("within", &self.within)
            .finish()
    }
}

impl Judging<'_> {
    /// How good it is; `None` if it is not to be paid.
    pub(super) async fn score(&self, candidate: &Arc<Candidate>) -> Option<f64> {
        let score = match &self.judge {
            Some(judge) => judge(Arc::clone(candidate)).await,
            None => Some(0.0),
        };
        score.filter(|score| !score.is_nan())
    }
}
