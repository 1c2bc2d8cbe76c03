//! A task: a job for a source, paid when its response is confirmed.

mod reads;
mod snapshot;

use ogpu_types::TaskAddress;

use super::handle;

handle! {
    /// A task: a job for a source, paid when its response is confirmed.
    Task: TaskAddress
}
