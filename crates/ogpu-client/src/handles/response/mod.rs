//! A response: what a provider answered to a task.

mod writes;

use ogpu_types::ResponseAddress;

use super::handle;

handle! {
    /// A response: what a provider answered to a task.
    Response: ResponseAddress
}
