//! The status of sources, tasks and responses, by both of their getters.

use ethers_core::types::Address;
use ogpu_contracts::{response, source, task};
use ogpu_types::{ResponseStatus, SourceStatus, TaskStatus};

use super::Net;

impl Net {
    pub(crate) async fn source_status(&self, source: Address) -> SourceStatus {
        let status = self.read(source, source::GetStatusCall).await.0;
        assert_eq!(self.read(source, source::StatusCall).await.0, status);
        status.try_into().expect("a known status")
    }

    pub(crate) async fn task_status(&self, task: Address) -> TaskStatus {
        let status = self.read(task, task::GetStatusCall).await.0;
        assert_eq!(self.read(task, task::StatusCall).await.0, status);
        status.try_into().expect("a known status")
    }

    pub(crate) async fn response_status(&self, response: Address) -> ResponseStatus {
        let status = self.read(response, response::GetStatusCall).await.0;
        assert_eq!(self.read(response, response::StatusCall).await.0, status);
        status.try_into().expect("a known status")
    }
}
