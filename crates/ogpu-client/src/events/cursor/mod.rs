//! A place in a stream of events, to go on from.

mod text;

use std::{fmt, str::FromStr, sync::Arc};

use ogpu_contracts::protocol_event::Emitters;
use ogpu_types::{ChainId, Hash32, LoggedEvent};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::block::Mark;

pub use text::CursorError;

/// How far back a cursor remembers what was told, in blocks: a reorganisation while nobody watches
/// may replace so many.
const REMEMBERED: u64 = 16;

/// A place in a stream of events: behind one of its items.
///
/// It holds what is needed to go on after a restart without losing or repeating an event, also when
/// blocks were replaced meanwhile: hashes of the last 16 blocks, and the events in them that were
/// handed out, so that they can be taken back. Usually this is a few hundred bytes; of a busy
/// stream, older blocks are left out beyond 64 KiB, so that fewer may be replaced.
///
/// Text and JSON are one string of hexadecimal digits, with a check sum. Save it together with what
/// the items led to, and give it to [`EventsBuilder::resume`](super::EventsBuilder::resume) on a builder with
/// the same filters.
#[derive(Clone)]
pub struct Cursor {
    pub(super) origin: Arc<Origin>,
    pub(super) from: u64,
    pub(super) next: u64,
    pub(super) parent: Option<Hash32>,
    pub(super) anchor: Option<Mark>,
    pub(super) entries: Vec<Entry>,
}

/// Which network a cursor belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) chain: ChainId,
    pub(super) emitters: Emitters,
}

/// A block, and which of its events were told.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) mark: Mark,
    events: Arc<[Arc<LoggedEvent>]>,
    told: usize,
}

impl Entry {
    pub(super) fn new(mark: Mark) -> Self {
        Self {
            mark,
            events: Arc::default(),
            told: 0,
        }
    }

    /// What was told, in that order.
    pub(super) fn told(&self) -> &[Arc<LoggedEvent>] {
        &self.events[..self.told]
    }

    /// Has these events follow those that were told.
    pub(super) fn expect_more(&mut self, events: Vec<Arc<LoggedEvent>>) {
        let told = self.told().iter().cloned();
        self.events = told.chain(events).collect();
    }

    /// The next event that is expected, which counts as told then.
    pub(super) fn tell_next(&mut self) -> Arc<LoggedEvent> {
        self.told += 1;
        Arc::clone(&self.events[self.told - 1])
    }

    /// The last event that was told, which counts as not told then.
    pub(super) fn take_back(&mut self) -> Option<Arc<LoggedEvent>> {
        self.told = self.told.checked_sub(1)?;
        self.events.get(self.told).cloned()
    }
}

impl Cursor {
    pub(super) fn new<'a>(
        origin: &Arc<Origin>,
        from: u64,
        next: u64,
        parent: Option<Hash32>,
        anchor: Option<Mark>,
        entries: impl Iterator<Item = &'a Entry> + Clone,
    ) -> Self {
        let is_recent = |entry: &&Entry| entry.mark.number + REMEMBERED >= next;
        let newest_old = entries.clone().take_while(|entry| !is_recent(entry)).last();
        Self {
            origin: Arc::clone(origin),
            from,
            next,
            parent,
            anchor: newest_old.map(|entry| entry.mark).or(anchor),
            entries: entries.filter(is_recent).cloned().collect(),
        }
    }

    /// The newest block that was seen, if any was.
    pub(super) fn newest_block(&self) -> Option<u64> {
        let scanned = self.parent.and(self.next.checked_sub(1));
        scanned.max(self.entries.last().map(|entry| entry.mark.number))
    }

    /// The first block of which not all events were handed out.
    pub fn next_block(&self) -> u64 {
        self.next
    }
}

impl PartialEq for Cursor {
    fn eq(&self, other: &Self) -> bool {
        text::encode(self) == text::encode(other)
    }
}

impl Eq for Cursor {}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor")
            .field("chain", &self.origin.chain)
            .field("next_block", &self.next)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(text::encode(self)))
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let bytes = hex::decode(text.trim()).map_err(|_| CursorError::NotHex)?;
        text::decode(&bytes)
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}
