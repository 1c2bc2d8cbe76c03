//! The newest blocks of the chain, as they were last seen: what all watchers of a client share.

use std::sync::Arc;

use super::block::{Block, Mark};

/// How many blocks a reorganisation may replace: deeper ones end a stream with an error.
pub(super) const DEPTH: u64 = 64;
/// How many of the newest blocks are read again with each new one: nodes have been seen to answer
/// for a block before they have all its logs.
pub(super) const AGAIN: u64 = 3;
/// How many blocks are kept at most.
const LONGEST: usize = 256;
/// With more events than this, no more blocks are kept than a reorganisation may replace.
const MOST_EVENTS: usize = 10_000;

/// Blocks of one branch, each the parent of the next; never empty.
#[derive(Clone, Debug)]
pub(super) struct Window {
    blocks: Vec<Arc<Block>>,
    /// Blocks in which logs were, or may be, found that had been missing, in the order of finding, and
    /// how many older findings are forgotten, and the lowest block of those.
    corrections: Vec<u64>,
    forgotten: usize,
    lowest_forgotten: u64,
}

/// The blocks do not follow on those of the window: earlier ones are needed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Detached;

impl Window {
    /// A window of these blocks, each the parent of the next; `None` without any.
    pub(super) fn new(blocks: Vec<Block>) -> Option<Self> {
        let window = Self {
            blocks: blocks.into_iter().map(Arc::new).collect(),
            corrections: Vec::new(),
            forgotten: 0,
            lowest_forgotten: u64::MAX,
        };
        (!window.blocks.is_empty()).then(|| window.pruned())
    }

    /// The oldest block that a window with this head begins with.
    pub(super) fn oldest(head: u64) -> u64 {
        head.saturating_sub(DEPTH - 1)
    }

    /// From which block on to read when the head has this number; `None` if that is too far away.
    pub(super) fn continued_from(&self, head: u64) -> Option<u64> {
        let from = (self.tip().number + 1).min(head).saturating_sub(AGAIN);
        (from >= Self::oldest(head)).then_some(from)
    }

    /// The number of the oldest block.
    pub(super) fn first(&self) -> u64 {
        self.blocks[0].mark.number
    }

    /// The newest block.
    pub(super) fn tip(&self) -> Mark {
        self.blocks[self.blocks.len() - 1].mark
    }

    pub(super) fn get(&self, number: u64) -> Option<&Arc<Block>> {
        let place = number.checked_sub(self.first())?;
        self.blocks.get(usize::try_from(place).ok()?)
    }

    /// Whether a block is the chain's; `None` for one below the window.
    pub(super) fn has(&self, mark: Mark) -> Option<bool> {
        (mark.number >= self.first()).then(|| {
            self.get(mark.number)
                .is_some_and(|block| block.mark == mark)
        })
    }

    /// How many corrections there have been.
    pub(super) fn corrections(&self) -> usize {
        self.forgotten + self.corrections.len()
    }

    /// The lowest block that was corrected after so many corrections.
    pub(super) fn corrected_since(&self, seen: usize) -> Option<u64> {
        let place = seen.saturating_sub(self.forgotten);
        let new = self.corrections.get(place..)?.iter().copied();
        let old = (seen < self.forgotten).then_some(self.lowest_forgotten);
        new.chain(old).min()
    }

    /// The window with the chain's newest blocks; they are the parent of the next each, and the last
    /// is the chain's head. `None` if nothing is new.
    ///
    /// Blocks that start at the window's own first, or before it, may replace all of it.
    pub(super) fn extended(&self, newest: Vec<Block>) -> Result<Option<Self>, Detached> {
        let Some(start) = newest.first() else {
            return Ok(None);
        };
        let first = start.mark.number;
        if first > self.first() {
            let parent = self.get(first - 1).ok_or(Detached)?;
            if parent.mark.hash != start.parent {
                return Err(Detached);
            }
        }
        let mut next = self.clone();
        let below = first.saturating_sub(self.first());
        next.blocks
            .truncate(usize::try_from(below).unwrap_or(usize::MAX));
        let mut is_new = false;
        for block in newest {
            match self.get(block.mark.number) {
                Some(known) if known.mark == block.mark => match known.completed_by(&block) {
                    Some(completed) => {
                        is_new = true;
                        next.corrections.push(block.mark.number);
                        next.blocks.push(Arc::new(completed));
                    }
                    None => next.blocks.push(Arc::clone(known)),
                },
                _ => {
                    is_new = true;
                    next.blocks.push(Arc::new(block));
                }
            }
        }
        is_new |= next.tip() != self.tip();
        // Whether or not blocks that go come back, they may have been seen in part only.
        let goes = |block: &&Arc<Block>| next.has(block.mark) == Some(false);
        if let Some(gone) = self.blocks.iter().find(goes) {
            next.corrections.push(gone.mark.number);
        }
        Ok(is_new.then(|| next.pruned()))
    }

    /// A window of other blocks, which need not follow on these; `None` without any. The last of
    /// these blocks count as corrected: they are not looked at again otherwise.
    pub(super) fn rebuilt(&self, blocks: Vec<Block>) -> Option<Self> {
        let mut window = Self {
            corrections: self.corrections.clone(),
            ..Self::new(blocks)?
        };
        window.forgotten = self.forgotten;
        window.lowest_forgotten = self.lowest_forgotten;
        window
            .corrections
            .push((self.tip().number + 1).saturating_sub(AGAIN));
        Some(window)
    }

    fn pruned(mut self) -> Self {
        let deepest = usize::try_from(DEPTH).unwrap_or(usize::MAX);
        let mut events: usize = self.blocks.iter().map(|block| block.events.len()).sum();
        let mut surplus = 0;
        while self.blocks.len() - surplus > deepest
            && (self.blocks.len() - surplus > LONGEST || events > MOST_EVENTS)
        {
            events -= self.blocks[surplus].events.len();
            surplus += 1;
        }
        self.blocks.drain(..surplus);
        let old = self.corrections.len().saturating_sub(deepest);
        for forgotten in self.corrections.drain(..old) {
            self.lowest_forgotten = self.lowest_forgotten.min(forgotten);
        }
        self.forgotten += old;
        self
    }
}
