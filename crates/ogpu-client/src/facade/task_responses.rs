//! `get_task_responses`.

use std::ops::RangeBounds;

use ogpu_types::{Response, TaskAddress};

use crate::{Client, Error};

impl Client {
    /// Reads a task's responses: all of them (`..`), or those at some places (`5..10`, half-open).
    ///
    /// The same as awaiting [`Task::responses`](crate::handles::Task::responses), which can also be
    /// streamed, or read at a past block.
    ///
    /// Places count the providers that attempted the task, from 0, in the order of their attempts.
    /// A provider that has not responded has a place but no response, so that fewer responses than
    /// places may come back. Places past the last are no error.
    ///
    /// Round trips: one for the number of places, and for each 1,000 places two: one for their
    /// addresses and one for all that is known of them. Up to four at a time, all at one block.
    ///
    /// ```no_run
    /// # async fn example(client: ogpu_client::Client, task: ogpu_client::types::TaskAddress) -> Result<(), ogpu_client::Error> {
    /// let all = client.get_task_responses(task, ..).await?;
    /// let first_ten = client.get_task_responses(task, 0..10).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::TaskNotFound`] when there is no task at the address, [`Error::TooManyPlaces`] when
    /// the range takes in more than 100,000 places, [`Error::Read`] and [`Error::Rpc`] when the node
    /// cannot answer.
    pub async fn get_task_responses(
        &self,
        task: impl Into<TaskAddress> + Send,
        range: impl RangeBounds<u64> + Send,
    ) -> Result<Vec<Response>, Error> {
        self.task(task).responses(range).await
    }
}
