//! The calls of the network's own SDK, under their names: one file for each that does more than to
//! ask a handle.

mod confirm_response;
mod confirmed_response;
mod delegated;
mod ipfs;
mod nonces;
mod publish_source;
mod publish_task;
mod publish_tasks;
mod resume;
mod status;
mod task_responses;
mod update_source;

pub use nonces::NonceFix;
pub use publish_source::PublishedSource;
pub use publish_task::PublishedTask;
pub use publish_tasks::{Progress, PublishTasks, StartedTask, TaskOutcome, TaskToPublish};
pub use resume::Resumed;
