//! The account, what the model knows of its intents, and what must hold.

use std::collections::{BTreeMap, BTreeSet};

use ogpu_tx::{
    Account, Action, Event, Fees, IntentEvent, IntentId, Meaning, Millis, NotSentCause, Policy,
    Verdict, Version,
};
use ogpu_types::TxHash;

use super::chain::{Chain, Net, Tx};

/// What the model knows of an intent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) confirmations: u64,
    pub(crate) max_fee: u64,
    /// Somebody waits.
    pub(crate) is_waited_for: bool,
    /// A verdict is owed.
    pub(crate) is_open: bool,
    pub(crate) is_restored: bool,
    pub(crate) is_forgotten: bool,
    /// It was as deep as was asked for.
    pub(crate) was_settled: bool,
    /// It was told that nothing of it takes effect.
    pub(crate) is_not_sent: bool,
    pub(crate) is_withdrawn: bool,
    pub(crate) nonce: Option<u64>,
    /// Signed under the nonce.
    pub(crate) signed: Vec<Version>,
    pub(crate) stored: BTreeSet<TxHash>,
    /// Why it might not be sent.
    pub(crate) causes: Vec<NotSentCause>,
    pub(crate) offered: BTreeSet<TxHash>,
    /// A node has refused it.
    pub(crate) was_refused: bool,
}

/// A piece of work that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Sign {
        id: IntentId,
        nonce: u64,
        fees: Option<Fees>,
    },
    Store {
        id: IntentId,
        hash: TxHash,
        entry: usize,
    },
    Offer {
        id: IntentId,
        hash: TxHash,
    },
    Price {
        id: IntentId,
        than: Fees,
    },
    FindReceipt {
        id: IntentId,
    },
    FindUser {
        id: IntentId,
        nonce: u64,
    },
    Settle {
        id: IntentId,
    },
    Withdraw {
        id: IntentId,
    },
    Count {
        due: Millis,
    },
    Fill,
}

/// What the journal has of an intent.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) confirmations: u64,
    pub(crate) nonce: u64,
    pub(crate) versions: Vec<Version>,
    pub(crate) is_settled: bool,
}

pub(crate) struct World {
    pub(crate) account: Account,
    pub(crate) policy: Policy,
    pub(crate) now: Millis,
    pub(crate) net: Net,
    /// The chain as the plumbing has seen it.
    pub(crate) view: Chain,
    /// The same when the account last heard of it.
    pub(crate) told: Chain,
    /// Blocks that were looked at are gone, and the account has not heard of it.
    pub(crate) has_reorganised: bool,
    pub(crate) journal: BTreeMap<IntentId, Entry>,
    pub(crate) known: BTreeMap<IntentId, Known>,
    pub(crate) work: Vec<Work>,
    /// What was to be written, in the order that it was asked for.
    pub(crate) entries: Vec<Entry>,
    pub(crate) txs: BTreeMap<TxHash, Tx>,
    pub(crate) offers: usize,
    pub(crate) fills: usize,
    pub(crate) counts: usize,
    pub(crate) last_count: Option<u64>,
    next_id: u64,
    /// What this account was told, and what it wanted done.
    trace: Vec<(Event, Millis, Vec<Action>)>,
}

impl World {
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            account: Account::new(policy),
            policy,
            now: 1_000_000,
            net: Net {
                min_fee: 1,
                ..Net::default()
            },
            view: Chain::default(),
            told: Chain::default(),
            has_reorganised: false,
            journal: BTreeMap::new(),
            known: BTreeMap::new(),
            work: Vec::new(),
            entries: Vec::new(),
            txs: BTreeMap::new(),
            offers: 0,
            fills: 0,
            counts: 0,
            last_count: None,
            next_id: 0,
            trace: Vec::new(),
        }
    }

    pub(crate) fn want(
        &mut self,
        confirmations: u64,
        max_fee: u64,
        pending: Option<u64>,
    ) -> IntentId {
        self.next_id += 1;
        let id = IntentId(self.next_id);
        let known = Known {
            confirmations,
            max_fee,
            is_waited_for: true,
            is_open: true,
            ..Known::default()
        };
        self.known.insert(id, known);
        self.feed(Event::Wanted {
            id,
            confirmations,
            pending,
        });
        id
    }

    pub(crate) fn tell(&mut self, id: IntentId, event: IntentEvent) {
        let cause = match event {
            IntentEvent::SigningFailed { .. } => Some(NotSentCause::NotSigned),
            IntentEvent::StoringFailed { .. } => Some(NotSentCause::NotStored),
            IntentEvent::Withheld { .. } => Some(NotSentCause::TooLate),
            IntentEvent::Priced { fees: None } => Some(NotSentCause::FeeCap),
            IntentEvent::Overtaken { by, .. } => Some(NotSentCause::Superseded { by }),
            IntentEvent::Abandoned => Some(NotSentCause::Abandoned),
            IntentEvent::Answered {
                meaning: Meaning::Refused,
                ..
            } => Some(NotSentCause::Refused),
            _ => None,
        };
        let known = self.known.get_mut(&id).unwrap();
        known.was_refused |= cause == Some(NotSentCause::Refused);
        known.causes.extend(cause);
        self.feed(Event::Intent { id, event });
    }

    pub(crate) fn feed(&mut self, event: Event) {
        match &event {
            Event::Counted { mined, .. } => self.last_count = Some(*mined),
            Event::Reorganised => self.last_count = None,
            Event::Intent {
                id,
                event: IntentEvent::Included { .. },
            } => {
                let next = self.known[id].nonce.map(|nonce| nonce + 1);
                self.last_count = self.last_count.max(next);
            }
            Event::Intent {
                event: IntentEvent::Overtaken { nonce, .. },
                ..
            } => self.last_count = self.last_count.max(Some(nonce + 1)),
            _ => {}
        }
        let actions = self.account.on(&event, self.now);
        for action in &actions {
            self.check(action, &event);
            self.take(action);
        }
        self.trace.push((event, self.now, actions));
    }

    /// Time passes. A tick that is due does something, or is due later.
    pub(crate) fn tick(&mut self, after: Millis) {
        self.now += after;
        for round in 0.. {
            let was_due = self.account.next_tick().is_some_and(|at| at <= self.now);
            let before = self.account.next_tick();
            self.feed(Event::Tick);
            let has_acted = self.trace.last().is_some_and(|(.., did)| !did.is_empty());
            if !was_due {
                assert!(!has_acted, "I4: a tick acted that was not due");
                break;
            }
            let after = self.account.next_tick();
            assert!(
                has_acted || after > before || after.is_none(),
                "I4: a tick that was due at {before:?} did nothing"
            );
            assert!(round < 100, "I4: ticks without end");
        }
    }

    /// A new process starts with what the journal has.
    pub(crate) fn restart(&mut self) {
        self.replay();
        self.account = Account::new(self.policy);
        self.work.clear();
        self.last_count = None;
        self.has_reorganised = false;
        for (id, known) in &mut self.known {
            known.is_open = false;
            known.is_waited_for = false;
            let entry = self.journal.get(id);
            let is_stored = entry.is_some_and(|entry| !entry.is_settled);
            if !known.is_forgotten && !is_stored && !known.was_settled {
                assert!(
                    !self.net.is_alive(*id, None),
                    "I3: {id:?} was not stored, and may take effect"
                );
            }
            known.is_forgotten = !is_stored;
        }
        let journal = self.journal.clone().into_iter();
        for (id, entry) in journal.filter(|(_, entry)| !entry.is_settled) {
            let known = self.known.get_mut(&id).unwrap();
            known.is_restored = true;
            known.is_open = true;
            known.is_withdrawn = false;
            known.nonce = Some(entry.nonce);
            known.signed.clone_from(&entry.versions);
            known.stored = entry.versions.iter().map(|version| version.hash).collect();
            known.offered.extend(known.stored.iter());
            self.feed(Event::Restored {
                id,
                confirmations: entry.confirmations,
                nonce: entry.nonce,
                versions: entry.versions,
            });
        }
    }

    /// I7: the same events, after a trip through JSON, give the same actions.
    pub(crate) fn replay(&mut self) {
        let trace = std::mem::take(&mut self.trace);
        let text = serde_json::to_string(&trace).unwrap();
        let read: Vec<(Event, Millis, Vec<Action>)> = serde_json::from_str(&text).unwrap();
        assert_eq!(read, trace, "I7: JSON changes a trace");
        let mut account = Account::new(self.policy);
        for (event, now, actions) in read {
            assert_eq!(account.on(&event, now), actions, "I7: {event:?}");
        }
    }

    fn check(&mut self, action: &Action, cause: &Event) {
        let id = match action {
            Action::Sign { id, .. }
            | Action::Store { id, .. }
            | Action::Offer { id, .. }
            | Action::Price { id, .. }
            | Action::FindReceipt { id }
            | Action::FindUser { id, .. }
            | Action::Settle { id, .. }
            | Action::Withdraw { id }
            | Action::Conclude { id, .. }
            | Action::Forget { id } => *id,
            _ => return,
        };
        let known = &self.known[&id];
        assert!(!known.is_forgotten, "I6: {action:?} after Forget");
        match action {
            Action::Sign { nonce, fees, .. } => self.check_sign(id, *nonce, *fees),
            Action::Offer { hash, .. } => self.check_offer(id, *hash),
            Action::Price { than, .. } => {
                let newest = known.signed.last().unwrap();
                assert_eq!(newest.fees, *than, "I5: {id:?} replaces something older");
                self.check_price(id);
            }
            Action::Settle { hash, .. } => self.check_depth(id, *hash),
            Action::Conclude { verdict, .. } => {
                assert!(
                    known.is_open,
                    "I6: a verdict of {id:?} that nobody waits for"
                );
                self.check_verdict(id, *verdict);
            }
            Action::Forget { .. } => self.check_forget(id, cause),
            _ => {}
        }
    }

    fn check_sign(&self, id: IntentId, nonce: u64, fees: Option<Fees>) {
        let known = &self.known[&id];
        if known.nonce != Some(nonce) {
            let old = known.nonce;
            assert!(
                old.is_none() || !self.net.is_alive(id, old),
                "I1: {id:?} leaves {old:?} for {nonce} while it may take effect there"
            );
            assert!(fees.is_none(), "I1: a replacement at another nonce");
            return;
        }
        if let (Some(fees), Some(newest)) = (fees, known.signed.last()) {
            assert!(fees.replaces(newest.fees), "I5: {fees:?} after {newest:?}");
            // One that could not be stored is not counted.
            assert!(
                known.stored.len() <= self.policy.most_replacements,
                "I5: {id:?} is replaced without end"
            );
        }
    }

    fn check_price(&self, id: IntentId) {
        let nonce = self.known[&id].nonce;
        if !self.net.is_alive(id, nonce) {
            return;
        }
        // Bytes may be on their way that nobody knows of yet: then it was not taken as stuck.
        let is_next = self.last_count == nonce;
        let is_under_way = self
            .work
            .iter()
            .any(|work| matches!(work, Work::Offer { id: other, .. } if *other == id));
        assert!(
            is_next || is_under_way || !self.net.arrived.iter().any(|tx| tx.owner == Some(id)),
            "I5: {id:?} at {nonce:?} is replaced, and {:?} comes first",
            self.last_count
        );
    }

    fn check_offer(&self, id: IntentId, hash: TxHash) {
        let known = &self.known[&id];
        assert!(known.stored.contains(&hash), "I6: offered before stored");
        assert!(!known.is_withdrawn, "I6: {id:?} is offered after Withdraw");
        assert!(
            known.is_waited_for || known.is_restored || !known.offered.is_empty(),
            "I6: {id:?} is offered for the first time after it was abandoned"
        );
        let others_wait = self
            .known
            .iter()
            .any(|(other, known)| *other != id && known.is_open);
        assert!(
            known.is_open || others_wait,
            "I4: {id:?} is offered, and nobody needs it"
        );
    }

    /// I3: as deep as was asked for, where the plumbing sees it, or in what the account has heard of.
    fn check_depth(&self, id: IntentId, hash: TxHash) {
        let confirmations = self.known[&id].confirmations;
        let is_deep = |chain: &Chain| {
            let block = chain.block_of(hash);
            block.is_some_and(|block| chain.head() - block + 1 >= confirmations)
        };
        assert!(
            is_deep(&self.view) || is_deep(&self.told),
            "I3: {id:?} is told as included, and is not {confirmations} deep"
        );
        assert_eq!(self.txs[&hash].owner, Some(id));
    }

    fn check_verdict(&self, id: IntentId, verdict: Verdict) {
        let known = &self.known[&id];
        match verdict {
            Verdict::Included { hash } => self.check_depth(id, hash),
            Verdict::NotSent { cause } => {
                assert!(
                    !self.net.is_alive(id, None),
                    "I3: {id:?} is told as not sent ({cause:?}), and may take effect"
                );
                assert!(known.causes.contains(&cause), "I4: {id:?}: {cause:?}?");
            }
            Verdict::Unknown { hash, nonce } => {
                assert!(known.offered.contains(&hash), "I3: unknown, never offered");
                assert_eq!(known.nonce, Some(nonce), "I3: not its nonce");
            }
            _ => unreachable!(),
        }
    }

    /// I3: nothing is lost from sight that may still change.
    fn check_forget(&self, id: IntentId, cause: &Event) {
        let known = &self.known[&id];
        assert!(!known.is_open, "I6: {id:?} is forgotten without a verdict");
        let is_set_back = matches!(cause, Event::Counted { .. }) && known.was_settled;
        let is_buried = known.nonce.is_some_and(|nonce| {
            let last = self.net.chain.final_at(nonce);
            last.is_some_and(|tx| tx.owner == Some(id))
        });
        assert!(
            is_set_back || is_buried || !self.net.is_alive(id, None),
            "I3: {id:?} is forgotten, and may take effect"
        );
    }

    pub(crate) fn check_not_sent(&self) {
        for (_, tx) in self.net.chain.txs() {
            if let Some(known) = tx.owner.and_then(|id| self.known.get(&id)) {
                assert!(
                    !known.is_not_sent,
                    "I3: {:?} took effect after it was told as not sent",
                    tx.owner
                );
            }
        }
    }
}
