//! Where a source or a task stands.
//!
//! Sources, tasks and responses answer `getStatus()` alike: a second function, which only one kind
//! has, tells them apart.

use ogpu_contracts::{ContractCall, source, task};
use ogpu_types::{Address, SourceStatus, TaskStatus};

use crate::{
    Client, Error, ReadError,
    read::{contract_call, decode, unknown_value},
    rpc::BlockId,
};

impl Client {
    /// Where a source stands. One round trip.
    ///
    /// # Errors
    ///
    /// [`Error::SourceNotFound`] when there is no source at the address, [`Error::Read`] and
    /// [`Error::Rpc`] when the node cannot answer or the status is one that this version does not
    /// know.
    #[tracing::instrument(skip_all, fields(%source))]
    pub async fn get_source_status(&self, source: Address) -> Result<SourceStatus, Error> {
        let absent = || Error::SourceNotFound { address: source };
        let calls = (source::GetStatusCall, source::GetRegistrantCountCall);
        let status = self.status_of(source, calls, absent).await?;
        SourceStatus::try_from(status.0)
            .map_err(|error| Error::read(unknown_value::<source::GetStatusCall>(source, error)))
    }

    /// Where a task stands. One round trip.
    ///
    /// # Errors
    ///
    /// [`Error::TaskNotFound`] when there is no task at the address, [`Error::Read`] and
    /// [`Error::Rpc`] when the node cannot answer or the status is one that this version does not
    /// know.
    #[tracing::instrument(skip_all, fields(%task))]
    pub async fn get_task_status(&self, task: Address) -> Result<TaskStatus, Error> {
        let absent = || Error::TaskNotFound { address: task };
        let calls = (task::GetStatusCall, task::GetAttemptCountCall);
        let status = self.status_of(task, calls, absent).await?;
        TaskStatus::try_from(status.0)
            .map_err(|error| Error::read(unknown_value::<task::GetStatusCall>(task, error)))
    }

    /// What a contract answers to `getStatus()`, if it answers the function of its kind as well.
    async fn status_of<S: ContractCall, K: ContractCall>(
        &self,
        address: Address,
        (status, kind): (S, K),
        absent: impl Fn() -> Error,
    ) -> Result<S::Output, Error> {
        let rpc = self.rpc();
        let calls = [
            contract_call(address, status, BlockId::Latest),
            contract_call(address, kind, BlockId::Latest),
        ];
        let [status, kind] = rpc.batch_of(calls).await.map_err(Error::rpc)?;
        let absent = |error: ReadError| error.or_absent(absent());
        decode::<K>(rpc, address, kind).map_err(absent)?;
        decode::<S>(rpc, address, status).map_err(absent)
    }
}
