//! A master: an account that owns a provider.

mod reads;
mod snapshot;
mod writes;

use ogpu_types::Address;

use super::handle;

handle! {
    /// A master: an account that owns a provider.
    Master: Address
}
