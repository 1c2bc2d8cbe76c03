//! Offers and their answers, replacements, receipts.

use ogpu_types::TxHash;

use super::{Intent, Replacing, Stage, Todo};
use crate::{Fees, IntentEvent, Meaning, Millis, NotSentCause, Policy, Version};

/// The longest pause between offers whose fate is unclear.
const LONGEST_PAUSE: Millis = 10_000;

impl Intent {
    /// The steps to another version of an intent that has been offered.
    pub(super) fn replacing(
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

    pub(super) fn answered(
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
            Meaning::Refused if self.current == 0 && !self.is_followed() => return self.let_go(),
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

    /// All its versions are refused, and it was offered for the sake of others: they may have its
    /// nonce. Of what shares a nonce, at most one is ever mined.
    fn let_go(&mut self) -> Vec<Todo> {
        self.is_given_up = true;
        Vec::from_iter(self.nonce.map(|nonce| Todo::Release { nonce }))
    }

    /// The offer never left.
    pub(super) fn withheld(&mut self, now: Millis, policy: &Policy) -> Vec<Todo> {
        self.unanswered = self.unanswered.saturating_sub(1);
        if matches!(self.stage, Stage::Out(_)) && !self.may_be_out() {
            return self.withdraw(NotSentCause::TooLate);
        }
        self.next_offer = Some(now.saturating_add(policy.reoffer_after));
        Vec::new()
    }

    pub(super) fn included(&mut self, hash: TxHash, block: u64) {
        self.stage = Stage::Mined {
            hash,
            block,
            is_doubted: false,
        };
        self.may_have_arrived = true;
        self.missing = 0;
    }

    /// A reorg took it off the chain. Its bytes are as good as before.
    pub(super) fn unmined(&mut self, hash: TxHash, now: Millis, policy: &Policy) -> Vec<Todo> {
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

    pub(super) fn missed(&mut self, now: Millis, policy: &Policy) -> Vec<Todo> {
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

    pub(super) fn overtaken(&mut self, nonce: u64, by: Option<TxHash>) -> Vec<Todo> {
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

    pub(super) fn price(&mut self) -> Vec<Todo> {
        let Some(newest) = self.versions.last() else {
            return Vec::new();
        };
        self.stage = Stage::Out(Replacing::Pricing);
        vec![Todo::Price { than: newest.fees }]
    }

    pub(super) fn not_replaced(&mut self, now: Millis, policy: &Policy) -> Vec<Todo> {
        self.stage = Stage::Out(Replacing::No);
        self.stuck_at = now.saturating_add(policy.replace_after);
        Vec::new()
    }

    pub(super) fn store(&mut self, version: Version) -> Vec<Todo> {
        self.is_stored = true;
        self.versions.push(version);
        vec![Todo::Store { hash: version.hash }]
    }

    /// The newest version may be offered now.
    pub(super) fn stored(&mut self, now: Millis, policy: &Policy) -> Vec<Todo> {
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

    pub(super) fn offer(&mut self) -> Vec<Todo> {
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
}
