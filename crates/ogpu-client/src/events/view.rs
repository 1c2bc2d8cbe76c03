//! What one watcher was told of the chain, and what it has to be told next.

use std::{collections::VecDeque, sync::Arc};

use ogpu_types::{Hash32, LoggedEvent};

use super::{
    block::Mark,
    cursor::{Cursor, Entry, Origin},
    window::DEPTH,
};

/// How many blocks lie between two that are remembered though nothing was told of them.
const CHECK_EVERY: u64 = 16;

/// Something to tell: an event that was added, or removed, and the place behind it.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) is_added: bool,
    pub(super) event: Arc<LoggedEvent>,
    pub(super) cursor: Cursor,
}

/// More blocks were replaced than are remembered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooDeep {
    /// The newest block of which is known that it was replaced, and not what was told of it.
    pub(super) block: u64,
}

/// A watcher's place on the chain.
///
/// **Invariant:** of every block below `next` all events were told, of others those in `entries`.
#[derive(Debug)]
pub(super) struct View {
    origin: Arc<Origin>,
    /// The first block that is watched.
    from: u64,
    next: u64,
    /// The hash of the block before `next`, if it is known.
    parent: Option<Hash32>,
    /// Blocks with what was told of them, oldest first.
    entries: VecDeque<Entry>,
    /// The newest block that is too old for `entries`.
    anchor: Option<Mark>,
    /// What is to be told.
    items: VecDeque<Item>,
}

impl View {
    /// Nothing was told yet; watching begins with this block.
    pub(super) fn new(origin: Arc<Origin>, from: u64) -> Self {
        Self {
            origin,
            from,
            next: from,
            parent: None,
            entries: VecDeque::new(),
            anchor: None,
            items: VecDeque::new(),
        }
    }

    /// The place at which a cursor was taken.
    pub(super) fn resumed(cursor: &Cursor) -> Self {
        Self {
            origin: Arc::clone(&cursor.origin),
            from: cursor.from,
            next: cursor.next,
            parent: cursor.parent,
            entries: cursor.entries.iter().cloned().collect(),
            anchor: cursor.anchor,
            items: VecDeque::new(),
        }
    }

    /// The first block of which not everything was told.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    pub(super) fn next_item(&mut self) -> Option<Item> {
        self.items.pop_front()
    }

    /// The block before [`next`](Self::next), if it is known which one it was.
    pub(super) fn scanned(&self) -> Option<Mark> {
        Some(Mark {
            number: self.next.checked_sub(1)?,
            hash: self.parent?,
        })
    }

    /// Whether a block with this parent follows on what was told.
    pub(super) fn is_followed_by(&self, parent: Hash32) -> bool {
        self.parent.is_none_or(|known| known == parent)
    }

    /// Whether the next block alone does not show that what was told is still the chain's.
    pub(super) fn is_unlinked(&self) -> bool {
        let newest = self.entries.back().map(|entry| entry.mark.number);
        self.parent.is_none() || newest.is_some_and(|newest| newest >= self.next)
    }

    /// All blocks that are remembered.
    pub(super) fn marks(&self) -> Vec<Mark> {
        let entries = self.entries.iter().map(|entry| entry.mark);
        self.anchor
            .into_iter()
            .chain(entries)
            .chain(self.scanned())
            .collect()
    }

    /// Goes back to before the blocks that are the chain's no longer, and takes back what was told of
    /// them, last first.
    pub(super) fn go_back(&mut self, is_canonical: impl Fn(Mark) -> bool) -> Result<(), TooDeep> {
        while let Some(entry) = self.entries.back_mut()
            && !is_canonical(entry.mark)
        {
            self.next = entry.mark.number;
            self.parent = None;
            let Some(event) = entry.take_back() else {
                self.entries.pop_back();
                continue;
            };
            self.tell(false, event);
        }
        let newest = self.entries.back().map(|entry| entry.mark).or(self.anchor);
        match newest {
            Some(mark) if !is_canonical(mark) => return Err(TooDeep { block: mark.number }),
            Some(mark) if mark.number < self.next => {
                self.next = mark.number + 1;
                self.parent = Some(mark.hash);
            }
            // Part of that block was told.
            Some(_) => self.parent = None,
            None => {
                self.next = self.next.min(self.from);
                self.parent = None;
            }
        }
        Ok(())
    }

    /// Has the blocks from this one on looked at once more, for logs that were missing when they were
    /// first looked at; what was told of them is not told again.
    pub(super) fn look_again(&mut self, lowest: u64) {
        if lowest >= self.next {
            return;
        }
        let entries = self.entries.iter().rev().map(|entry| entry.mark);
        let before = entries.chain(self.anchor).find(|mark| mark.number < lowest);
        let oldest = self.anchor.map_or(self.from, |anchor| anchor.number + 1);
        (self.next, self.parent) = match before {
            Some(mark) => (mark.number + 1, Some(mark.hash)),
            None => (oldest.min(self.next), None),
        };
    }

    /// Tells the events of a block that were not told before, and goes behind it. The blocks between
    /// have none.
    ///
    /// What was told of later events is taken back first, so that the order stays that of the chain.
    pub(super) fn deliver(&mut self, mark: Mark, events: &[Arc<LoggedEvent>]) {
        if self.next != mark.number {
            self.next = mark.number;
            self.parent = None;
        }
        let place = self
            .entries
            .partition_point(|entry| entry.mark.number < mark.number);
        let is_known = self
            .entries
            .get(place)
            .is_some_and(|entry| entry.mark == mark);
        let missing = |told: &[Arc<LoggedEvent>]| -> Vec<_> {
            let is_new = |event: &&Arc<LoggedEvent>| {
                told.iter()
                    .all(|told| told.log.log_index != event.log.log_index)
            };
            events.iter().filter(is_new).cloned().collect()
        };
        let new = missing(if is_known {
            self.entries[place].told()
        } else {
            &[]
        });
        if let Some(first) = new.first() {
            self.take_back_after(mark.number, first.log.log_index);
            if !is_known {
                self.entries.push_back(Entry::new(mark));
            }
            let new = missing(self.entries[place].told());
            let count = new.len();
            self.entries[place].expect_more(new);
            for left in (0..count).rev() {
                let event = self.entries[place].tell_next();
                if left == 0 {
                    self.pass(mark);
                }
                self.tell(true, event);
            }
        }
        self.pass(mark);
    }

    /// Takes back what was told of later blocks, and of this one behind this place.
    fn take_back_after(&mut self, number: u64, log_index: u64) {
        while let Some(entry) = self.entries.back_mut() {
            if entry.mark.number < number {
                return;
            }
            let is_later = entry.mark.number > number;
            let last = entry.told().last();
            if last.is_some_and(|last| is_later || last.log.log_index > log_index) {
                if let Some(event) = entry.take_back() {
                    self.tell(false, event);
                }
            } else if is_later {
                self.entries.pop_back();
            } else {
                return;
            }
        }
    }

    /// Goes behind a block of which nothing is left to tell, nor of those before it.
    pub(super) fn pass(&mut self, mark: Mark) {
        self.next = mark.number + 1;
        self.parent = Some(mark.hash);
        let newest = self.entries.back().map(|entry| entry.mark).or(self.anchor);
        if newest.is_none_or(|newest| newest.number + CHECK_EVERY <= mark.number) {
            self.entries.push_back(Entry::new(mark));
        }
        while let Some(oldest) = self.entries.front()
            && oldest.mark.number + DEPTH < self.next
        {
            self.anchor = Some(oldest.mark);
            self.entries.pop_front();
        }
    }

    /// The place behind everything that was told and is to be told.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor::new(
            &self.origin,
            self.from,
            self.next,
            self.parent,
            self.anchor,
            self.entries.iter(),
        )
    }

    fn tell(&mut self, is_added: bool, event: Arc<LoggedEvent>) {
        let cursor = self.cursor();
        self.items.push_back(Item {
            is_added,
            event,
            cursor,
        });
    }
}
