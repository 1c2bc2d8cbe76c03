//! A provider: an account that runs sources and answers tasks.

mod reads;
mod snapshot;
mod writes;

use ogpu_types::Address;

use super::handle;

handle! {
    /// A provider: an account that runs sources and answers tasks.
    Provider: Address
}
