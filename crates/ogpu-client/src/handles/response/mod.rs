//! A response: what a provider answered to a task.

mod reads;
mod snapshot;
mod writes;

pub(in crate::handles) use snapshot::plan as plan_of_response;

use ogpu_types::ResponseAddress;

use super::handle;

handle! {
    /// A response: what a provider answered to a task.
    Response: ResponseAddress
}
