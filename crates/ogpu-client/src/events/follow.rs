//! Follows the chain from a block that somebody has looked at.

use std::{cmp::Ordering, sync::Arc};

use ogpu_types::{BlockRef, LoggedEvent};
use tokio::sync::watch;

use super::{
    block::{Block, Mark},
    error::EventError,
    hub::{Hub, Seen},
    window::Window,
};
use crate::Client;

/// Follows the chain from a block of which somebody knows the state.
///
/// It asks for nothing by itself: all of a client's followers and watchers share one look at the
/// chain.
#[derive(Debug)]
pub(crate) struct Follower {
    hub: Arc<Hub>,
    seen: watch::Receiver<Seen>,
    /// How many corrections of the window were heard of.
    corrections: usize,
    /// The block up to which everything is known.
    at: Option<Mark>,
    /// The block from which on is to be told again what was told or known: logs of it came late.
    again: Option<u64>,
}

/// What there is to know behind a block.
#[derive(Debug)]
pub(crate) enum News {
    /// What happened in a block: the next one, or one before it of which not everything was told.
    Block(FollowedBlock),
    /// The block is the chain's no longer, or too old: what was known of it is worth nothing.
    Lost,
}

/// A block as far as its events go.
#[derive(Debug)]
pub(crate) struct FollowedBlock {
    /// In unix seconds.
    pub(crate) timestamp: u64,
    pub(crate) events: Vec<Arc<LoggedEvent>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Again(Arc<Block>),
    Next(Arc<Block>),
    Lost,
    Wait,
}

impl Follower {
    pub(crate) fn new(client: &Client) -> Self {
        let hub = Arc::clone(client.event_hub());
        Self {
            seen: hub.watch(),
            hub,
            corrections: 0,
            at: None,
            again: None,
        }
    }

    /// Waits until the newest blocks are known: nothing is missed of what is looked at afterwards.
    pub(crate) async fn ready(&mut self) -> Result<(), EventError> {
        let window = self.window().await?;
        self.corrections = window.corrections();
        Ok(())
    }

    /// Goes on behind this block, which was looked at after the follower was [`ready`](Self::ready).
    /// Gives its time, in unix seconds; `None` if it is not known yet: then it comes as news itself.
    pub(crate) fn follow(&mut self, block: BlockRef) -> Option<u64> {
        let at = Mark {
            number: block.number,
            hash: block.hash,
        };
        let time = match &*self.seen.borrow() {
            Seen::Window(window) => window
                .get(at.number)
                .filter(|known| known.mark == at)
                .map(|known| known.timestamp),
            _ => None,
        };
        self.at = Some(at);
        self.again = time.is_none().then_some(at.number);
        time
    }

    /// What comes behind the block that is followed; before there is one, nothing ever.
    pub(crate) async fn next(&mut self) -> Result<News, EventError> {
        loop {
            let window = self.window().await?;
            if let Some(lowest) = window.corrected_since(self.corrections) {
                self.again = Some(self.again.map_or(lowest, |again| again.min(lowest)));
            }
            self.corrections = window.corrections();
            let step = self
                .at
                .map_or(Step::Wait, |at| step(&window, at, self.again));
            match step {
                Step::Again(block) => {
                    self.again = Some(block.mark.number + 1);
                    return Ok(News::Block(block.as_ref().into()));
                }
                Step::Next(block) => {
                    self.at = Some(block.mark);
                    return Ok(News::Block(block.as_ref().into()));
                }
                Step::Lost => return Ok(News::Lost),
                Step::Wait => self.changed().await,
            }
        }
    }

    /// Waits until something else is seen.
    async fn changed(&mut self) {
        self.hub.changed(&mut self.seen).await;
    }

    async fn window(&mut self) -> Result<Arc<Window>, EventError> {
        loop {
            match &*self.seen.borrow_and_update() {
                Seen::Window(window) => return Ok(Arc::clone(window)),
                Seen::Failed(error) => return Err(error.clone()),
                Seen::Nothing => {}
            }
            self.changed().await;
        }
    }
}

impl From<&Block> for FollowedBlock {
    fn from(block: &Block) -> Self {
        Self {
            timestamp: block.timestamp,
            events: block.events.clone(),
        }
    }
}

fn step(window: &Window, at: Mark, again: Option<u64>) -> Step {
    match at.number.cmp(&window.tip().number) {
        // Somebody was quicker than this client's look at the chain.
        Ordering::Greater => return Step::Wait,
        _ if window.has(at) != Some(true) => return Step::Lost,
        Ordering::Less | Ordering::Equal => {}
    }
    let again = again
        .map(|number| number.max(window.first()))
        .filter(|number| *number <= at.number);
    if let Some(block) = again.and_then(|number| window.get(number)) {
        return Step::Again(Arc::clone(block));
    }
    window
        .get(at.number + 1)
        .map_or(Step::Wait, |block| Step::Next(Arc::clone(block)))
}

#[cfg(test)]
mod tests {
    use ogpu_types::Hash32;

    use super::*;

    fn mark(number: u64, branch: u8) -> Mark {
        let mut hash = [branch; 32];
        hash[..8].copy_from_slice(&number.to_be_bytes());
        Mark {
            number,
            hash: Hash32::new(hash),
        }
    }

    fn block(number: u64, branch: u8) -> Block {
        Block {
            mark: mark(number, branch),
            parent: mark(number - 1, branch).hash,
            timestamp: number * 10,
            events: Vec::new(),
        }
    }

    /// Blocks 10 to 14.
    fn window() -> Window {
        Window::new((10..15).map(|number| block(number, 0)).collect()).unwrap()
    }

    #[track_caller]
    fn next(at: Mark, again: Option<u64>) -> (&'static str, u64) {
        match step(&window(), at, again) {
            Step::Again(block) => ("again", block.mark.number),
            Step::Next(block) => ("next", block.mark.number),
            Step::Lost => ("lost", 0),
            Step::Wait => ("wait", 0),
        }
    }

    #[test]
    fn blocks_come_one_after_the_other_up_to_the_newest() {
        assert_eq!(next(mark(10, 0), None), ("next", 11));
        assert_eq!(next(mark(13, 0), None), ("next", 14));
        assert_eq!(next(mark(14, 0), None), ("wait", 0));
    }

    #[test]
    fn a_block_that_only_others_have_seen_is_waited_for() {
        assert_eq!(next(mark(15, 0), None), ("wait", 0));
        assert_eq!(next(mark(15, 1), None), ("wait", 0));
    }

    #[test]
    fn a_block_that_was_replaced_or_is_too_old_is_lost() {
        assert_eq!(next(mark(12, 1), None), ("lost", 0));
        assert_eq!(next(mark(14, 1), None), ("lost", 0));
        assert_eq!(next(mark(9, 0), None), ("lost", 0));
    }

    #[test]
    fn what_was_corrected_comes_again_and_then_what_is_new() {
        assert_eq!(next(mark(13, 0), Some(12)), ("again", 12));
        assert_eq!(next(mark(13, 0), Some(13)), ("again", 13));
        assert_eq!(next(mark(13, 0), Some(14)), ("next", 14));
        assert_eq!(next(mark(11, 0), Some(3)), ("again", 10));
    }
}
