//! Where a source or a task stands.
//!
//! Sources, tasks and responses answer `getStatus()` alike: a second function, which only one kind
//! has, tells them apart.

use ogpu_contracts::{ContractCall, source, task};
use ogpu_types::{Address, SourceAddress, SourceStatus, TaskAddress, TaskStatus};

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
    pub async fn get_source_status(
        &self,
        source: impl Into<SourceAddress> + Send,
    ) -> Result<SourceStatus, Error> {
        self.source_status(source.into()).await
    }

    #[tracing::instrument(name = "get_source_status", skip_all, fields(%source))]
    async fn source_status(&self, source: SourceAddress) -> Result<SourceStatus, Error> {
        let absent = || Error::SourceNotFound { address: source };
        let calls = (source::GetStatusCall, source::GetRegistrantCountCall);
        let status = self.status_of(source.into(), calls, absent).await?;
        SourceStatus::try_from(status.0).map_err(|error| {
            Error::read(unknown_value::<source::GetStatusCall>(source.into(), error))
        })
    }

    /// Where a task stands. One round trip.
    ///
    /// # Errors
    ///
    /// [`Error::TaskNotFound`] when there is no task at the address, [`Error::Read`] and
    /// [`Error::Rpc`] when the node cannot answer or the status is one that this version does not
    /// know.
    pub async fn get_task_status(
        &self,
        task: impl Into<TaskAddress> + Send,
    ) -> Result<TaskStatus, Error> {
        self.task_status(task.into()).await
    }

    #[tracing::instrument(name = "get_task_status", skip_all, fields(%task))]
    async fn task_status(&self, task: TaskAddress) -> Result<TaskStatus, Error> {
        let absent = || Error::TaskNotFound { address: task };
        let calls = (task::GetStatusCall, task::GetAttemptCountCall);
        let status = self.status_of(task.into(), calls, absent).await?;
        TaskStatus::try_from(status.0)
            .map_err(|error| Error::read(unknown_value::<task::GetStatusCall>(task.into(), error)))
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
