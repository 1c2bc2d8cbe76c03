//! One account's nonces: handed out in order, taken back when nothing was sent, never with a hole
//! below one that is in use.
//!
//! | nonce | is |
//! | --- | --- |
//! | below `base` | used on the chain, or known to a node: ours, or another program's |
//! | held | an intent's, until it is buried, given back, or used by another for good |
//! | lowest of the others, and below one held | a hole: taken by the next intent, or else filled |
//! | lowest of the others, and above all held | the next one, unless too many are in flight |
//!
//! `base` rises with whatever is learned. It falls only when several counts in a row say the same,
//! and nothing of the account's own explains it.

use std::collections::{BTreeMap, VecDeque};

use crate::{IntentId, Millis, Policy};

/// What is to be done about the account's nonces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NonceTodo {
    Assign {
        id: IntentId,
        nonce: u64,
    },
    Count {
        after: Millis,
    },
    Fill,
    /// The chain was set back: what was mined under these nonces is gone.
    StartOver {
        from: u64,
    },
}

/// Counts in a row that say less than is known.
#[derive(Clone, Copy, Debug)]
struct Doubt {
    next: u64,
    looks: u32,
    last: Millis,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Nonces {
    /// How many are used on the chain, as the last count said.
    mined: Option<u64>,
    /// Nonces below are used on the chain, as far as was seen.
    used: u64,
    /// Nonces below are used, or known to a node.
    base: u64,
    /// Whether any of this was ever asked.
    is_counted: bool,
    is_counting: bool,
    held: BTreeMap<u64, IntentId>,
    waiting: VecDeque<IntentId>,
    doubt: Option<Doubt>,
    /// When the lowest hole, if there is one, is to be filled.
    fill_at: Option<Millis>,
    /// Nonces that were given back since `base` rose.
    given_back: u32,
}

/// The longest pause before a hole is filled.
const LONGEST_PAUSE: Millis = 10_000;

impl Nonces {
    /// An intent wants a nonce. `pending` is the account's next nonce as a node has just said.
    /// `is_idle`: nothing of the account waits for a block.
    pub(crate) fn want(
        &mut self,
        id: IntentId,
        pending: Option<u64>,
        is_idle: bool,
        now: Millis,
        policy: &Policy,
    ) -> Vec<NonceTodo> {
        self.waiting.push_back(id);
        match pending {
            // It lags, or the chain was set back.
            Some(pending) if pending < self.base && is_idle => return self.count(0),
            Some(pending) => {
                self.is_counted = true;
                self.rise(pending);
            }
            None if !self.is_counted => return self.count(0),
            None => {}
        }
        self.assign(now, policy)
    }

    /// A nonce is held by an intent of an earlier process.
    pub(crate) fn hold(&mut self, id: IntentId, nonce: u64) -> Vec<NonceTodo> {
        self.held.insert(nonce, id);
        // What is below it may be missing.
        self.count(0)
    }

    /// An intent that waits for a nonce does so no more.
    pub(crate) fn unwant(&mut self, id: IntentId) {
        self.waiting.retain(|waiting| *waiting != id);
    }

    /// Whether intents wait for a nonce.
    pub(crate) fn are_wanted(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Nothing that was signed under the nonce can take effect.
    pub(crate) fn release(
        &mut self,
        id: IntentId,
        nonce: u64,
        now: Millis,
        policy: &Policy,
    ) -> Vec<NonceTodo> {
        self.given_back = self.given_back.saturating_add(1);
        self.forget(id, nonce);
        self.fill_at = None;
        self.assign(now, policy)
    }

    /// An intent takes back the nonce that it released; `None` if another one has it.
    pub(crate) fn reclaim(
        &mut self,
        id: IntentId,
        nonce: u64,
        now: Millis,
        policy: &Policy,
    ) -> Option<Vec<NonceTodo>> {
        if self.held.contains_key(&nonce) {
            return None;
        }
        self.held.insert(nonce, id);
        Some(self.assign(now, policy))
    }

    /// A transaction of the account's was mined under the nonce.
    pub(crate) fn mined(&mut self, nonce: u64, now: Millis, policy: &Policy) -> Vec<NonceTodo> {
        let next = nonce.saturating_add(1);
        self.mined = self.mined.max(Some(next));
        self.used = self.used.max(next);
        self.rise(next);
        self.assign(now, policy)
    }

    /// The nonce is used on the chain, and nothing more is to be known of it.
    pub(crate) fn finish(
        &mut self,
        id: IntentId,
        nonce: u64,
        now: Millis,
        policy: &Policy,
    ) -> Vec<NonceTodo> {
        self.forget(id, nonce);
        self.mined(nonce, now, policy)
    }

    /// The intent has left the nonce.
    pub(crate) fn forget(&mut self, id: IntentId, nonce: u64) {
        if self.held.get(&nonce) == Some(&id) {
            self.held.remove(&nonce);
        }
    }

    /// A node has counted the account's transactions: mined, and mined or pending.
    pub(crate) fn counted(
        &mut self,
        mined: u64,
        pending: Option<u64>,
        is_idle: bool,
        now: Millis,
        policy: &Policy,
    ) -> Vec<NonceTodo> {
        self.is_counting = false;
        self.mined = Some(mined);
        self.used = self.used.max(mined);
        let next = pending.unwrap_or(mined).max(mined);
        let says_less = self.is_counted && next < self.base;
        if says_less && is_idle && self.are_wanted() {
            if self.is_doubted(next, now, policy) {
                return self.count(policy.look_pause);
            }
            self.fall(next, mined);
            return vec![NonceTodo::StartOver { from: next }];
        }
        let mut todo = Vec::new();
        if says_less && pending.is_some() && self.is_missing(next) {
            if self.is_doubted(next, now, policy) {
                todo = self.count(policy.look_pause);
            } else {
                self.fall(next, mined);
            }
        } else if pending.is_some() || !says_less {
            self.doubt = None;
        }
        self.is_counted = true;
        self.rise(next);
        todo.extend(self.assign(now, policy));
        todo
    }

    /// A count could not be had.
    pub(crate) fn not_counted(&mut self, policy: &Policy) -> Vec<NonceTodo> {
        self.is_counting = false;
        if self.are_wanted() || !self.is_counted || self.doubt.is_some() {
            self.count(policy.look_pause)
        } else {
            Vec::new()
        }
    }

    /// Asks for a count, unless one is on its way.
    pub(crate) fn count(&mut self, after: Millis) -> Vec<NonceTodo> {
        if std::mem::replace(&mut self.is_counting, true) {
            return Vec::new();
        }
        vec![NonceTodo::Count { after }]
    }

    /// Blocks that were seen are gone, and what was counted in them.
    pub(crate) fn reorganised(&mut self) {
        self.mined = None;
    }

    /// The process that counted has ended.
    pub(crate) fn interrupted(&mut self, policy: &Policy) -> Vec<NonceTodo> {
        if self.is_counting {
            self.not_counted(policy)
        } else {
            Vec::new()
        }
    }

    /// A hole that nobody has taken for a while needs a transaction of its own.
    pub(crate) fn tick(&mut self, now: Millis, policy: &Policy) -> Vec<NonceTodo> {
        match self.fill_at {
            Some(at) if at <= now => {
                // In case that nothing comes of it.
                self.fill_at = Some(now.saturating_add(policy.reoffer_after));
                vec![NonceTodo::Fill]
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn next_tick(&self) -> Option<Millis> {
        self.fill_at
    }

    /// How many nonces below are used on the chain.
    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    /// Whether the chain's next transaction has this nonce, as far as was counted.
    pub(crate) fn is_next(&self, nonce: u64) -> bool {
        self.mined == Some(nonce)
    }

    /// Whether nothing of the account's own is at a nonce, and something is above.
    fn is_missing(&self, nonce: u64) -> bool {
        !self.held.contains_key(&nonce) && self.held.range(nonce..).next().is_some()
    }

    /// Nodes that lag say less than is known; only where it is so do all go on saying so.
    fn is_doubted(&mut self, next: u64, now: Millis, policy: &Policy) -> bool {
        let looks = match self.doubt {
            Some(before) if before.next == next => {
                if now < before.last.saturating_add(policy.look_pause) {
                    return true;
                }
                before.looks.saturating_add(1)
            }
            _ => 1,
        };
        let last = now;
        self.doubt = Some(Doubt { next, looks, last });
        looks < policy.looks
    }

    fn fall(&mut self, next: u64, mined: u64) {
        self.doubt = None;
        self.base = next;
        self.used = self.used.min(mined);
    }

    fn rise(&mut self, next: u64) {
        if self.base < next {
            self.base = next;
            self.given_back = 0;
        }
    }

    /// Gives nonces to those that wait for one.
    pub(crate) fn assign(&mut self, now: Millis, policy: &Policy) -> Vec<NonceTodo> {
        let mut todo = Vec::new();
        while self.is_counted && self.are_wanted() {
            let Some(nonce) = self.next(policy) else {
                break;
            };
            let Some(id) = self.waiting.pop_front() else {
                break;
            };
            self.held.insert(nonce, id);
            todo.push(NonceTodo::Assign { id, nonce });
        }
        self.see_hole(now, policy);
        todo
    }

    fn see_hole(&mut self, now: Millis, policy: &Policy) {
        let is_hole = self.is_counted && self.lowest_free().is_some_and(|(_, is_hole)| is_hole);
        if is_hole {
            let doublings = self.given_back.saturating_sub(1).min(16);
            let pause = policy.fill_after.saturating_mul(1 << doublings);
            let due = now.saturating_add(pause.min(LONGEST_PAUSE));
            self.fill_at.get_or_insert(due);
        } else {
            self.fill_at = None;
        }
    }

    /// The next nonce to be assigned; `None` while as many are in use as may be. A hole is taken in
    /// any case: what is in use waits for it.
    fn next(&self, policy: &Policy) -> Option<u64> {
        let (nonce, is_hole) = self.lowest_free()?;
        let in_flight = self.held.range(self.used..).count();
        (is_hole || in_flight < policy.most_in_flight).then_some(nonce)
    }

    /// The lowest nonce that nobody uses, and whether one above is in use. The last one of all is
    /// never used: no transaction may have it.
    fn lowest_free(&self) -> Option<(u64, bool)> {
        let mut free = self.base;
        for nonce in self.held.range(self.base..).map(|(nonce, _)| *nonce) {
            if nonce > free {
                return Some((free, true));
            }
            free = nonce.checked_add(1)?;
        }
        (free < u64::MAX).then_some((free, false))
    }
}
