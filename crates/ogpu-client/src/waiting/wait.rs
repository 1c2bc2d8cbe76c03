//! Waiting before it happens: how long, then `.await`.

use std::{fmt, future::IntoFuture, time::Duration};

use futures::future::BoxFuture;
use ogpu_types::{TaskAddress, TaskStatus};
use tracing::Instrument;

use super::{Change, TaskWatch, Verdict, WaitError, passes, verdict};
use crate::{Client, Error, deadline::Deadline};

/// Jobs take from seconds to many minutes, and a provider has to find them first.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// Makes the result once the task is there; `None` when what is read contradicts that, since the
/// chain or the node has moved.
pub(crate) type Finish<T> =
    fn(Client, TaskAddress, Change) -> BoxFuture<'static, Result<Option<T>, Error>>;

/// Something that is to become of a task, not waited for yet: say how long, or not, then await it.
///
/// It looks at the task once, after it has begun to listen, so that nothing falls between; from then
/// on events tell, for which all waits and event streams of a client ask the node together: a thousand
/// waits cost it what one does. It looks again when a block that it relies on is replaced. What it
/// gives is of the chain's newest block, which may itself be replaced later.
///
/// Dropping it ends the wait, and nothing else.
///
/// ```no_run
/// # use std::time::Duration;
/// # use ogpu_client::{Client, types::TaskAddress};
/// # async fn example(client: Client, address: TaskAddress) -> Result<(), Box<dyn std::error::Error>> {
/// let task = client.task(address);
/// let response = task.wait_for_response().timeout(Duration::from_secs(600)).await?;
/// println!("{} by {}", response.address, response.provider);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is waited for until it is awaited"]
pub struct Wait<T> {
    client: Client,
    task: TaskAddress,
    wanted: TaskStatus,
    timeout: Duration,
    finish: Finish<T>,
}

impl<T> fmt::Debug for Wait<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("task", &self.task)
            .field("wanted", &self.wanted)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Wait<T> {
    pub(crate) fn new(
        client: &Client,
        task: TaskAddress,
        wanted: TaskStatus,
        finish: Finish<T>,
    ) -> Self {
        Self {
            client: client.clone(),
            task,
            wanted,
            timeout: TIMEOUT,
            finish,
        }
    }

    /// Bounds the whole wait. Defaults to one hour.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn run(self) -> Result<T, WaitError> {
        let deadline = Deadline::after(self.timeout);
        let mut watch = TaskWatch::new(&self.client, self.task);
        let outcome = deadline.bound(self.reach(&mut watch)).await;
        outcome.unwrap_or_else(|| {
            Err(WaitError::Timeout {
                task: self.task,
                wanted: self.wanted,
                status: watch.status(),
                timeout: self.timeout,
            })
        })
    }

    async fn reach(&self, watch: &mut TaskWatch) -> Result<T, WaitError> {
        let (task, wanted) = (self.task, self.wanted);
        loop {
            let change = watch.next().await;
            let change = change.map_err(|error| WaitError::watching(task, error))?;
            let state = change.state;
            match verdict(wanted, &state) {
                Verdict::Open => {}
                Verdict::Unreachable | Verdict::Expired => {
                    return Err(WaitError::missed(task, wanted, &state));
                }
                Verdict::Reached => match (self.finish)(self.client.clone(), task, change).await {
                    Ok(Some(result)) => return Ok(result),
                    Ok(None) => watch.look_again(),
                    Err(error) if passes(&error) || error.is_not_found() => watch.look_again(),
                    Err(error) => {
                        let source = Box::new(error);
                        return Err(WaitError::Call { task, source });
                    }
                },
            }
        }
    }
}

impl<T: Send + 'static> IntoFuture for Wait<T> {
    type Output = Result<T, WaitError>;
    type IntoFuture = BoxFuture<'static, Result<T, WaitError>>;

    fn into_future(self) -> Self::IntoFuture {
        let span = tracing::info_span!("wait", task = %self.task, wanted = %self.wanted);
        Box::pin(self.run().instrument(span))
    }
}
