//! `publish_tasks`.

mod item;
mod pool;

use std::{
    fmt,
    num::{NonZeroU64, NonZeroUsize},
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::{FutureExt, Stream, StreamExt, future::BoxFuture, stream::BoxStream};
use tokio::task::{JoinError, JoinSet};
use tracing::Instrument;

use self::pool::Pool;
use crate::{Client, Role, Signer};

pub use item::{Progress, StartedTask, TaskOutcome, TaskToPublish};

/// As many waiting transactions as geth keeps of any account, however full its pool is: its default
/// for `--txpool.accountslots`.
const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(16).unwrap();

impl Client {
    /// Publishes many tasks, each as [`publish_task`](Self::publish_task) does, a bounded number at
    /// a time: a stream of their outcomes, in order of completion.
    ///
    /// The input is any stream; `futures::stream::iter` makes one of a vector or an iterator. It is
    /// asked for a task when there is room for one, so it may be endless, or read as it goes. A
    /// task's failure does not stop the others.
    ///
    /// The payments of tasks under way must all be in the vault: of those that compete for a
    /// balance, the later may be mined without success, and cost gas.
    ///
    /// ```no_run
    /// use futures::{StreamExt, stream};
    /// use ogpu_client::{Client, IdempotencyKey, TaskInfo};
    ///
    /// # async fn example(client: Client, orders: Vec<(u64, TaskInfo)>) -> Result<(), Box<dyn std::error::Error>> {
    /// // A key of your own for each task: after a crash, run the same again, and nothing is
    /// // published twice that the client's journal remembers. Only the expiry times may differ.
    /// let tasks = orders
    ///     .into_iter()
    ///     .map(|(id, info)| Ok((info, IdempotencyKey::new(format!("order-{id}"))?)))
    ///     .collect::<Result<Vec<_>, ogpu_client::IdempotencyKeyError>>()?;
    ///
    /// let mut published = client.publish_tasks(stream::iter(tasks)).stop_after_failures(10.try_into()?);
    /// while let Some(outcome) = published.next().await {
    ///     match outcome.result {
    ///         Ok(task) => println!("{}: {}", outcome.task.key, task.address),
    ///         Err(error) => println!("{}: {error} ({:?})", outcome.task.key, error.outcome()),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn publish_tasks<'a, S>(&self, tasks: S) -> PublishTasks<'a>
    where
        S: Stream<Item: Into<TaskToPublish>> + Send + 'a,
    {
        let client = self.clone();
        // Without a signer each task fails, with the reason.
        let default_signer = async move { client.signer_for(Role::Client).await.ok() };
        PublishTasks {
            client: self.clone(),
            tasks: Some(tasks.map(Into::into).boxed()),
            concurrency: CONCURRENCY,
            timeout: self.write_timeout(),
            pool: Pool::default(),
            default_signer: Some(default_signer.boxed()),
            failures_to_stop: None,
            stop_on: None,
            on_start: None,
            on_progress: None,
            progress: Progress::default(),
            under_way: JoinSet::new(),
        }
    }
}

/// Many tasks being published: set options, then take the [outcomes](TaskOutcome) from the stream.
///
/// Nothing is taken from the input before the stream is polled. What has been taken goes on by
/// itself, polled or not; finished tasks that nobody has asked for count as under way, so a slow
/// consumer slows the input down. The callbacks are called by the stream while it is polled, one at
/// a time.
///
/// Dropping the stream drops each call that is under way, with the effect that dropping a
/// [`Write`](crate::Write) has: what has left is seen through by the client, the rest is not sent.
///
/// Polling it needs a Tokio runtime, the same until its end.
#[must_use = "nothing is published until the stream is polled"]
pub struct PublishTasks<'a> {
    client: Client,
    /// `None` once it has ended, or nothing more is wanted of it.
    tasks: Option<BoxStream<'a, TaskToPublish>>,
    concurrency: NonZeroUsize,
    timeout: Duration,
    pool: Pool,
    /// Until it has been asked for.
    default_signer: Option<BoxFuture<'static, Option<Signer>>>,
    failures_to_stop: Option<NonZeroU64>,
    stop_on: Option<StopOn<'a>>,
    on_start: Option<OnStart<'a>>,
    on_progress: Option<OnProgress<'a>>,
    progress: Progress,
    under_way: JoinSet<TaskOutcome>,
}

type StopOn<'a> = Box<dyn FnMut(&TaskOutcome) -> bool + Send + 'a>;
type OnStart<'a> = Box<dyn FnMut(&StartedTask) + Send + 'a>;
type OnProgress<'a> = Box<dyn FnMut(Progress) + Send + 'a>;

impl fmt::Debug for PublishTasks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublishTasks")
            .field("concurrency", &self.concurrency)
            .field("timeout", &self.timeout)
            .field("signers", &self.pool)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

impl<'a> PublishTasks<'a> {
    /// How many tasks may be under way at once, finished ones that nobody has taken from the stream
    /// included. Defaults to 16.
    ///
    /// A task takes as long as its confirmation, so a block takes up this many at most. A full node
    /// may drop what an account has waiting beyond 16: for more, use more [`signers`](Self::signers).
    pub fn concurrency(mut self, concurrency: NonZeroUsize) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// Shares the tasks among several signers; each pays from its own vault balance. Defaults to the
    /// client's signer, which stays when `signers` has none.
    ///
    /// A task goes to the signer with the fewest under way. A task with a given key goes where the
    /// key leads, which is the same signer in every pool of the same signers: a key counts for one
    /// account, so that a repeated key has to come back to it. This holds for the keys that are made
    /// here too. Before the signers are changed, what was started with the old ones should be
    /// finished, for instance by [`publish_task`](Client::publish_task) with the key and its signer.
    pub fn signers(mut self, signers: impl IntoIterator<Item = Signer>) -> Self {
        self.pool = signers.into_iter().collect();
        self
    }

    /// Bounds each task, as [`Write::timeout`](crate::Write::timeout) does. Defaults to the client's
    /// write timeout, 120 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Called with each task that is taken from the input, before anything of it happens: the
    /// moment to note the key that was made for it. Where noting takes waiting, give keys of your
    /// own, noted in the input stream.
    pub fn on_start(mut self, callback: impl FnMut(&StartedTask) + Send + 'a) -> Self {
        self.on_start = Some(Box::new(callback));
        self
    }

    /// Called after each change of the counts.
    pub fn on_progress(mut self, callback: impl FnMut(Progress) + Send + 'a) -> Self {
        self.on_progress = Some(Box::new(callback));
        self
    }

    /// [Stops](Self::stop) after an outcome for which `predicate` is true. It sees every outcome
    /// once, just before the stream yields it.
    pub fn stop_on(mut self, predicate: impl FnMut(&TaskOutcome) -> bool + Send + 'a) -> Self {
        self.stop_on = Some(Box::new(predicate));
        self
    }

    /// [Stops](Self::stop) after so many outcomes with an error, unknown ones included. Defaults to
    /// going on whatever fails.
    pub fn stop_after_failures(mut self, failures: NonZeroU64) -> Self {
        self.failures_to_stop = Some(failures);
        self
    }

    /// Takes no further task from the input, and drops it. The stream still yields the outcomes of
    /// those under way.
    pub fn stop(&mut self) {
        self.tasks = None;
    }

    /// The counts now.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// Waits for the client's signer, once, unless others were given.
    fn poll_signers(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.pool.is_empty()
            && let Some(asking) = &mut self.default_signer
        {
            let signer = ready!(asking.poll_unpin(cx));
            self.pool = signer.into_iter().collect();
            self.default_signer = None;
        }
        Poll::Ready(())
    }

    /// Starts tasks while there is room and the input has some; whether it started any.
    fn start_tasks(&mut self, cx: &mut Context<'_>) -> bool {
        let before = self.progress.started;
        while self.under_way.len() < self.concurrency.get()
            && let Some(tasks) = &mut self.tasks
        {
            match tasks.poll_next_unpin(cx) {
                Poll::Ready(Some(task)) => self.start(task),
                Poll::Ready(None) => self.stop(),
                Poll::Pending => break,
            }
        }
        self.progress.started > before
    }

    fn start(&mut self, TaskToPublish { info, key }: TaskToPublish) {
        let (key, signer) = self.pool.assign(key);
        let task = StartedTask {
            index: self.progress.started,
            key,
            signer: signer.as_ref().map(Signer::address),
        };
        self.progress.started += 1;
        if let Some(on_start) = &mut self.on_start {
            on_start(&task);
        }
        self.report();
        let (client, timeout) = (self.client.clone(), self.timeout);
        let publishing = async move {
            let mut write = client
                .publish_task(&info)
                .idempotency_key(task.key.clone())
                .timeout(timeout);
            if let Some(signer) = &signer {
                write = write.signer(signer);
            }
            let result = write.await;
            TaskOutcome { task, result }
        };
        // A task of its own: its time limit runs, so it must not wait for a consumer.
        self.under_way.spawn(publishing.in_current_span());
    }

    fn finish(&mut self, finished: Result<TaskOutcome, JoinError>) -> Option<TaskOutcome> {
        let outcome = match finished.map_err(JoinError::try_into_panic) {
            Ok(outcome) => outcome,
            Err(Ok(panic)) => resume_unwind(panic),
            // The runtime that ran it has ended.
            Err(Err(_)) => {
                self.stop();
                return None;
            }
        };
        if let Some(account) = outcome.task.signer {
            self.pool.release(account);
        }
        self.progress.finish(&outcome.result);
        self.report();
        let has_too_many_failures = self
            .failures_to_stop
            .is_some_and(|limit| self.progress.unsuccessful() >= limit.get());
        let is_told_to_stop = self.stop_on.as_mut().is_some_and(|stop| stop(&outcome));
        if has_too_many_failures || is_told_to_stop {
            self.stop();
        }
        Some(outcome)
    }

    fn report(&mut self) {
        if let Some(on_progress) = &mut self.on_progress {
            on_progress(self.progress);
        }
    }
}

impl Stream for PublishTasks<'_> {
    type Item = TaskOutcome;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<TaskOutcome>> {
        ready!(self.poll_signers(cx));
        loop {
            // What has finished comes first: it may stop the input.
            if let Poll::Ready(Some(finished)) = self.under_way.poll_join_next(cx) {
                let Some(outcome) = self.finish(finished) else {
                    continue;
                };
                self.start_tasks(cx);
                return Poll::Ready(Some(outcome));
            }
            // What was started has to be polled once to wake this stream.
            if self.start_tasks(cx) {
                continue;
            }
            if self.under_way.is_empty() && self.tasks.is_none() {
                return Poll::Ready(None);
            }
            return Poll::Pending;
        }
    }
}
