//! Where a source or a task stands.
//!
//! Sources, tasks and responses answer `getStatus()` alike: a second function, which only one kind
//! has, tells them apart.

use ogpu_contracts::{source, task};
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
        let rpc = self.rpc();
        let calls = [
            contract_call(source, source::GetStatusCall, BlockId::Latest),
            contract_call(source, source::GetRegistrantCountCall, BlockId::Latest),
        ];
        let [status, kind] = rpc.batch_of(calls).await.map_err(Error::rpc)?;
        let absent = |error: ReadError| error.or_absent(Error::SourceNotFound { address: source });
        decode::<source::GetRegistrantCountCall>(rpc, source, kind).map_err(absent)?;
        let status = decode::<source::GetStatusCall>(rpc, source, status).map_err(absent)?;
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
        let rpc = self.rpc();
        let calls = [
            contract_call(task, task::GetStatusCall, BlockId::Latest),
            contract_call(task, task::GetAttemptCountCall, BlockId::Latest),
        ];
        let [status, kind] = rpc.batch_of(calls).await.map_err(Error::rpc)?;
        let absent = |error: ReadError| error.or_absent(Error::TaskNotFound { address: task });
        decode::<task::GetAttemptCountCall>(rpc, task, kind).map_err(absent)?;
        let status = decode::<task::GetStatusCall>(rpc, task, status).map_err(absent)?;
        TaskStatus::try_from(status.0)
            .map_err(|error| Error::read(unknown_value::<task::GetStatusCall>(task, error)))
    }
}
