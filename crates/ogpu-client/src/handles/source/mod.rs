//! A source: an AI service that a client published.

mod lists;
mod reads;
mod snapshot;

use ogpu_types::SourceAddress;

use super::handle;

handle! {
    /// A source: an AI service that a client published.
    Source: SourceAddress
}
