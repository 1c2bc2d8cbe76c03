//! A source: an AI service that a client published.

mod lists;
mod metadata;
mod reads;
mod snapshot;
mod writes;

use ogpu_types::SourceAddress;

use super::handle;

handle! {
    /// A source: an AI service that a client published.
    Source: SourceAddress
}
