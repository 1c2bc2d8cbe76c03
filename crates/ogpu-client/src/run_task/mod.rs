//! `run_task`: publish, wait, pick, confirm and fetch, as one call.

mod candidates;
mod confirm;
mod error;
mod judge;
mod progress;
mod run;

use std::{fmt, future::IntoFuture, num::NonZeroUsize, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use ogpu_types::{Response, TaskInfo, TxHash};
use tracing::{Instrument, field::Empty};

use self::{
    judge::{Judge, Judging},
    run::Run,
};
use crate::{Client, IdempotencyKey, Payload, PublishedTask, Signer, waiting};

pub use error::{RunStage, RunTaskCause, RunTaskError};
pub use judge::Candidate;
pub use progress::RunProgress;

/// What came of a task that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskRun {
    /// The task, as it was published.
    pub task: PublishedTask,
    /// The confirmed response.
    pub response: Response,
    /// What it carries.
    pub payload: Payload,
    /// The transaction by which this call, or an earlier one with the same key that it went on with,
    /// confirmed it; `None` where it was confirmed otherwise: by the delivery method, or by another
    /// who may.
    pub confirmation: Option<TxHash>,
}

impl Client {
    /// Runs a task from beginning to end: publishes it, waits for responses, picks one, confirms it,
    /// and fetches what it carries.
    ///
    /// With FIRST_RESPONSE the network confirms the first response, and that is the result; where it
    /// leaves that to the client, this call does it. With MANUAL_CONFIRMATION this call confirms the
    /// first response whose payload can be fetched, or the one that a [`judge`](RunTask::judge)
    /// chooses: nobody is paid for what cannot be had. A task that another confirms meanwhile, who
    /// may, has its result too.
    ///
    /// With an [idempotency key](RunTask::idempotency_key), the call may be made again after any
    /// failure, or after a crash, if the client's [journal](crate::Journal) outlives it: it goes on
    /// where it was, and neither publishes nor pays twice.
    ///
    /// ```no_run
    /// # async fn example(client: ogpu_client::Client, task: ogpu_client::TaskInfo) -> Result<(), Box<dyn std::error::Error>> {
    /// use ogpu_client::IdempotencyKey;
    ///
    /// let run = client
    ///     .run_task(&task)
    ///     .idempotency_key(IdempotencyKey::new("order-7")?)
    ///     .on_progress(|progress| println!("{progress}"))
    ///     .await?;
    /// println!("{} says {:?}", run.response.provider, run.payload.as_text());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RunTaskError`], which says how far it came and what is there to go on with.
    pub fn run_task<'a>(&self, info: &TaskInfo) -> RunTask<'a> {
        RunTask {
            client: self.clone(),
            info: info.clone(),
            signer: None,
            key: IdempotencyKey::random(),
            timeout: waiting::TIMEOUT,
            judging: Judging::default(),
            on_progress: None,
        }
    }
}

/// A task to be run, not published yet: set options, then await it.
///
/// Dropping it before it is awaited does nothing. Dropping the future later loses nothing that is on
/// chain, and what has been sent is seen through by the client: the same call with the same key goes
/// on.
#[must_use = "nothing is published until it is awaited"]
pub struct RunTask<'a> {
    client: Client,
    info: TaskInfo,
    signer: Option<Signer>,
    key: IdempotencyKey,
    timeout: Duration,
    judging: Judging<'a>,
    on_progress: Option<OnProgress<'a>>,
}

pub(crate) type OnProgress<'a> = Box<dyn FnMut(&RunProgress) + Send + 'a>;

impl fmt::Debug for RunTask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunTask")
            .field("info", &self.info)
            .field("signer", &self.signer)
            .field("key", &self.key)
            .field("timeout", &self.timeout)
            .field("judging", &self.judging)
            .finish_non_exhaustive()
    }
}

impl<'a> RunTask<'a> {
    /// Publishes, confirms and pays with this key. Defaults to the client's signer, and without one
    /// to `CLIENT_PRIVATE_KEY`.
    pub fn signer(mut self, signer: &Signer) -> Self {
        self.signer = Some(signer.clone());
        self
    }

    /// Bounds all of it. Defaults to one hour.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Names the job: calls of one account with the same key run one task and confirm one response.
    /// The task is that of [`publish_task`](Client::publish_task) with the same key; the
    /// confirmation's own key is made of it. Only the expiry time of the task may differ. Defaults to
    /// a key that no other call has, and that [`RunTaskError::key`] tells.
    pub fn idempotency_key(mut self, key: IdempotencyKey) -> Self {
        self.key = key;
        self
    }

    /// The key that names this job, before anything of it has happened.
    pub fn key(&self) -> &IdempotencyKey {
        &self.key
    }

    /// Has responses judged, for MANUAL_CONFIRMATION: a score for one that may be paid, the higher
    /// the better, or `None` to reject it. The first that is not rejected is confirmed, unless
    /// [`best_of`](Self::best_of) waits for better ones. Defaults to none: all are as good.
    ///
    /// It is asked once about each response whose payload could be fetched, up to four at a time, and
    /// again by a call that goes on. A score that is not a number rejects.
    ///
    /// ```no_run
    /// # async fn example(client: ogpu_client::Client, task: ogpu_client::TaskInfo) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// let run = client
    ///     .run_task(&task)
    ///     .judge(|candidate| async move {
    ///         let text = candidate.payload.as_text()?;
    ///         Some(text.len() as f64)
    ///     })
    ///     .best_of(3.try_into()?, Duration::from_secs(30))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn judge<J, F>(mut self, judge: J) -> Self
    where
        J: Fn(Arc<Candidate>) -> F + Send + Sync + 'a,
        F: Future<Output = Option<f64>> + Send + 'a,
    {
        let judge: Judge<'a> = Arc::new(move |candidate| Box::pin(judge(candidate)));
        self.judging.judge = Some(judge);
        self
    }

    /// Confirms the best of so many responses that the judge has not rejected, or of those that there
    /// are when `within` has passed since the first of them, or when nobody can respond any more. Of
    /// equally good ones, the one that was judged first. Defaults to one response. Without a
    /// [`judge`](Self::judge) it only delays.
    pub fn best_of(mut self, responses: NonZeroUsize, within: Duration) -> Self {
        self.judging.enough = responses;
        self.judging.within = within;
        self
    }

    /// Called with each step that is made.
    pub fn on_progress(mut self, callback: impl FnMut(&RunProgress) + Send + 'a) -> Self {
        self.on_progress = Some(Box::new(callback));
        self
    }
}

impl<'a> IntoFuture for RunTask<'a> {
    type Output = Result<TaskRun, RunTaskError>;
    type IntoFuture = BoxFuture<'a, Result<TaskRun, RunTaskError>>;

    fn into_future(self) -> Self::IntoFuture {
        let span = tracing::info_span!("run_task", source = %self.info.source, task = Empty);
        Box::pin(Run::new(self).run().instrument(span))
    }
}
