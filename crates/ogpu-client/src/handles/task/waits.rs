//! Waiting for what becomes of a task.
//!
//! All ask for the same: one look at the task, and the events that all of a client's watchers share.

use std::future::ready;

use ogpu_types::{Response, TaskAddress, TaskStatus};

use super::Task;
use crate::{Client, Error, Wait, handles::into_response, waiting::Change};

impl Task {
    /// Waits until the task has this status, and gives the one that it has: a task that is past the
    /// wanted one has been there, as far as that is certain.
    ///
    /// | wanted | reached as well by | unreachable once it is |
    /// |---|---|---|
    /// | NEW | every other status | |
    /// | ATTEMPTED | RESPONDED, FINALIZED | CANCELED, EXPIRED |
    /// | RESPONDED | FINALIZED | CANCELED, EXPIRED |
    /// | FINALIZED | | CANCELED, EXPIRED |
    /// | CANCELED | | ATTEMPTED, RESPONDED, FINALIZED, EXPIRED |
    /// | EXPIRED | | CANCELED, FINALIZED |
    ///
    /// When a task's expiry time passes, nothing on the chain says so: EXPIRED it becomes only when
    /// somebody attempts it later. So a wait for ATTEMPTED, RESPONDED or FINALIZED ends with
    /// [`WaitError::Expired`](crate::WaitError::Expired) at the first block with that time, unless
    /// the task has a response, which may still be confirmed. The chain's clock alone counts: while it
    /// makes no blocks, the wait goes on, up to its timeout. CANCELED and EXPIRED it may become
    /// at any time, or never.
    ///
    /// Round trips: one, besides the look at the chain's newest blocks that all watchers share.
    ///
    /// # Errors
    ///
    /// [`WaitError`](crate::WaitError): as soon as the status cannot be reached any more, when the
    /// time is up, or when there is no task at the address.
    pub fn wait_for(&self, status: TaskStatus) -> Wait<TaskStatus> {
        Wait::new(&self.client, self.address, status, |_, _, change| {
            Box::pin(ready(Ok(Some(change.state.status))))
        })
    }

    /// Waits until the task has a response, and gives it: the confirmed one if there is one, else the
    /// one that was submitted first.
    ///
    /// Ends as [`wait_for`](Self::wait_for) of RESPONDED does, after the expiry time with
    /// [`WaitError::Expired`](crate::WaitError::Expired).
    ///
    /// Round trips: one to look at the task; one for a response whose coming is seen, up to three
    /// for one that is there already.
    ///
    /// # Errors
    ///
    /// As of [`wait_for`](Self::wait_for).
    pub fn wait_for_response(&self) -> Wait<Response> {
        let wanted = TaskStatus::Responded;
        Wait::new(
            &self.client,
            self.address,
            wanted,
            |client, task, change| {
                Box::pin(async move { client.first_response(task, &change).await })
            },
        )
    }

    /// Waits until one of the task's responses is confirmed, and gives that one.
    ///
    /// Ends as [`wait_for`](Self::wait_for) of FINALIZED does. A task with a response may be confirmed
    /// after its expiry time, too, so that only the timeout ends a wait for that.
    ///
    /// Round trips: one to look at the task, and three for the response.
    ///
    /// # Errors
    ///
    /// As of [`wait_for`](Self::wait_for).
    pub fn wait_finalized(&self) -> Wait<Response> {
        let wanted = TaskStatus::Finalized;
        Wait::new(&self.client, self.address, wanted, |client, task, _| {
            Box::pin(async move { client.confirmed_on_chain(task).await })
        })
    }
}

impl Client {
    /// The confirmed response, or else the first one, of a task that has some; `None` if the node says
    /// that it has none.
    async fn first_response(
        &self,
        task: TaskAddress,
        change: &Change,
    ) -> Result<Option<Response>, Error> {
        let is_final = change.state.status == TaskStatus::Finalized;
        if let Some(first) = change.responses.first() {
            let first = into_response(self.response(*first).snapshot().await?);
            if first.confirmed || !is_final {
                return Ok(Some(first));
            }
        }
        if is_final {
            return self.confirmed_on_chain(task).await;
        }
        let responses = self.task(task).responses(..).await?;
        Ok(earliest(responses))
    }
}

fn earliest(responses: Vec<Response>) -> Option<Response> {
    responses
        .into_iter()
        .min_by_key(|response| (!response.confirmed, response.timestamp))
}
