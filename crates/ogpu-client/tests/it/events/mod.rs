//! Events, as they happen and of the past: once each, in order, whatever happens to nodes and chain.

mod faults;
mod history;
mod live;
mod sharing;

use futures::StreamExt;
use ogpu_client::{Cursor, EventStream, EventUpdate, LoggedEvent};

/// Somebody who keeps what was added, and lets go of what was removed.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) events: Vec<LoggedEvent>,
    pub(crate) removed: usize,
    pub(crate) cursor: Option<Cursor>,
}

impl Ledger {
    pub(crate) fn take(&mut self, update: EventUpdate) {
        match update {
            EventUpdate::Added { event, cursor } => {
                self.events.push(event);
                self.cursor = Some(cursor);
            }
            EventUpdate::Removed { event, cursor } => {
                assert_eq!(self.events.pop(), Some(event), "the last is removed first");
                self.removed += 1;
                self.cursor = Some(cursor);
            }
        }
    }

    /// Takes items until it has what is expected.
    pub(crate) async fn until(&mut self, stream: &mut EventStream, expected: &[LoggedEvent]) {
        let taking = async {
            while self.events != expected {
                self.take(stream.next().await.unwrap().unwrap());
            }
        };
        let time = std::time::Duration::from_secs(60);
        if tokio::time::timeout(time, taking).await.is_err() {
            let (has, wants) = (self.events.len(), expected.len());
            let same = self
                .events
                .iter()
                .zip(expected)
                .take_while(|(a, b)| a == b)
                .count();
            panic!("{has} events came instead of {wants}, of which {same} are the first ones");
        }
    }
}

/// All events of a stream that ends.
pub(crate) async fn all(stream: EventStream) -> Vec<LoggedEvent> {
    let updates: Vec<_> = stream.collect().await;
    let added = |update: Result<EventUpdate, _>| match update {
        Ok(EventUpdate::Added { event, .. }) => event,
        other => panic!("{other:?} is no event that was added"),
    };
    updates.into_iter().map(added).collect()
}
