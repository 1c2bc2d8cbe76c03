//! A response: what a provider answered to a task.

mod reads;
mod snapshot;

use ogpu_types::ResponseAddress;

use super::handle;

handle! {
    /// A response: what a provider answered to a task.
    Response: ResponseAddress
}
