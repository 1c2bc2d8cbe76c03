//! A response: what a provider answered to a task.

use ogpu_types::ResponseAddress;

use super::handle;

handle! {
    /// A response: what a provider answered to a task.
    Response: ResponseAddress
}
