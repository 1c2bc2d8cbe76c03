//! A block as far as events go.

use std::sync::Arc;

use ogpu_types::{Hash32, LoggedEvent};

/// One block of one branch of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) number: u64,
    pub(super) hash: Hash32,
}

/// A block with the events in it, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) mark: Mark,
    pub(super) parent: Hash32,
    pub(super) timestamp: u64,
    pub(super) events: Vec<Arc<LoggedEvent>>,
}

impl Block {
    /// Both sightings of one block: a node may have missed a log at first, or miss it now.
    /// `None` if the later one shows nothing new.
    pub(super) fn completed_by(&self, later: &Self) -> Option<Self> {
        let is_new = |event: &&Arc<LoggedEvent>| {
            self.events
                .iter()
                .all(|known| known.log.log_index != event.log.log_index)
        };
        let new: Vec<_> = later.events.iter().filter(is_new).cloned().collect();
        if new.is_empty() {
            return None;
        }
        let mut events = self.events.clone();
        events.extend(new);
        events.sort_by_key(|event| event.log.log_index);
        Some(Self {
            events,
            ..self.clone()
        })
    }
}
