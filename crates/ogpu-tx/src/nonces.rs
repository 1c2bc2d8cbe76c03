//! One account's nonces: handed out in order, taken back when nothing was sent, never with a hole
//! below one that is in use.

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
    /// The chain was set back: what was mined on it is gone.
    StartOver,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Held(IntentId),
    /// Nothing was sent under it, and something above it was.
    Free {
        since: Millis,
    },
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Nonces {
    /// Nonces below are used on the chain, as far as was seen.
    used: u64,
    /// Nonces below are used, or known to a node.
    base: u64,
    /// Whether any of this was ever asked.
    is_counted: bool,
    is_counting: bool,
    slots: BTreeMap<u64, Slot>,
    waiting: VecDeque<IntentId>,
    is_filling: bool,
    /// Looks in a row at a count below what was seen used, and that count.
    set_back: (u32, u64),
}

impl Nonces {
    /// An intent wants a nonce. `pending` is the account's next nonce as a node has just said.
    /// `is_idle`: nothing of the account waits for a block.
    pub(crate) fn want(
        &mut self,
        id: IntentId,
        pending: Option<u64>,
        is_idle: bool,
        policy: &Policy,
    ) -> Vec<NonceTodo> {
        self.waiting.push_back(id);
        self.is_filling = false;
        match pending {
            Some(pending) if !self.is_counted => {
                self.is_counted = true;
                self.base = pending;
            }
            // It lags, or the chain was set back.
            Some(pending) if pending < self.used && is_idle => return self.count(0),
            Some(pending) => self.base = self.base.max(pending),
            None if !self.is_counted => return self.count(0),
            None => {}
        }
        self.assign(policy)
    }

    /// A nonce is held by an intent of an earlier process.
    pub(crate) fn hold(&mut self, id: IntentId, nonce: u64) {
        self.slots.insert(nonce, Slot::Held(id));
    }

    /// An intent that waits for a nonce does so no more.
    pub(crate) fn unwant(&mut self, id: IntentId) {
        self.waiting.retain(|waiting| *waiting != id);
    }

    /// Nothing that was signed under the nonce can take effect.
    pub(crate) fn release(&mut self, nonce: u64, now: Millis, policy: &Policy) -> Vec<NonceTodo> {
        if nonce < self.base {
            // A node knows a transaction there: another program's.
            self.slots.remove(&nonce);
        } else {
            self.slots.insert(nonce, Slot::Free { since: now });
        }
        self.drop_free_top();
        self.assign(policy)
    }

    /// A transaction of the account's was mined under the nonce.
    pub(crate) fn mined(&mut self, nonce: u64, policy: &Policy) -> Vec<NonceTodo> {
        self.learn(nonce + 1, None, policy)
    }

    /// The nonce is used on the chain, and nothing more is to be known of it.
    pub(crate) fn finish(&mut self, nonce: u64, policy: &Policy) -> Vec<NonceTodo> {
        self.slots.remove(&nonce);
        self.mined(nonce, policy)
    }

    /// A node has counted the account's transactions: mined, and mined or pending.
    pub(crate) fn counted(
        &mut self,
        mined: u64,
        pending: Option<u64>,
        is_idle: bool,
        policy: &Policy,
    ) -> Vec<NonceTodo> {
        self.is_counting = false;
        if mined < self.used && is_idle && !self.waiting.is_empty() {
            return self.suspect(mined, pending, policy);
        }
        self.set_back = (0, 0);
        self.is_counted = true;
        self.learn(mined, pending, policy)
    }

    /// A count could not be had.
    pub(crate) fn not_counted(&mut self, policy: &Policy) -> Vec<NonceTodo> {
        self.is_counting = false;
        if self.waiting.is_empty() {
            Vec::new()
        } else {
            self.count(policy.look_pause)
        }
    }

    /// Asks for a count, unless one is on its way.
    pub(crate) fn count(&mut self, after: Millis) -> Vec<NonceTodo> {
        if std::mem::replace(&mut self.is_counting, true) {
            return Vec::new();
        }
        vec![NonceTodo::Count { after }]
    }

    /// The process that counted has ended.
    pub(crate) fn interrupted(&mut self, policy: &Policy) -> Vec<NonceTodo> {
        self.is_filling = false;
        if self.is_counting {
            self.not_counted(policy)
        } else {
            Vec::new()
        }
    }

    /// A hole that nobody has taken for a while needs a transaction of its own.
    pub(crate) fn tick(&mut self, now: Millis, policy: &Policy) -> Vec<NonceTodo> {
        match self.next_tick(policy) {
            Some(at) if at <= now => {
                self.is_filling = true;
                vec![NonceTodo::Fill]
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn next_tick(&self, policy: &Policy) -> Option<Millis> {
        let hole = self.slots.values().find_map(|slot| match slot {
            Slot::Free { since } => Some(since.saturating_add(policy.fill_after)),
            Slot::Held(_) => None,
        });
        hole.filter(|_| !self.is_filling)
    }

    /// How many nonces below are used on the chain.
    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    fn learn(&mut self, mined: u64, pending: Option<u64>, policy: &Policy) -> Vec<NonceTodo> {
        self.used = self.used.max(mined);
        self.base = self.base.max(self.used).max(pending.unwrap_or(0));
        // Somebody has used it, or is about to.
        let base = self.base;
        self.slots
            .retain(|nonce, slot| matches!(slot, Slot::Held(_)) || *nonce >= base);
        self.assign(policy)
    }

    /// Nodes that lag say less than is known; only a chain that was set back goes on saying so.
    fn suspect(&mut self, mined: u64, pending: Option<u64>, policy: &Policy) -> Vec<NonceTodo> {
        let (looks, before) = self.set_back;
        let looks = if before == mined { looks + 1 } else { 1 };
        self.set_back = (looks, mined);
        if looks < policy.looks {
            return self.count(policy.look_pause);
        }
        self.set_back = (0, 0);
        self.slots.clear();
        self.used = mined;
        self.base = pending.unwrap_or(mined).max(mined);
        let mut todo = vec![NonceTodo::StartOver];
        todo.extend(self.assign(policy));
        todo
    }

    fn assign(&mut self, policy: &Policy) -> Vec<NonceTodo> {
        let mut todo = Vec::new();
        while self.is_counted && !self.waiting.is_empty() {
            let Some(nonce) = self.next(policy) else {
                break;
            };
            let Some(id) = self.waiting.pop_front() else {
                break;
            };
            self.slots.insert(nonce, Slot::Held(id));
            todo.push(NonceTodo::Assign { id, nonce });
        }
        todo
    }

    /// The lowest nonce that is free; `None` while as many are in use as may be. A hole is filled
    /// in any case: what is in use waits for it.
    fn next(&self, policy: &Policy) -> Option<u64> {
        let hole = self
            .slots
            .iter()
            .find_map(|(nonce, slot)| matches!(slot, Slot::Free { .. }).then_some(*nonce));
        if hole.is_some() {
            return hole;
        }
        if self.slots.range(self.used..).count() >= policy.most_in_flight {
            return None;
        }
        let mut nonce = self.base;
        while self.slots.contains_key(&nonce) {
            nonce += 1;
        }
        Some(nonce)
    }

    /// Free nonces with nothing above them are no holes.
    fn drop_free_top(&mut self) {
        while let Some((nonce, Slot::Free { .. })) = self
            .slots
            .last_key_value()
            .map(|(nonce, slot)| (*nonce, *slot))
        {
            self.slots.remove(&nonce);
        }
    }
}
