//! What goes into `publish_tasks`, and what comes out.

use ogpu_types::{Address, TaskInfo};

use crate::{Error, IdempotencyKey, Outcome, PublishedTask};

/// A task for [`Client::publish_tasks`](crate::Client::publish_tasks), made from a [`TaskInfo`] or
/// from one with its key.
///
/// ```
/// # use ogpu_client::{IdempotencyKey, TaskInfo, TaskToPublish};
/// # fn example(info: TaskInfo, other: TaskInfo) -> Result<(), ogpu_client::IdempotencyKeyError> {
/// let with_a_key_of_its_own = TaskToPublish::from(info);
/// let with_a_key_that_you_know = TaskToPublish::from((other, IdempotencyKey::new("order-7")?));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TaskToPublish {
    pub(super) info: TaskInfo,
    pub(super) key: Option<IdempotencyKey>,
}

impl From<TaskInfo> for TaskToPublish {
    fn from(info: TaskInfo) -> Self {
        Self { info, key: None }
    }
}

impl From<(TaskInfo, IdempotencyKey)> for TaskToPublish {
    fn from((info, key): (TaskInfo, IdempotencyKey)) -> Self {
        let key = Some(key);
        Self { info, key }
    }
}

/// A task that was taken from the input, and of which nothing has happened yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StartedTask {
    /// Its place in the input, from 0.
    pub index: u64,
    /// The key that names it: the input's, or one made for it.
    pub key: IdempotencyKey,
    /// The account that publishes it and pays; `None` when there is no key to sign with, and the
    /// task fails with [`Error::Signer`].
    pub signer: Option<Address>,
}

/// How one of many tasks ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct TaskOutcome {
    /// Which task it is.
    pub task: StartedTask,
    /// What [`Client::publish_task`](crate::Client::publish_task) gives. After an error,
    /// [`Error::outcome`] says whether the task exists.
    pub result: Result<PublishedTask, Error>,
}

/// How many tasks there are in each state. Tasks that are neither succeeded, failed nor unknown are
/// [under way](Self::under_way).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Progress {
    /// Taken from the input.
    pub started: u64,
    /// Published.
    pub succeeded: u64,
    /// Failed for certain: not sent, or mined without success.
    pub failed: u64,
    /// Sent or maybe sent, and not seen mined in time: they may still take effect.
    pub unknown: u64,
}

impl Progress {
    /// Taken from the input and not finished.
    pub fn under_way(&self) -> u64 {
        self.started - self.succeeded - self.unsuccessful()
    }

    /// Finished with an error.
    pub(super) fn unsuccessful(&self) -> u64 {
        self.failed + self.unknown
    }

    pub(super) fn finish(&mut self, result: &Result<PublishedTask, Error>) {
        let count = match result.as_ref().map_err(Error::outcome) {
            Ok(_) => &mut self.succeeded,
            Err(Outcome::Unknown { .. }) => &mut self.unknown,
            Err(_) => &mut self.failed,
        };
        *count += 1;
    }
}
