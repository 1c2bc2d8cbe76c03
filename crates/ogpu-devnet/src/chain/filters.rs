//! Installed filters: `eth_newFilter` and its siblings.

use std::collections::HashMap;

use alloy_primitives::U64;
use alloy_rpc_types_eth::{Filter, FilterChanges};
use tokio::sync::mpsc::error::TryRecvError;

use super::ledger::{Event, Events, hash};

/// What a filter collects.
#[derive(Debug)]
pub(crate) enum Kind {
    Logs(Box<Filter>),
    Blocks,
    PendingTransactions,
}

#[derive(Debug)]
struct Installed {
    kind: Kind,
    events: Events,
}

/// The installed filters by id. One that nobody asks for is dropped with its overflowing backlog.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    installed: HashMap<U64, Installed>,
    last: U64,
}

impl Filters {
    pub(crate) fn install(&mut self, kind: Kind, events: Events) -> U64 {
        self.last += U64::from(1);
        self.installed.insert(self.last, Installed { kind, events });
        self.last
    }

    pub(crate) fn uninstall(&mut self, id: U64) -> bool {
        self.installed.remove(&id).is_some()
    }

    /// What a log filter asks for; none if there is no log filter of that id.
    pub(crate) fn criteria(&self, id: U64) -> Option<&Filter> {
        match &self.installed.get(&id)?.kind {
            Kind::Logs(filter) => Some(filter),
            Kind::Blocks | Kind::PendingTransactions => None,
        }
    }

    /// What happened since the last time; none if there is no filter of that id.
    pub(crate) fn changes(&mut self, id: U64) -> Option<FilterChanges> {
        let Installed { kind, events } = self.installed.get_mut(&id)?;
        let mut news = Vec::with_capacity(events.len());
        loop {
            match events.try_recv() {
                Ok(event) => news.push(event),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    self.uninstall(id);
                    return None;
                }
            }
        }
        Some(match kind {
            Kind::Logs(filter) => {
                FilterChanges::Logs(news.iter().flat_map(|event| event.logs(filter)).collect())
            }
            Kind::Blocks => FilterChanges::Hashes(
                news.iter()
                    .filter_map(|event| match event {
                        Event::Added(block) => Some(block.hash()),
                        Event::Removed(_) | Event::Pending(_) => None,
                    })
                    .collect(),
            ),
            Kind::PendingTransactions => FilterChanges::Hashes(
                news.iter()
                    .filter_map(|event| match event {
                        Event::Pending(tx) => Some(hash(tx)),
                        Event::Added(_) | Event::Removed(_) => None,
                    })
                    .collect(),
            ),
        })
    }
}
