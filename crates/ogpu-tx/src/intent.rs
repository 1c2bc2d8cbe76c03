//! One intent: what somebody wants done once, whatever is signed and sent for it.
//!
//! An intent has one nonce at a time, and one payload. Under its nonce it may sign several versions,
//! which differ in their fees alone, so that at most one of them is ever mined. It leaves a nonce
//! only when no byte can have arrived, or when another transaction is final there.

use ogpu_types::TxHash;
use serde::{Deserialize, Serialize};

use crate::{Fees, Meaning, Millis, Policy};

/// A signed transaction: what a node is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its hash.
    pub hash: TxHash,
    /// What it offers for gas.
    pub fees: Fees,
}

/// What happens to one intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum IntentEvent {
    /// It has a nonce now.
    Assigned {
        /// The nonce.
        nonce: u64,
    },
    /// The version that was asked for is signed.
    Signed {
        /// It.
        version: Version,
    },
    /// The signer could not, or would not.
    SigningFailed,
    /// The newest version is where a restart finds it.
    Stored,
    /// The newest version could not be stored.
    StoringFailed,
    /// The offer was held back: the time until which it makes sense has passed.
    Withheld,
    /// A node answered an offer.
    Answered {
        /// What the answer means.
        meaning: Meaning,
        /// When the node wants to be asked again at the earliest, in milliseconds from now.
        retry_after: Option<Millis>,
    },
    /// The fees of a replacement, if the limits allow one.
    Priced {
        /// They.
        fees: Option<Fees>,
    },
    /// A receipt of one of its versions is on the chain.
    Included {
        /// The version's hash.
        hash: TxHash,
        /// The block's number.
        block: u64,
    },
    /// None of its versions has a receipt, though one could be expected.
    Missing,
    /// Another transaction is final at its nonce.
    Overtaken {
        /// The other transaction's hash, if it was found.
        by: Option<TxHash>,
    },
    /// A restart no longer finds it.
    Withdrawn,
    /// Nobody waits for it any more: the caller's time is up, or the caller is gone.
    Abandoned,
    /// Somebody waits for it again.
    Awaited,
}

/// What is to be done for one intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Todo {
    Sign { nonce: u64, fees: Option<Fees> },
    Store { hash: TxHash },
    Offer { hash: TxHash },
    Price { than: Fees },
    FindUser { nonce: u64 },
    Settle { hash: TxHash },
    Withdraw,
    Release { nonce: u64 },
    Requeue { nonce: u64 },
    Conclude(Verdict),
    Forget,
}

/// What the caller is told, once for each time that somebody waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Verdict {
    /// Nothing was sent, or nothing of it can take effect any more.
    NotSent {
        /// Why.
        cause: NotSentCause,
    },
    /// It may take effect, once.
    Unknown {
        /// The newest version that may have left.
        hash: TxHash,
        /// The nonce.
        nonce: u64,
    },
    /// It is on the chain, as deep as was asked for.
    Included {
        /// The version that made it.
        hash: TxHash,
    },
}

/// Why nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum NotSentCause {
    /// The caller stopped waiting before anything had left.
    Abandoned,
    /// It could not be signed.
    NotSigned,
    /// It could not be stored, and so was not offered.
    NotStored,
    /// Its own time had passed.
    TooLate,
    /// Every node that was asked refused it.
    Refused,
    /// It needs higher fees than the limits allow.
    FeeCap,
    /// Another transaction took its nonce, for good.
    Superseded {
        /// That transaction's hash, if it was found.
        by: Option<TxHash>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Queued,
    Signing,
    Storing,
    Out(Replacing),
    Mined { hash: TxHash, block: u64 },
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
    confirmations: u64,
    waited_for: bool,
    concluded: bool,
    /// From an earlier process: followed to its end, though nobody may wait for it.
    is_restored: bool,
    /// Offers without an answer.
    unanswered: u32,
    /// Whether some answer did not exclude that bytes arrived.
    may_have_arrived: bool,
    /// Offers in a row that were not taken.
    failures: u32,
    next_offer: Option<Millis>,
    newest_since: Millis,
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
            confirmations,
            waited_for: true,
            concluded: false,
            is_restored: false,
            unanswered: 0,
            may_have_arrived: false,
            failures: 0,
            next_offer: None,
            newest_since: 0,
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
    ) -> Self {
        Self {
            stage: Stage::Out(Replacing::No),
            nonce: Some(nonce),
            versions,
            waited_for: false,
            is_restored: true,
            may_have_arrived: true,
            next_offer: Some(now),
            newest_since: now,
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

    pub(crate) fn is_waited_for(&self) -> bool {
        self.waited_for && !self.concluded
    }

    /// Whether some version of it may be with a node.
    fn may_be_out(&self) -> bool {
        self.may_have_arrived || self.unanswered > 0
    }

    fn newest(&self) -> Option<Version> {
        self.versions.last().copied()
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
                    meaning,
                    retry_after,
                },
            ) => self.answered(*meaning, *retry_after, now, policy),
            (_, IntentEvent::Withheld) => self.withheld(now, policy),
            (Stage::Queued, IntentEvent::Assigned { nonce }) => {
                self.stage = Stage::Signing;
                self.nonce = Some(*nonce);
                vec![Todo::Sign {
                    nonce: *nonce,
                    fees: None,
                }]
            }
            (Stage::Signing, IntentEvent::Signed { version }) => {
                self.stage = Stage::Storing;
                self.versions.push(*version);
                vec![Todo::Store { hash: version.hash }]
            }
            (Stage::Signing, IntentEvent::SigningFailed) => self.end(NotSentCause::NotSigned),
            (Stage::Storing, IntentEvent::Stored) if !self.waited_for => {
                self.withdraw(NotSentCause::Abandoned)
            }
            (Stage::Storing, IntentEvent::Stored) => {
                self.stage = Stage::Out(Replacing::No);
                self.newest_since = now;
                self.offer()
            }
            // Nobody can say what the journal has kept: it has to forget it, too.
            (Stage::Storing, IntentEvent::StoringFailed) => self.withdraw(NotSentCause::NotStored),
            (Stage::Out(replacing), event) => self.out(replacing, event, now, policy),
            (
                Stage::Mined { .. } | Stage::Withdrawing(_),
                IntentEvent::Included { hash, block },
            ) => {
                self.included(*hash, *block);
                Vec::new()
            }
            (Stage::Mined { hash, .. }, IntentEvent::Missing) => self.unmined(hash, now),
            (Stage::Withdrawing(cause), IntentEvent::Withdrawn) => self.end(cause),
            _ => Vec::new(),
        }
    }

    /// Events of an intent that has been offered.
    fn out(
        &mut self,
        replacing: Replacing,
        event: &IntentEvent,
        now: Millis,
        policy: &Policy,
    ) -> Vec<Todo> {
        match (replacing, event) {
            (_, IntentEvent::Included { hash, block }) => {
                self.included(*hash, *block);
                Vec::new()
            }
            (_, IntentEvent::Missing) => self.missed(now, policy),
            (_, IntentEvent::Overtaken { by }) => self.overtaken(*by),
            (Replacing::Pricing, IntentEvent::Priced { fees: Some(fees) }) => {
                self.stage = Stage::Out(Replacing::Signing);
                let nonce = self.nonce.expect("an intent that was offered has a nonce");
                vec![Todo::Sign {
                    nonce,
                    fees: Some(*fees),
                }]
            }
            (Replacing::Pricing, IntentEvent::Priced { fees: None }) if !self.may_be_out() => {
                self.withdraw(NotSentCause::FeeCap)
            }
            (Replacing::Pricing, IntentEvent::Priced { fees: None })
            | (Replacing::Signing, IntentEvent::SigningFailed) => self.not_replaced(now),
            (Replacing::Signing, IntentEvent::Signed { version }) => {
                self.stage = Stage::Out(Replacing::Storing);
                self.versions.push(*version);
                vec![Todo::Store { hash: version.hash }]
            }
            (Replacing::Storing, IntentEvent::Stored) => {
                self.stage = Stage::Out(Replacing::No);
                self.newest_since = now;
                self.offer()
            }
            (Replacing::Storing, IntentEvent::StoringFailed) => {
                self.versions.pop();
                self.not_replaced(now)
            }
            _ => Vec::new(),
        }
    }

    /// What time alone brings. `is_lowest`: nothing below its nonce waits for a block.
    /// `is_needed`: something above its nonce does, and is waited for.
    pub(crate) fn tick(
        &mut self,
        now: Millis,
        policy: &Policy,
        is_lowest: bool,
        is_needed: bool,
    ) -> Vec<Todo> {
        let Stage::Out(replacing) = self.stage else {
            return Vec::new();
        };
        if !self.is_wanted(is_needed) {
            return Vec::new();
        }
        let stuck_since = self.newest_since.saturating_add(policy.replace_after);
        if is_lowest && self.can_be_replaced(replacing, policy) && now >= stuck_since {
            return self.price();
        }
        if self.unanswered == 0 && self.next_offer.is_none_or(|at| at <= now) {
            return self.offer();
        }
        Vec::new()
    }

    /// When [`tick`](Self::tick) has something to do next, if nothing else happens.
    pub(crate) fn next_tick(
        &self,
        policy: &Policy,
        is_lowest: bool,
        is_needed: bool,
    ) -> Option<Millis> {
        let Stage::Out(replacing) = self.stage else {
            return None;
        };
        if !self.is_wanted(is_needed) {
            return None;
        }
        let offer = (self.unanswered == 0).then(|| self.next_offer.unwrap_or(0));
        let replace = (is_lowest && self.can_be_replaced(replacing, policy))
            .then(|| self.newest_since.saturating_add(policy.replace_after));
        offer.into_iter().chain(replace).min()
    }

    /// Whether it is to be helped along.
    fn is_wanted(&self, is_needed: bool) -> bool {
        self.is_waited_for() || is_needed || (self.is_restored && !self.concluded)
    }

    /// The head is at this block: it may be deep enough to conclude, or to be forgotten.
    pub(crate) fn head(&mut self, head: u64, policy: &Policy) -> Vec<Todo> {
        let Stage::Mined { hash, block } = self.stage else {
            return Vec::new();
        };
        if head < block {
            return Vec::new();
        }
        let depth = head - block + 1;
        let mut todo = Vec::new();
        if depth >= self.confirmations && !self.concluded {
            todo.push(Todo::Settle { hash });
            todo.extend(self.conclude(Verdict::Included { hash }));
        }
        if self.concluded && depth > policy.reorg_depth {
            self.stage = Stage::Ended;
            todo.push(Todo::Forget);
        }
        todo
    }

    /// The process that did its work has ended, and another goes on: work under way is lost.
    pub(crate) fn interrupted(&mut self, now: Millis) -> Vec<Todo> {
        if self.unanswered > 0 {
            self.unanswered = 0;
            self.may_have_arrived = true;
            self.next_offer = Some(now);
        }
        match (self.stage, self.nonce, self.newest()) {
            (Stage::Signing, Some(nonce), _) => vec![Todo::Sign { nonce, fees: None }],
            (Stage::Storing, _, Some(version)) => vec![Todo::Store { hash: version.hash }],
            (Stage::Withdrawing(_), ..) => vec![Todo::Withdraw],
            (Stage::Out(Replacing::Storing), _, Some(version)) => {
                vec![Todo::Store { hash: version.hash }]
            }
            (Stage::Out(Replacing::Pricing | Replacing::Signing), ..) => self.not_replaced(now),
            _ => Vec::new(),
        }
    }

    fn abandoned(&mut self) -> Vec<Todo> {
        self.waited_for = false;
        match self.stage {
            Stage::Queued | Stage::Signing => self.end(NotSentCause::Abandoned),
            Stage::Out(_) if !self.may_be_out() => self.withdraw(NotSentCause::Abandoned),
            Stage::Out(_) | Stage::Mined { .. } => match (self.offered(), self.nonce) {
                (Some(version), Some(nonce)) => self
                    .conclude(Verdict::Unknown {
                        hash: version.hash,
                        nonce,
                    })
                    .into_iter()
                    .collect(),
                _ => Vec::new(),
            },
            // It ends as soon as the journal has answered.
            Stage::Storing | Stage::Withdrawing(_) | Stage::Ended => Vec::new(),
        }
    }

    /// The newest version that may have left.
    fn offered(&self) -> Option<Version> {
        match self.stage {
            Stage::Mined { hash, .. } => self.versions.iter().copied().find(|v| v.hash == hash),
            Stage::Out(Replacing::Storing) => self.versions.iter().rev().nth(1).copied(),
            _ => self.newest(),
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
            Meaning::Underpriced
                if replacing == Replacing::No
                    && self.waited_for
                    && self.versions.len() <= policy.most_replacements =>
            {
                self.back_off(retry_after, now, policy);
                return self.price();
            }
            _ => {}
        }
        if !self.waited_for && !self.may_be_out() {
            return self.withdraw(NotSentCause::Abandoned);
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
        self.stage = Stage::Mined { hash, block };
        self.may_have_arrived = true;
        self.missing = 0;
    }

    /// A reorg took it off the chain. Its bytes are as good as before.
    fn unmined(&mut self, hash: TxHash, now: Millis) -> Vec<Todo> {
        self.stage = Stage::Out(Replacing::No);
        self.newest_since = now;
        // What was mined is valid; a later version may never have left.
        if let Some(place) = self
            .versions
            .iter()
            .position(|version| version.hash == hash)
        {
            self.versions.truncate(place + 1);
        }
        // Who was told already has what was asked for: it goes out again if others need it.
        self.next_offer = None;
        if self.is_waited_for() {
            self.offer()
        } else {
            Vec::new()
        }
    }

    fn missed(&mut self, now: Millis, policy: &Policy) -> Vec<Todo> {
        if self.missing > 0 && now < self.last_missing.saturating_add(policy.look_pause) {
            return Vec::new();
        }
        self.missing += 1;
        self.last_missing = now;
        match self.nonce {
            Some(nonce) if self.missing >= policy.looks => vec![Todo::FindUser { nonce }],
            _ => Vec::new(),
        }
    }

    fn overtaken(&mut self, by: Option<TxHash>) -> Vec<Todo> {
        if !self.is_waited_for() {
            return self.withdraw(NotSentCause::Superseded { by });
        }
        let Some(nonce) = self.nonce.take() else {
            return Vec::new();
        };
        // None of them can be mined any more.
        *self = Self::new(self.confirmations);
        vec![Todo::Requeue { nonce }]
    }

    fn can_be_replaced(&self, replacing: Replacing, policy: &Policy) -> bool {
        replacing == Replacing::No
            && self.may_have_arrived
            && self.versions.len() <= policy.most_replacements
    }

    fn price(&mut self) -> Vec<Todo> {
        let Some(version) = self.newest() else {
            return Vec::new();
        };
        self.stage = Stage::Out(Replacing::Pricing);
        vec![Todo::Price { than: version.fees }]
    }

    fn not_replaced(&mut self, now: Millis) -> Vec<Todo> {
        self.stage = Stage::Out(Replacing::No);
        self.newest_since = now;
        Vec::new()
    }

    fn offer(&mut self) -> Vec<Todo> {
        let version = match self.stage {
            // The newest is not stored yet.
            Stage::Out(Replacing::Storing) => self.offered(),
            _ => self.newest(),
        };
        let Some(version) = version else {
            return Vec::new();
        };
        self.unanswered += 1;
        self.next_offer = None;
        vec![Todo::Offer { hash: version.hash }]
    }

    fn back_off(&mut self, retry_after: Option<Millis>, now: Millis, policy: &Policy) {
        let doublings = self.failures.min(16);
        self.failures += 1;
        let pause = retry_after
            .unwrap_or_else(|| policy.offer_pause.saturating_mul(1 << doublings))
            .min(LONGEST_PAUSE);
        self.next_offer = Some(now.saturating_add(pause));
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
