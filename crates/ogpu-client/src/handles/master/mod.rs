//! A master: an account that owns a provider.

use ogpu_types::Address;

use super::handle;

handle! {
    /// A master: an account that owns a provider.
    Master: Address
}
