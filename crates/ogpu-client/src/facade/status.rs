//! Where a source or a task stands.

use ogpu_contracts::{source, task};
use ogpu_types::{Address, SourceStatus, TaskStatus};

use crate::{Client, Error, read::unknown_value};

impl Client {
    /// Where a source stands. One round trip.
    ///
    /// # Errors
    ///
    /// [`Error::SourceNotFound`] when there is no source at the address, [`Error::Read`] when the
    /// node cannot answer or the status is one that this version does not know.
    #[tracing::instrument(skip_all, fields(%source))]
    pub async fn get_source_status(&self, source: Address) -> Result<SourceStatus, Error> {
        let status = self
            .read(source, source::GetStatusCall)
            .await
            .map_err(|error| error.or_absent(Error::SourceNotFound { address: source }))?;
        SourceStatus::try_from(status.0)
            .map_err(|error| Error::read(unknown_value::<source::GetStatusCall>(source, error)))
    }

    /// Where a task stands. One round trip.
    ///
    /// # Errors
    ///
    /// [`Error::TaskNotFound`] when there is no task at the address, [`Error::Read`] when the node
    /// cannot answer or the status is one that this version does not know.
    #[tracing::instrument(skip_all, fields(%task))]
    pub async fn get_task_status(&self, task: Address) -> Result<TaskStatus, Error> {
        let status = self
            .read(task, task::GetStatusCall)
            .await
            .map_err(|error| error.or_absent(Error::TaskNotFound { address: task }))?;
        TaskStatus::try_from(status.0)
            .map_err(|error| Error::read(unknown_value::<task::GetStatusCall>(task, error)))
    }
}
