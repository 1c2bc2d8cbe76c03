//! All of a task at one block.

use ogpu_contracts::task;
use ogpu_types::{Address, DeliveryMethod, TaskAddress, TaskParams, TaskSnapshot, TaskStatus};

use super::Task;
use crate::{
    Client, Error, Read, ReadError,
    handles::reader::{count, known, somebody},
    read::{Cost, Finish, ReadSet, Target},
};

impl Task {
    /// All that the chain knows of it but its lists, at one block. One round trip.
    ///
    /// # Errors
    ///
    /// [`Error::TaskNotFound`] when there is no task at the address, [`Error::Read`] and
    /// [`Error::Rpc`] when the node cannot answer.
    pub fn snapshot(&self) -> Read<TaskSnapshot> {
        let target = Target::At(self.address.into());
        Read::new(&self.client, "task.snapshot", target, plan)
    }
}

impl Client {
    /// Snapshots of many tasks, all at one block, in their order: a result for each. One round trip
    /// for about 1,000.
    ///
    /// # Errors
    ///
    /// [`Error::Rpc`] when the node cannot answer at all. What is wrong with one of the tasks is its
    /// own result's error, as of [`Task::snapshot`].
    pub fn task_snapshots(&self, tasks: &[TaskAddress]) -> Read<Vec<Result<TaskSnapshot, Error>>> {
        let addresses = tasks.iter().map(|task| task.address()).collect();
        Read::each(self, "task_snapshots", addresses, plan)
    }
}

fn plan(set: &mut ReadSet, address: Address) -> Finish<TaskSnapshot> {
    let block = set.block();
    let status = set.add(address, task::GetStatusCall);
    let params = set.add_costing(address, task::TaskParamsCall, Cost::STRUCT);
    let delivery_method = set.add(address, task::GetDeliveryMethodCall);
    let attempt_count = set.add(address, task::GetAttemptCountCall);
    let winning_provider = set.add(address, task::WinningProviderCall);
    Box::new(move |answers| {
        let absent = |error: ReadError| {
            error.or_absent(Error::TaskNotFound {
                address: address.into(),
            })
        };
        let attempt_count = answers.take(attempt_count).map_err(absent)?;
        let params = TaskParams::from(answers.take(params).map_err(absent)?);
        let status = answers.take(status).map_err(absent)?;
        let delivery_method = answers.take(delivery_method).map_err(absent)?;
        let winning_provider = answers.take(winning_provider).map_err(absent)?;
        Ok(TaskSnapshot {
            address: address.into(),
            source: params.source,
            status: known::<task::GetStatusCall, TaskStatus>(address, status.0)?,
            payment: params.payment,
            expiry_time: params.expiry_time,
            params,
            delivery_method: known::<task::GetDeliveryMethodCall, DeliveryMethod>(
                address,
                delivery_method.0,
            )?,
            attempt_count: count(attempt_count.0),
            winning_provider: somebody(winning_provider.0),
            block: answers.block(&block),
        })
    })
}
