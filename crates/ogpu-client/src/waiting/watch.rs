//! A task, watched: one look at it, and the events of all blocks behind.

use ogpu_types::{ResponseAddress, TaskAddress, TaskSnapshot, TaskStatus};
use tokio::time::sleep;

use super::state::TaskState;
use crate::{
    Client, Error, EventError, ReadCause,
    events::{FollowedBlock, Follower, News, pause},
};

/// A task, watched: one look at it, and the events of all blocks behind. Another look is taken only
/// when the block of the last one is the chain's no longer.
#[derive(Debug)]
pub(crate) struct TaskWatch {
    client: Client,
    task: TaskAddress,
    follower: Follower,
    /// Whether it may be that the chain does not have the task yet, or not again.
    may_be_absent: bool,
    state: Option<TaskState>,
    is_looking: bool,
    /// Looks in a row that no block followed.
    looks: u32,
}

/// What became of a task.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) state: TaskState,
    /// Whether it was looked at. If not, a block tells this.
    pub(crate) is_look: bool,
    /// Those that the block says were submitted, in their order; empty after a look.
    pub(crate) responses: Vec<ResponseAddress>,
}

/// Why a task cannot be watched.
#[derive(Debug)]
pub(crate) enum WatchError {
    Call(Box<Error>),
    Events(EventError),
}

impl TaskWatch {
    /// Watches from the first [`next`](Self::next) on.
    pub(crate) fn new(client: &Client, task: TaskAddress) -> Self {
        Self {
            client: client.clone(),
            task,
            follower: Follower::new(client),
            may_be_absent: false,
            state: None,
            is_looking: true,
            looks: 0,
        }
    }

    /// Watches a task that this client has published: a node that does not know of it lags.
    pub(crate) fn of_published(client: &Client, task: TaskAddress) -> Self {
        Self {
            may_be_absent: true,
            ..Self::new(client, task)
        }
    }

    /// Where the task was seen last.
    pub(crate) fn status(&self) -> Option<TaskStatus> {
        self.state.map(|state| state.status)
    }

    /// What became of the task: as it stands first, then each block that changed it or ended its
    /// time. It may be dropped and called again.
    pub(crate) async fn next(&mut self) -> Result<Change, WatchError> {
        loop {
            if self.is_looking {
                return self.look().await;
            }
            match self.follower.next().await.map_err(WatchError::Events)? {
                News::Lost => self.look_again(),
                News::Block(block) => {
                    self.looks = 0;
                    if let Some(change) = self.learn(&block) {
                        return Ok(change);
                    }
                }
            }
        }
    }

    /// Has the task looked at again: what was read elsewhere contradicts what is known of it.
    pub(crate) fn look_again(&mut self) {
        self.is_looking = true;
    }

    fn learn(&mut self, block: &FollowedBlock) -> Option<Change> {
        let state = self.state.as_mut()?;
        let before = *state;
        let events = block
            .events
            .iter()
            .filter_map(|logged| logged.event.as_ref());
        let responses = state.learn(self.task, block.timestamp, events);
        let is_change = state.status != before.status
            || state.is_closed() != before.is_closed()
            || !responses.is_empty();
        is_change.then_some(Change {
            state: *state,
            is_look: false,
            responses,
        })
    }

    async fn look(&mut self) -> Result<Change, WatchError> {
        loop {
            if self.looks > 0 {
                sleep(pause(self.looks)).await;
            }
            self.looks += 1;
            self.follower.ready().await.map_err(WatchError::Events)?;
            match self.read().await {
                Ok(snapshot) => {
                    // A block whose time is not known yet tells it itself.
                    let time = self.follower.follow(snapshot.block).unwrap_or(0);
                    let state = TaskState::new(&snapshot, time);
                    self.state = Some(state);
                    self.may_be_absent = true;
                    self.is_looking = false;
                    return Ok(Change {
                        state,
                        is_look: true,
                        responses: Vec::new(),
                    });
                }
                Err(error) if passes(&error) || (self.may_be_absent && error.is_not_found()) => {
                    tracing::debug!(task = %self.task, %error, "cannot look at the task now");
                }
                Err(error) => return Err(WatchError::Call(Box::new(error))),
            }
        }
    }

    async fn read(&self) -> Result<TaskSnapshot, Error> {
        self.client.check_chain().await?;
        self.client.task(self.task).snapshot().await
    }
}

/// Whether the same read may succeed a little later.
pub(crate) fn passes(error: &Error) -> bool {
    match error {
        Error::Rpc { source } => source.is_transient(),
        Error::Read { source } => match &source.cause {
            ReadCause::Rpc(source) => source.is_transient(),
            _ => false,
        },
        Error::BlockNotFound { .. } | Error::BlockReplaced { .. } => true,
        _ => false,
    }
}
