//! One intent: what somebody wants done once, whatever is signed and sent for it.
//!
//! An intent has one nonce at a time, and one payload. Under its nonce it may sign several versions,
//! which differ in their fees alone, so that at most one of them is ever mined. It leaves a nonce
//! only when no byte can have arrived, or when another transaction is final there.
//!
//! | stage | event | next | asks for |
//! | --- | --- | --- | --- |
//! | queued | nonce assigned | signing | `Sign` |
//! | signing | signed | storing | `Store` |
//! | signing | signing failed | ended: not signed | |
//! | storing | stored | out | `Offer` |
//! | storing | storing failed, or stored and abandoned | withdrawing | `Withdraw` |
//! | out, nothing arrived | refused, withheld, abandoned, fees too low at the cap | withdrawing | `Withdraw` |
//! | out, nothing arrived | fees too low | out, pricing | `Price` |
//! | out | unclear, not taken, time | out | `Offer` of the same bytes |
//! | out, lowest unmined | time | out, pricing | `Price` |
//! | out, pricing | priced, signed, stored | out | `Sign`, `Store`, `Offer` |
//! | out | nonce used, no receipt, several times | out | `FindUser` |
//! | out | overtaken, waited for | queued, without versions | another nonce |
//! | out | overtaken, not waited for | withdrawing: superseded | `Withdraw` |
//! | out | included | mined | |
//! | mined | reorganised | mined, doubted | `FindReceipt` |
//! | mined | missing | out | `Store` if it was settled, `Offer` of what was mined |
//! | mined | deep enough | mined | `Settle`, `Conclude` |
//! | mined, concluded | buried | ended | `Forget` |
//! | withdrawing | withdrawn | ended | `Conclude`, `Forget` |
//! | out, mined | abandoned | the same | `Conclude` with `Unknown` |
//!
//! An event that answers an earlier question (of another nonce, of other bytes) changes nothing.

use ogpu_types::TxHash;

use crate::{Fees, IntentEvent, Meaning, Millis, NotSentCause, Policy, Verdict, Version};

/// What is to be done for one intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Todo {
    Sign { nonce: u64, fees: Option<Fees> },
    Store { hash: TxHash },
    Offer { hash: TxHash },
    Price { than: Fees },
    FindReceipt,
    FindUser { nonce: u64 },
    Count,
    Settle { hash: TxHash },
    Withdraw,
    Release { nonce: u64 },
    Requeue { nonce: u64 },
    Conclude(Verdict),
    Forget,
}

/// How an intent stands among the account's others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// None of the account's intents below waits for a block.
    pub(crate) is_first: bool,
    /// Its nonce is the next that the chain will use, as far as is known.
    pub(crate) is_next: bool,
    /// Something else waits for it.
    pub(crate) is_needed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Queued,
    Signing,
    Storing,
    Out(Replacing),
    Mined {
        hash: TxHash,
        block: u64,
        /// Blocks have gone since, and its may be one of them.
        is_doubted: bool,
    },
    Withdrawing(NotSentCause),
    Ended,
}

/// How far the next version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Replacing {
    No,
    Pricing,
    Signing,
    Storing,
}

/// The longest pause between offers whose fate is unclear.
const LONGEST_PAUSE: Millis = 10_000;

#[derive(Clone, Debug)]
pub(crate) struct Intent {
    stage: Stage,
    nonce: Option<u64>,
    /// Signed under the nonce, oldest first; the last may not be stored yet.
    versions: Vec<Version>,
    /// How many of them, from the oldest, are not younger than the newest that was offered.
    offered: usize,
    /// The place of the one to be offered.
    current: usize,
    confirmations: u64,
    waited_for: bool,
    concluded: bool,
    /// From an earlier process: followed to its end, though nobody may wait for it.
    is_restored: bool,
    /// A restart may find something of it.
    is_stored: bool,
    /// It is noted as done, in the block that it is in.
    is_settled: bool,
    /// Offers without an answer.
    unanswered: u32,
    /// Whether some answer did not exclude that bytes arrived.
    may_have_arrived: bool,
    /// Offers in a row that were not taken.
    failures: u32,
    next_offer: Option<Millis>,
    /// When it counts as stuck.
    stuck_at: Millis,
    /// Looks in a row that found the nonce used, and no receipt.
    missing: u32,
    last_missing: Millis,
}

impl Intent {
    pub(crate) fn new(confirmations: u64) -> Self {
        Self {
            stage: Stage::Queued,
            nonce: None,
            versions: Vec::new(),
            offered: 0,
            current: 0,
            confirmations,
            waited_for: true,
            concluded: false,
            is_restored: false,
            is_stored: false,
            is_settled: false,
            unanswered: 0,
            may_have_arrived: false,
            failures: 0,
            next_offer: None,
            stuck_at: 0,
            missing: 0,
            last_missing: 0,
        }
    }

    /// An intent of an earlier process, whose versions may have been sent.
    pub(crate) fn restored(
        nonce: u64,
        versions: Vec<Version>,
        confirmations: u64,
        now: Millis,
        policy: &Policy,
    ) -> Self {
        Self {
            stage: Stage::Out(Replacing::No),
            nonce: Some(nonce),
            offered: versions.len(),
            current: versions.len().saturating_sub(1),
            versions,
            waited_for: false,
            is_restored: true,
            is_stored: true,
            may_have_arrived: true,
            next_offer: Some(now),
            stuck_at: now.saturating_add(policy.replace_after),
            ..Self::new(confirmations)
        }
    }

    /// Whether it keeps a nonce that is not known to be mined.
    pub(crate) fn is_live(&self) -> bool {
        matches!(
            self.stage,
            Stage::Signing | Stage::Storing | Stage::Out(_) | Stage::Withdrawing(_)
        )
    }

    /// Whether its receipt is what it waits for.
    pub(crate) fn is_out(&self) -> bool {
        matches!(self.stage, Stage::Out(_))
    }

    pub(crate) fn mined_at(&self) -> Option<u64> {
        match self.stage {
            Stage::Mined { block, .. } => Some(block),
            _ => None,
        }
    }

    /// The nonce it holds; once it has ended, the one that the chain has used.
    pub(crate) fn nonce(&self) -> Option<u64> {
        self.nonce
    }

    /// Whether somebody is to hear of it, or would be if the process had not ended.
    pub(crate) fn is_followed(&self) -> bool {
        (self.waited_for || self.is_restored) && !self.concluded
    }

    /// Whether it has a block, and nobody is still to hear of it.
    pub(crate) fn is_done(&self) -> bool {
        self.concluded && self.mined_at().is_some()
    }

    /// Whether some version of it may be with a node.
    fn may_be_out(&self) -> bool {
        self.may_have_arrived || self.unanswered > 0
    }

    fn has(&self, hash: TxHash) -> bool {
        self.versions.iter().any(|version| version.hash == hash)
    }

    fn is_newest(&self, hash: TxHash) -> bool {
        self.versions
            .last()
            .is_some_and(|version| version.hash == hash)
    }

    /// It has a nonce now. Whether it was waiting for one.
    pub(crate) fn assigned(&mut self, nonce: u64) -> Option<Todo> {
        (self.stage == Stage::Queued).then(|| {
            self.stage = Stage::Signing;
            self.nonce = Some(nonce);
            Todo::Sign { nonce, fees: None }
        })
    }

    pub(crate) fn on(&mut self, event: &IntentEvent, now: Millis, policy: &Policy) -> Vec<Todo> {
        match (self.stage, event) {
            (Stage::Ended, _) => Vec::new(),
            (_, IntentEvent::Abandoned) => self.abandoned(),
            (_, IntentEvent::Awaited) => {
                self.waited_for = true;
                self.concluded = false;
                Vec::new()
            }
            (
                _,
                IntentEvent::Answered {
                    hash,
                    meaning,
                    retry_after,
                },
            ) if self.has(*hash) => self.answered(*meaning, *retry_after, now, policy),
            (_, IntentEvent::Withheld { hash }) if self.has(*hash) => self.withheld(now, policy),
            (Stage::Signing, IntentEvent::Signed { nonce, version })
                if self.nonce == Some(*nonce) =>
            {
                self.stage = Stage::Storing;
                self.store(*version)
            }
            (Stage::Signing, IntentEvent::SigningFailed { nonce })
                if self.nonce == Some(*nonce) =>
            {
                self.give_up(NotSentCause::NotSigned)
            }
            (Stage::Storing, IntentEvent::Stored { hash }) if self.is_newest(*hash) => {
                if self.waited_for {
                    self.stored(now, policy)
                } else {
                    self.withdraw(NotSentCause::Abandoned)
                }
            }
            // Nobody can say what the journal has kept: it has to forget it, too.
            (Stage::Storing, IntentEvent::StoringFailed { hash }) if self.is_newest(*hash) => {
                self.withdraw(NotSentCause::NotStored)
            }
            (Stage::Out(_) | Stage::Mined { .. }, IntentEvent::Included { hash, block })
                if self.has(*hash) =>
            {
                self.included(*hash, *block);
                Vec::new()
            }
            (Stage::Out(_), IntentEvent::Missing) => self.missed(now, policy),
            (Stage::Out(_), IntentEvent::Overtaken { nonce, by }) if self.nonce == Some(*nonce) => {
                self.overtaken(*nonce, *by)
            }
            (Stage::Out(replacing), event) => self.replacing(replacing, event, now, policy),
            (Stage::Mined { hash, .. }, IntentEvent::Missing) => self.unmined(hash, now, policy),
            (Stage::Withdrawing(cause), IntentEvent::Withdrawn) => self.end(cause),
            _ => Vec::new(),
        }
    }

    /// The steps to another version of an intent that has been offered.
    fn replacing(
        &mut self,
        replacing: Replacing,
        event: &IntentEvent,
        now: Millis,
        policy: &Policy,
    ) -> Vec<Todo> {
        match (replacing, event) {
            (Replacing::Pricing, IntentEvent::Priced { fees }) => {
                match (self.nonce, fees.filter(|fees| self.is_replaced_by(*fees))) {
                    (Some(nonce), fees @ Some(_)) => {
                        self.stage = Stage::Out(Replacing::Signing);
                        vec![Todo::Sign { nonce, fees }]
                    }
                    _ if !self.may_be_out() => self.withdraw(NotSentCause::FeeCap),
                    _ => self.not_replaced(now, policy),
                }
            }
            (Replacing::Signing, IntentEvent::SigningFailed { nonce })
                if self.nonce == Some(*nonce) =>
            {
                self.not_replaced(now, policy)
            }
            (Replacing::Signing, IntentEvent::Signed { nonce, version })
                if self.nonce == Some(*nonce) && self.is_replaced_by(version.fees) =>
            {
                self.stage = Stage::Out(Replacing::Storing);
                self.store(*version)
            }
            (Replacing::Storing, IntentEvent::Stored { hash }) if self.is_newest(*hash) => {
                self.stored(now, policy)
            }
            (Replacing::Storing, IntentEvent::StoringFailed { hash }) if self.is_newest(*hash) => {
                self.versions.pop();
                self.not_replaced(now, policy)
            }
            _ => Vec::new(),
        }
    }

    /// What time alone brings.
    pub(crate) fn tick(&mut self, now: Millis, policy: &Policy, standing: Standing) -> Vec<Todo> {
        let mut todo = Vec::new();
        if self.stuck_at(policy, standing).is_some_and(|at| at <= now) {
            if standing.is_next {
                return self.price();
            }
            // Something is below that is not the account's own doing: what, the count tells.
            self.stuck_at = now.saturating_add(policy.reoffer_after);
            todo.push(Todo::Count);
        }
        if self.offered_again_at(standing).is_some_and(|at| at <= now) {
            todo.extend(self.offer());
        }
        todo
    }

    /// When [`tick`](Self::tick) has something to do next, if nothing else happens.
    pub(crate) fn next_tick(&self, policy: &Policy, standing: Standing) -> Option<Millis> {
        let stuck = self.stuck_at(policy, standing);
        stuck
            .into_iter()
            .chain(self.offered_again_at(standing))
            .min()
    }

    fn stuck_at(&self, policy: &Policy, standing: Standing) -> Option<Millis> {
        let can_be_replaced =
            self.may_have_arrived && self.versions.len() <= policy.most_replacements;
        (self.stage == Stage::Out(Replacing::No)
            && self.is_wanted(standing)
            && standing.is_first
            && (can_be_replaced || !standing.is_next))
            .then_some(self.stuck_at)
    }

    fn offered_again_at(&self, standing: Standing) -> Option<Millis> {
        (self.is_out() && self.is_wanted(standing) && self.unanswered == 0)
            .then(|| self.next_offer.unwrap_or(0))
    }

    /// Whether it is to be helped along.
    fn is_wanted(&self, standing: Standing) -> bool {
        self.is_followed() || standing.is_needed
    }

    /// The head is at this block: it may be deep enough to conclude, or to be forgotten.
    pub(crate) fn head(&mut self, head: u64, policy: &Policy) -> Vec<Todo> {
        let Stage::Mined {
            hash,
            block,
            is_doubted: false,
        } = self.stage
        else {
            return Vec::new();
        };
        let Some(on_top) = head.checked_sub(block) else {
            return Vec::new();
        };
        let is_deep = on_top >= self.confirmations.saturating_sub(1);
        let is_buried = on_top >= policy.reorg_depth && (self.concluded || is_deep);
        let mut todo = Vec::new();
        if (is_deep || is_buried) && !std::mem::replace(&mut self.is_settled, true) {
            todo.push(Todo::Settle { hash });
        }
        if is_deep {
            todo.extend(self.conclude(Verdict::Included { hash }));
        }
        if is_buried {
            self.stage = Stage::Ended;
            todo.push(Todo::Forget);
        }
        todo
    }

    /// Blocks that were seen are gone: its own may be one of them.
    pub(crate) fn doubt(&mut self) -> Option<Todo> {
        match &mut self.stage {
            Stage::Mined { is_doubted, .. } => {
                *is_doubted = true;
                Some(Todo::FindReceipt)
            }
            _ => None,
        }
    }

    /// The process that did its work has ended, and another goes on: work under way is lost.
    pub(crate) fn interrupted(&mut self, now: Millis, policy: &Policy) -> Vec<Todo> {
        if self.unanswered > 0 {
            self.unanswered = 0;
            self.may_have_arrived = true;
            self.next_offer = Some(now);
        }
        match (self.stage, self.nonce, self.versions.last()) {
            (Stage::Signing, Some(nonce), _) => vec![Todo::Sign { nonce, fees: None }],
            (Stage::Storing | Stage::Out(Replacing::Storing), _, Some(version)) => {
                vec![Todo::Store { hash: version.hash }]
            }
            (Stage::Withdrawing(_), ..) => vec![Todo::Withdraw],
            (Stage::Out(Replacing::Pricing | Replacing::Signing), ..) => {
                self.not_replaced(now, policy)
            }
            (
                Stage::Mined {
                    is_doubted: true, ..
                },
                ..,
            ) => vec![Todo::FindReceipt],
            _ => Vec::new(),
        }
    }

    fn abandoned(&mut self) -> Vec<Todo> {
        self.waited_for = false;
        match self.stage {
            Stage::Queued | Stage::Signing => self.give_up(NotSentCause::Abandoned),
            Stage::Out(_) if !self.may_be_out() => self.withdraw(NotSentCause::Abandoned),
            Stage::Out(_) | Stage::Mined { .. } => match (self.may_be_mined(), self.nonce) {
                (Some(hash), Some(nonce)) => self
                    .conclude(Verdict::Unknown { hash, nonce })
                    .into_iter()
                    .collect(),
                _ => Vec::new(),
            },
            // It ends as soon as the journal has answered.
            Stage::Storing | Stage::Withdrawing(_) | Stage::Ended => Vec::new(),
        }
    }

    /// What was mined, or else the newest version that may have left.
    fn may_be_mined(&self) -> Option<TxHash> {
        match self.stage {
            Stage::Mined { hash, .. } => Some(hash),
            _ => self.versions[..self.offered]
                .last()
                .map(|version| version.hash),
        }
    }

    fn answered(
        &mut self,
        meaning: Meaning,
        retry_after: Option<Millis>,
        now: Millis,
        policy: &Policy,
    ) -> Vec<Todo> {
        self.unanswered = self.unanswered.saturating_sub(1);
        let Stage::Out(replacing) = self.stage else {
            self.may_have_arrived = true;
            return Vec::new();
        };
        match meaning {
            Meaning::Accepted | Meaning::AlreadyKnown | Meaning::NonceTooLow => {
                self.may_have_arrived = true;
                self.failures = 0;
                self.next_offer = Some(now.saturating_add(policy.reoffer_after));
                return Vec::new();
            }
            Meaning::Unclear => self.may_have_arrived = true,
            Meaning::Refused if !self.may_be_out() => return self.withdraw(NotSentCause::Refused),
            // An older version may be taken, as it was before.
            Meaning::Refused => {
                self.current = self.current.checked_sub(1).unwrap_or(self.offered - 1)
            }
            _ if !self.waited_for && !self.may_be_out() => {
                return self.withdraw(NotSentCause::Abandoned);
            }
            Meaning::Underpriced if self.may_be_out() => self.stuck_at = now,
            Meaning::Underpriced
                if replacing == Replacing::No
                    && self.versions.len() <= policy.most_replacements =>
            {
                self.back_off(retry_after, now, policy);
                return self.price();
            }
            Meaning::Underpriced | Meaning::Occupied | Meaning::NotTaken => {}
        }
        self.back_off(retry_after, now, policy);
        Vec::new()
    }

    /// The offer never left.
    fn withheld(&mut self, now: Millis, policy: &Policy) -> Vec<Todo> {
        self.unanswered = self.unanswered.saturating_sub(1);
        if matches!(self.stage, Stage::Out(_)) && !self.may_be_out() {
            return self.withdraw(NotSentCause::TooLate);
        }
        self.next_offer = Some(now.saturating_add(policy.reoffer_after));
        Vec::new()
    }

    fn included(&mut self, hash: TxHash, block: u64) {
        self.stage = Stage::Mined {
            hash,
            block,
            is_doubted: false,
        };
        self.may_have_arrived = true;
        self.missing = 0;
    }

    /// A reorg took it off the chain. Its bytes are as good as before.
    fn unmined(&mut self, hash: TxHash, now: Millis, policy: &Policy) -> Vec<Todo> {
        self.stage = Stage::Out(Replacing::No);
        self.stuck_at = now.saturating_add(policy.replace_after);
        // A restart has to find it again.
        let was_settled = std::mem::replace(&mut self.is_settled, false);
        let mut todo = Vec::from_iter(was_settled.then_some(Todo::Store { hash }));
        // What was mined is valid; a later version may be more than the account can pay.
        if let Some(place) = self.versions.iter().position(|one| one.hash == hash) {
            self.current = place;
            self.offered = self.offered.max(place + 1);
        }
        // Who was told already has what was asked for: it goes out again if others need it.
        self.next_offer = None;
        if self.is_followed() {
            todo.extend(self.offer());
        }
        todo
    }

    fn missed(&mut self, now: Millis, policy: &Policy) -> Vec<Todo> {
        if self.missing > 0 && now < self.last_missing.saturating_add(policy.look_pause) {
            return Vec::new();
        }
        self.missing = self.missing.saturating_add(1);
        self.last_missing = now;
        match self.nonce {
            Some(nonce) if self.missing >= policy.looks => vec![Todo::FindUser { nonce }],
            _ => Vec::new(),
        }
    }

    fn overtaken(&mut self, nonce: u64, by: Option<TxHash>) -> Vec<Todo> {
        if !self.waited_for || self.concluded {
            return self.withdraw(NotSentCause::Superseded { by });
        }
        // None of its versions can be mined any more.
        *self = Self {
            is_stored: true,
            ..Self::new(self.confirmations)
        };
        vec![Todo::Requeue { nonce }]
    }

    fn is_replaced_by(&self, fees: Fees) -> bool {
        self.versions
            .last()
            .is_some_and(|newest| fees.replaces(newest.fees))
    }

    fn price(&mut self) -> Vec<Todo> {
        let Some(newest) = self.versions.last() else {
            return Vec::new();
        };
        self.stage = Stage::Out(Replacing::Pricing);
        vec![Todo::Price { than: newest.fees }]
    }

    fn not_replaced(&mut self, now: Millis, policy: &Policy) -> Vec<Todo> {
        self.stage = Stage::Out(Replacing::No);
        self.stuck_at = now.saturating_add(policy.replace_after);
        Vec::new()
    }

    fn store(&mut self, version: Version) -> Vec<Todo> {
        self.is_stored = true;
        self.versions.push(version);
        vec![Todo::Store { hash: version.hash }]
    }

    /// The newest version may be offered now.
    fn stored(&mut self, now: Millis, policy: &Policy) -> Vec<Todo> {
        self.stage = Stage::Out(Replacing::No);
        self.stuck_at = now.saturating_add(policy.replace_after);
        self.current = self.versions.len() - 1;
        self.next_offer = None;
        // Without anybody who waits, it leaves only if something else needs it.
        if self.is_followed() {
            self.offer()
        } else {
            Vec::new()
        }
    }

    fn offer(&mut self) -> Vec<Todo> {
        let Some(version) = self.versions.get(self.current) else {
            return Vec::new();
        };
        self.unanswered += 1;
        self.next_offer = None;
        self.offered = self.offered.max(self.current + 1);
        vec![Todo::Offer { hash: version.hash }]
    }

    fn back_off(&mut self, retry_after: Option<Millis>, now: Millis, policy: &Policy) {
        let doublings = self.failures.min(16);
        self.failures = self.failures.saturating_add(1);
        let pause = retry_after
            .map(|after| after.min(policy.replace_after))
            .unwrap_or_else(|| {
                let pause = policy.offer_pause.saturating_mul(1 << doublings);
                pause.min(LONGEST_PAUSE)
            });
        self.next_offer = Some(now.saturating_add(pause));
    }

    /// Ends an intent of which nothing is out under its nonce.
    fn give_up(&mut self, cause: NotSentCause) -> Vec<Todo> {
        if self.is_stored {
            self.withdraw(cause)
        } else {
            self.end(cause)
        }
    }

    fn withdraw(&mut self, cause: NotSentCause) -> Vec<Todo> {
        self.stage = Stage::Withdrawing(cause);
        vec![Todo::Withdraw]
    }

    /// Ends an intent of which no byte can take effect.
    fn end(&mut self, cause: NotSentCause) -> Vec<Todo> {
        self.stage = Stage::Ended;
        let superseded = matches!(cause, NotSentCause::Superseded { .. });
        let released = if superseded { None } else { self.nonce.take() };
        released
            .map(|nonce| Todo::Release { nonce })
            .into_iter()
            .chain(self.conclude(Verdict::NotSent { cause }))
            .chain([Todo::Forget])
            .collect()
    }

    fn conclude(&mut self, verdict: Verdict) -> Option<Todo> {
        let first = !std::mem::replace(&mut self.concluded, true);
        first.then_some(Todo::Conclude(verdict))
    }
}
