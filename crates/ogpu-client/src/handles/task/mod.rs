//! A task: a job for a source, paid when its response is confirmed.

mod lists;
mod metadata;
mod reads;
mod snapshot;
mod waits;
mod writes;

pub use lists::Attempt;
pub(crate) use lists::into_response;

use ogpu_types::TaskAddress;

use super::handle;

handle! {
    /// A task: a job for a source, paid when its response is confirmed.
    Task: TaskAddress
}
