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
//! | out, not waited for | refused, every version | out, given up | its nonce for others |
//! | out, given up | awaited, or its nonce is given back by another | out | `Offer` again |
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

mod offers;
mod time;

use ogpu_types::TxHash;

use crate::{Fees, IntentEvent, Millis, NotSentCause, Policy, Verdict, Version};

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
    Reclaim { nonce: u64 },
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
    /// No node takes it any more, and others wait: its nonce is theirs, unless it is mined after all.
    is_given_up: bool,
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
            is_given_up: false,
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
        !self.is_given_up
            && matches!(
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

    /// Whether the block that it was seen in may be gone.
    pub(crate) fn is_doubted(&self) -> bool {
        matches!(
            self.stage,
            Stage::Mined {
                is_doubted: true,
                ..
            }
        )
    }

    /// The nonce it holds; once it has ended, the one that the chain has used.
    pub(crate) fn nonce(&self) -> Option<u64> {
        self.nonce
    }

    /// Whether somebody is to hear of it, or would be if the process had not ended.
    pub(crate) fn is_followed(&self) -> bool {
        (self.waited_for || self.is_restored) && !self.concluded
    }

    /// Whether it is as deep as was asked for, and nobody is still to hear of it.
    pub(crate) fn is_done(&self) -> bool {
        self.concluded && self.is_settled && self.mined_at().is_some()
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

    /// The nonce that it gave up, if somebody waits for it again.
    pub(crate) fn wants_back(&self) -> Option<u64> {
        self.nonce
            .filter(|_| self.is_given_up && self.is_out() && self.is_followed())
    }

    /// Its nonce is its own again.
    pub(crate) fn reclaimed(&mut self, now: Millis) {
        self.is_given_up = false;
        self.next_offer = Some(now);
    }

    /// It has a nonce now, if it was waiting for one.
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
                let given_up = self.nonce.filter(|_| self.is_given_up);
                Vec::from_iter(given_up.map(|nonce| Todo::Reclaim { nonce }))
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
            // It was mined, or mined and lost again, while its replacement was being stored.
            (
                Stage::Mined { .. } | Stage::Out(Replacing::No),
                IntentEvent::StoringFailed { hash },
            ) if self.is_newest(*hash) && self.versions.len() > self.offered => {
                self.versions.pop();
                Vec::new()
            }
            (Stage::Out(replacing), event) => self.replacing(replacing, event, now, policy),
            (Stage::Mined { hash, .. }, IntentEvent::Missing) => self.unmined(hash, now, policy),
            (Stage::Withdrawing(cause), IntentEvent::Withdrawn) => self.end(cause),
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
