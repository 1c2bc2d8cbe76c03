//! An event together with where it was logged.

use serde::{Deserialize, Serialize};

use super::{EventContract, ProtocolEvent};
use crate::Log;

/// A log of one of the protocol's contracts, decoded if this version knows the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LoggedEvent {
    /// The contract that logged it.
    pub contract: EventContract,
    /// The event; `None` if it cannot be decoded, so that the log's topics and data tell all there is.
    pub event: Option<ProtocolEvent>,
    /// The log: the block, the transaction, its place there, topics and data.
    pub log: Log,
    /// When its block was made, in unix seconds; `None` unless it was asked for.
    #[serde(default)]
    pub timestamp: Option<u64>,
}

impl LoggedEvent {
    /// A log with what it says, without a time.
    #[must_use]
    pub const fn new(contract: EventContract, event: Option<ProtocolEvent>, log: Log) -> Self {
        Self {
            contract,
            event,
            log,
            timestamp: None,
        }
    }

    /// The event's name, such as `TaskPublished`, if it could be decoded.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        self.event.as_ref().map(ProtocolEvent::name)
    }
}
