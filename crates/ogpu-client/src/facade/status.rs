//! `get_source_status` and `get_task_status`.

use ogpu_types::{SourceAddress, SourceStatus, TaskAddress, TaskStatus};

use crate::{Client, Error};

impl Client {
    /// Where a source stands: [`Source::status`](crate::handles::Source::status). One round trip.
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
        self.source(source).status().await
    }

    /// Where a task stands: [`Task::status`](crate::handles::Task::status). One round trip.
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
        self.task(task).status().await
    }
}
