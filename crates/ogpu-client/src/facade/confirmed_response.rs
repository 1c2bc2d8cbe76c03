//! `get_confirmed_response`.

use std::time::Duration;

use ogpu_contracts::task;
use ogpu_types::{Address, ConfirmedResponse, Response, ResponseStatus, TaskStatus};
use tracing::{debug, warn};

use crate::{
    Client, Error, ReadError, RetryPolicy, ServiceOptions,
    deadline::Deadline,
    read::{contract_call, decode, unknown_value},
    rpc::BlockId,
};

/// The API only saves a round trip or two: longer than this, the chain is faster.
const HINT_TIMEOUT: Duration = Duration::from_secs(5);
/// An answer names one response.
const HINT_LIMIT: usize = 1024 * 1024;

impl Client {
    /// Reads the confirmed response of a task; `None` while none is confirmed.
    ///
    /// The management API is asked first, and its answer is checked on chain. When it is down,
    /// slow, malformed, or names a response that is not this task's confirmed one, the chain alone
    /// decides; the last is logged as a warning. See
    /// [`without_management_api`](crate::ClientBuilder::without_management_api).
    ///
    /// Round trips: one to the API and one to the node; without the API two to the node, three when
    /// there is a confirmed response.
    ///
    /// # Errors
    ///
    /// [`Error::TaskNotFound`] when there is no task at the address, [`Error::Read`] and
    /// [`Error::Rpc`] when the node cannot answer.
    #[tracing::instrument(skip_all, fields(%task))]
    pub async fn get_confirmed_response(
        &self,
        task: Address,
    ) -> Result<Option<ConfirmedResponse>, Error> {
        if let Some(hint) = self.hint(task).await {
            match self.read_responses(&[hint], BlockId::Latest).await {
                Ok(read) => {
                    if let Some(confirmed) = read.into_iter().find(|r| is_confirmed(r, task)) {
                        return Ok(Some(into_confirmed(confirmed)));
                    }
                    warn!(%task, %hint, "the management API names a response that is not the task's confirmed one; the chain decides");
                }
                Err(Error::Read { source }) if source.shows_absence() => {
                    warn!(%task, %hint, "the management API names an address without a response; the chain decides");
                }
                Err(error) => return Err(error),
            }
        }
        self.confirmed_on_chain(task).await
    }

    /// What the management API says, if there is one and it says anything.
    async fn hint(&self, task: Address) -> Option<Address> {
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
                debug!(%error, "the management API gives no answer; the chain decides");
                None
            }
        }
    }

    /// The confirmed response as the chain knows it.
    async fn confirmed_on_chain(&self, task: Address) -> Result<Option<ConfirmedResponse>, Error> {
        let rpc = self.rpc();
        let latest = BlockId::Latest;
        let calls = [
            contract_call(task, task::GetStatusCall, latest),
            contract_call(task, task::WinningProviderCall, latest),
        ];
        let [status, winner] = rpc.batch_of(calls).await.map_err(Error::rpc)?;
        let absent = |error: ReadError| error.or_absent(Error::TaskNotFound { address: task });
        let status = decode::<task::GetStatusCall>(rpc, task, status).map_err(absent)?;
        let winner = decode::<task::WinningProviderCall>(rpc, task, winner).map_err(absent)?;
        let status = TaskStatus::try_from(status.0)
            .map_err(|error| Error::read(unknown_value::<task::GetStatusCall>(task, error)))?;

        let candidates = if !winner.0.is_zero() {
            let found = self
                .read(task, task::ResponseOfCall(winner.0))
                .await
                .map_err(Error::read)?;
            self.read_responses(&[found.0.into()], latest).await?
        } else if status == TaskStatus::Finalized {
            // Finalised without a winner on record: one of the responses is confirmed.
            self.get_task_responses(task, ..).await?
        } else {
            return Ok(None);
        };
        Ok(candidates
            .into_iter()
            .find(|response| is_confirmed(response, task))
            .map(into_confirmed))
    }
}

fn is_confirmed(response: &Response, task: Address) -> bool {
    response.task == task && response.confirmed && response.status == ResponseStatus::Confirmed
}

fn into_confirmed(response: Response) -> ConfirmedResponse {
    ConfirmedResponse {
        address: response.address,
        data: response.data,
    }
}
