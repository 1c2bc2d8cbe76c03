//! What a watcher does next, from its place and the newest blocks.

use std::{num::NonZeroU64, ops::RangeInclusive, sync::Arc};

use super::{block::Block, view::View, window::Window};

/// Which blocks are told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// The last one, if it ends.
    pub(super) to: Option<u64>,
    /// How many blocks, its own included, a block must have before it is told.
    pub(super) confirmations: NonZeroU64,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Step {
    /// This block follows.
    Deliver(Arc<Block>),
    /// These blocks follow, and are older than the window.
    Read(RangeInclusive<u64>),
    /// Blocks of which something was told are gone, or may be.
    GoBack,
    /// There are no more blocks yet.
    Wait,
    /// Everything was told.
    End,
}

pub(super) fn next_step(view: &View, window: &Window, bounds: Bounds) -> Step {
    let is_gone = |mark| window.has(mark) == Some(false);
    if view.marks().into_iter().any(is_gone) {
        return Step::GoBack;
    }
    let next = view.next();
    if bounds.to.is_some_and(|to| next > to) {
        return Step::End;
    }
    let confirmed = (window.tip().number + 1).checked_sub(bounds.confirmations.get());
    let last = confirmed.map(|last| bounds.to.map_or(last, |to| last.min(to)));
    let Some(last) = last.filter(|last| next <= *last) else {
        return Step::Wait;
    };
    match window.get(next) {
        Some(block) if view.is_followed_by(block.parent) => Step::Deliver(Arc::clone(block)),
        Some(_) => Step::GoBack,
        None => Step::Read(next..=last.min(window.first() - 1)),
    }
}
