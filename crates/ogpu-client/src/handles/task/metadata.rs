//! What a task asks for, off the chain.

use ogpu_contracts::task;
use ogpu_types::TaskInput;

use super::Task;
use crate::{
    At, Error,
    read::{Cost, ReadSet},
};

impl Task {
    /// Fetches what the task asks for: the function and its input.
    ///
    /// The task's client chose where it is, whom nobody vouches for: as for a response's payload,
    /// only the gateway is asked, and no more is read than the client's service options allow.
    ///
    /// Round trips: one to the node, one to the gateway.
    ///
    /// # Errors
    ///
    /// [`Error::TaskNotFound`] when there is no task at the address, [`Error::Read`] when the node
    /// cannot answer, [`Error::Service`] when there is no such content in time, too much of it, or
    /// its URL leads away from the gateway, [`Error::Json`] when it is no task input.
    #[tracing::instrument(name = "task_metadata", skip_all, fields(task = %self.address))]
    pub async fn metadata(&self) -> Result<TaskInput, Error> {
        let address = self.address;
        let mut set = ReadSet::new();
        let params = set.add_costing(address, task::TaskParamsCall, Cost::STRUCT);
        let mut answers = self.client.read_set(set, At::Head).await?;
        let params = answers
            .take(params)
            .map_err(|error| error.or_absent(Error::TaskNotFound { address }))?;
        let payload = self.client.fetch_data(&params.config).await?;
        payload.json().map_err(|source| Error::Json { source })
    }
}
