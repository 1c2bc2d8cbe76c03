//! `get_confirmed_response`.

use std::time::Duration;

use ogpu_contracts::task;
use ogpu_types::{
    ConfirmedResponse, Response, ResponseAddress, ResponseStatus, TaskAddress, TaskStatus,
};
use tracing::{debug, warn};

use crate::{
    Client, Error, ReadError, RetryPolicy, ServiceOptions,
    deadline::Deadline,
    handles::into_response,
    read::{At, ReadSet, unknown_value},
};

/// The API only saves a round trip or two: longer than this, the chain is faster.
const HINT_TIMEOUT: Duration = Duration::from_secs(5);
/// An answer names one response.
const HINT_LIMIT: usize = 1024 * 1024;

impl Client {
    /// Reads the confirmed response of a task; `None` while none is confirmed.
    ///
    /// The management API is asked first, and its answer is checked on chain: the task has to know
    /// the response as its own, and the response has to be confirmed. When the API is down, slow,
    /// malformed, or names anything else, the chain alone decides; the last is logged as a warning.
    /// See
    /// [`without_management_api`](crate::ClientBuilder::without_management_api).
    ///
    /// Round trips: one to the API and two to the node; without the API one to the node, three when
    /// there is a confirmed response.
    ///
    /// # Errors
    ///
    /// [`Error::TaskNotFound`] when there is no task at the address, [`Error::Read`] and
    /// [`Error::Rpc`] when the node cannot answer.
    pub async fn get_confirmed_response(
        &self,
        task: impl Into<TaskAddress> + Send,
    ) -> Result<Option<ConfirmedResponse>, Error> {
        self.confirmed_response(task.into()).await
    }

    #[tracing::instrument(name = "get_confirmed_response", skip_all, fields(%task))]
    async fn confirmed_response(
        &self,
        task: TaskAddress,
    ) -> Result<Option<ConfirmedResponse>, Error> {
        if let Some(hint) = self.hint(task).await {
            match self.confirmed_at(hint, task).await {
                Ok(Some(confirmed)) => return Ok(Some(confirmed)),
                Ok(None) => {
                    warn!(%task, %hint, "the management API names what is not the task's confirmed response; the chain decides");
                }
                Err(error) => {
                    let error: &(dyn std::error::Error + 'static) = &error;
                    warn!(%task, %hint, error, "what the management API names cannot be read as a response; the chain decides");
                }
            }
        }
        let confirmed = self.confirmed_on_chain(task).await?;
        Ok(confirmed.map(into_confirmed))
    }

    /// The response at `address`, if it is the task's own, and confirmed.
    ///
    /// What stands at the address may be anybody's contract, saying anything: the task itself has
    /// to know it.
    async fn confirmed_at(
        &self,
        address: ResponseAddress,
        task: TaskAddress,
    ) -> Result<Option<ConfirmedResponse>, Error> {
        let claimed = into_response(self.response(address).snapshot().await?);
        if !is_confirmed(&claimed, task) {
            return Ok(None);
        }
        let known = self.task(task).response_of(claimed.provider).await?;
        let is_known = known.is_some_and(|known| known.address() == address);
        Ok(is_known.then(|| into_confirmed(claimed)))
    }

    /// What the management API says, if there is one and it says anything.
    async fn hint(&self, task: TaskAddress) -> Option<ResponseAddress> {
        self.services().management.as_ref()?;
        let options = ServiceOptions::default()
            .with_timeout(HINT_TIMEOUT)
            .with_retry(RetryPolicy::ONCE)
            .with_max_bytes(HINT_LIMIT);
        let deadline = Deadline::after(HINT_TIMEOUT);
        match self
            .services()
            .confirmed_response_hint(task, &options, deadline)
            .await
        {
            Ok(hint) => hint,
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                debug!(
                    error,
                    "the management API gives no answer; the chain decides"
                );
                None
            }
        }
    }

    /// The confirmed response as the chain knows it.
    pub(crate) async fn confirmed_on_chain(
        &self,
        task: TaskAddress,
    ) -> Result<Option<Response>, Error> {
        let at = task.address();
        let mut set = ReadSet::new();
        let status = set.add(at, task::GetStatusCall);
        let winner = set.add(at, task::WinningProviderCall);
        let mut answers = self.read_set(set, At::Head).await?;
        let absent = |error: ReadError| error.or_absent(Error::TaskNotFound { address: task });
        let winner = answers.take(winner).map_err(absent)?;
        let status = answers.take(status).map_err(absent)?;
        let status = TaskStatus::try_from(status.0)
            .map_err(|error| Error::read(unknown_value::<task::GetStatusCall>(at, error)))?;

        let candidates = if !winner.0.is_zero() {
            let found = self
                .read(at, task::ResponseOfCall(winner.0))
                .await
                .map_err(Error::read)?;
            let found = self.response(found.0).snapshot().await?;
            vec![into_response(found)]
        } else if status == TaskStatus::Finalized {
            // Finalised without a winner on record: one of the responses is confirmed.
            self.get_task_responses(task, ..).await?
        } else {
            return Ok(None);
        };
        Ok(candidates
            .into_iter()
            .find(|response| is_confirmed(response, task)))
    }
}

fn is_confirmed(response: &Response, task: TaskAddress) -> bool {
    response.task == task && response.confirmed && response.status == ResponseStatus::Confirmed
}

fn into_confirmed(response: Response) -> ConfirmedResponse {
    ConfirmedResponse {
        address: response.address,
        data: response.data,
    }
}
