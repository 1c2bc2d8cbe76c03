//! One account: its intents and its nonces, and who has to hear of what.

use std::collections::BTreeMap;

use crate::{
    Action, Event, IntentEvent, IntentId, Meaning, Millis, Policy,
    intent::{Intent, Standing, Todo},
    nonces::{NonceTodo, Nonces},
};

/// One account's intents and nonces, without any input or output: events in, actions out.
#[derive(Clone, Debug, Default)]
pub struct Account {
    policy: Policy,
    nonces: Nonces,
    intents: BTreeMap<IntentId, Intent>,
    head: u64,
}

impl Account {
    /// An account of which nothing is known.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            ..Self::default()
        }
    }

    /// Takes an event at a time, and says what is to be done.
    pub fn on(&mut self, event: &Event, now: Millis) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Wanted { id, .. } | Event::Restored { id, .. }
                if self.intents.contains_key(id) => {}
            Event::Wanted {
                id,
                confirmations,
                pending,
            } => {
                let is_idle = self.is_idle();
                self.intents.insert(*id, Intent::new(*confirmations));
                let todo = self.nonces.want(*id, *pending, is_idle, now, &self.policy);
                self.do_nonces(todo, now, &mut actions);
            }
            Event::Restored { versions, .. } if versions.is_empty() => {}
            Event::Restored {
                id,
                confirmations,
                nonce,
                versions,
            } => {
                let versions = versions.clone();
                let intent = Intent::restored(*nonce, versions, *confirmations, now, &self.policy);
                self.intents.insert(*id, intent);
                let todo = self.nonces.hold(*id, *nonce);
                self.do_nonces(todo, now, &mut actions);
                self.tick(now, &mut actions);
            }
            Event::Intent { id, event } => self.intent(*id, event, now, &mut actions),
            Event::Counted { mined, pending } => {
                let is_idle = self.is_idle();
                let todo = self
                    .nonces
                    .counted(*mined, *pending, is_idle, now, &self.policy);
                self.do_nonces(todo, now, &mut actions);
                self.look(*mined, is_idle, &mut actions);
            }
            Event::NotCounted => {
                let todo = self.nonces.not_counted(&self.policy);
                self.do_nonces(todo, now, &mut actions);
            }
            Event::Head { number } => self.head(*number, now, &mut actions),
            Event::Reorganised => {
                self.nonces.reorganised();
                self.for_each(now, &mut actions, |intent, _| intent.doubt());
            }
            Event::Tick => self.tick(now, &mut actions),
            Event::Interrupted => self.interrupted(now, &mut actions),
        }
        actions
    }

    /// When [`Event::Tick`] is due, if nothing else happens.
    pub fn next_tick(&self) -> Option<Millis> {
        let intents = self
            .standings()
            .filter_map(|(id, standing)| self.intents.get(&id)?.next_tick(&self.policy, standing));
        intents.chain(self.nonces.next_tick()).min()
    }

    /// Whether something waits for a block, or for blocks on top of its own.
    pub fn is_watching(&self) -> bool {
        self.intents
            .values()
            .any(|intent| intent.is_out() || (intent.mined_at().is_some() && intent.is_followed()))
    }

    /// Whether any nonce is in use that is not known to be mined.
    pub fn has_live(&self) -> bool {
        self.intents.values().any(Intent::is_live)
    }

    /// Whether a nonce is missing below one in use, and nobody has taken it.
    pub fn has_hole(&self) -> bool {
        self.nonces.next_tick().is_some()
    }

    /// The block that an intent was last seen in, if it is mined.
    pub fn mined_at(&self, id: IntentId) -> Option<u64> {
        self.intents.get(&id)?.mined_at()
    }

    /// Whether nothing of it waits for a block, or for blocks on top of its own.
    fn is_idle(&self) -> bool {
        !self.has_live()
            && !self
                .intents
                .values()
                .any(|intent| intent.mined_at().is_some() && !intent.is_done())
    }

    fn intent(
        &mut self,
        id: IntentId,
        event: &IntentEvent,
        now: Millis,
        actions: &mut Vec<Action>,
    ) {
        if *event == IntentEvent::Abandoned {
            self.nonces.unwant(id);
        }
        let Some(intent) = self.intents.get_mut(&id) else {
            return;
        };
        let todo = intent.on(event, now, &self.policy);
        self.do_intent(id, todo, now, actions);
        match event {
            // Through these bytes or others: the count tells.
            IntentEvent::Answered {
                meaning: Meaning::NonceTooLow,
                ..
            } => {
                let todo = self.nonces.count(0);
                self.do_nonces(todo, now, actions);
            }
            IntentEvent::Included { block, .. } => self.included(id, *block, now, actions),
            IntentEvent::Awaited => self.head(self.head, now, actions),
            _ => {}
        }
    }

    fn included(&mut self, id: IntentId, block: u64, now: Millis, actions: &mut Vec<Action>) {
        let intent = self.intents.get(&id);
        let nonce = intent
            .filter(|intent| intent.mined_at() == Some(block))
            .and_then(Intent::nonce);
        if let Some(nonce) = nonce {
            let todo = self.nonces.mined(nonce, now, &self.policy);
            self.do_nonces(todo, now, actions);
            // Its block is there, which says nothing of the others' below: they may have been replaced
            // since the head was looked at.
            let head = self.head.max(block);
            if let Some(intent) = self.intents.get_mut(&id) {
                let todo = intent.head(head, &self.policy);
                self.do_intent(id, todo, now, actions);
            }
        }
    }

    fn head(&mut self, number: u64, now: Millis, actions: &mut Vec<Action>) {
        self.head = number;
        self.for_each(now, actions, |intent, policy| intent.head(number, policy));
    }

    fn tick(&mut self, now: Millis, actions: &mut Vec<Action>) {
        let standings: Vec<_> = self.standings().collect();
        for (id, standing) in standings {
            if let Some(intent) = self.intents.get_mut(&id) {
                let todo = intent.tick(now, &self.policy, standing);
                self.do_intent(id, todo, now, actions);
            }
        }
        let todo = self.nonces.tick(now, &self.policy);
        self.do_nonces(todo, now, actions);
    }

    /// The intents that keep a nonce which is not known to be mined, from the lowest.
    fn standings(&self) -> impl Iterator<Item = (IntentId, Standing)> + '_ {
        let mut live: Vec<(u64, IntentId, bool)> = self
            .intents
            .iter()
            .filter(|(_, intent)| intent.is_live())
            .filter_map(|(id, intent)| Some((intent.nonce()?, *id, intent.is_followed())))
            .collect();
        live.sort_unstable();
        let last_followed = live.iter().rposition(|(.., is_followed)| *is_followed);
        // Who waits for a nonce may wait for those in use to become fewer.
        let are_wanted = self.nonces.are_wanted();
        live.into_iter()
            .enumerate()
            .map(move |(place, (nonce, id, _))| {
                let standing = Standing {
                    is_first: place == 0,
                    is_next: self.nonces.is_next(nonce),
                    is_needed: are_wanted || last_followed.is_some_and(|last| place < last),
                };
                (id, standing)
            })
    }

    /// Whatever has a nonce that is used should have a receipt; and what was mined under one that
    /// is not used has lost its block. The latter matters only to what waits.
    fn look(&self, mined: u64, is_idle: bool, actions: &mut Vec<Action>) {
        let used = self.nonces.used();
        let due = self.intents.iter().filter(|(_, intent)| {
            let is_above = |least: u64| intent.nonce().is_some_and(|nonce| nonce >= least);
            // An answer may have been lost.
            intent.is_doubted()
                || (intent.is_out() && !is_above(used))
                || (intent.mined_at().is_some() && is_above(mined) && !is_idle)
        });
        actions.extend(due.map(|(id, _)| Action::FindReceipt { id: *id }));
    }

    fn interrupted(&mut self, now: Millis, actions: &mut Vec<Action>) {
        self.for_each(now, actions, |intent, policy| {
            intent.interrupted(now, policy)
        });
        let todo = self.nonces.interrupted(&self.policy);
        self.do_nonces(todo, now, actions);
    }

    fn for_each<T: IntoIterator<Item = Todo>>(
        &mut self,
        now: Millis,
        actions: &mut Vec<Action>,
        ask: impl Fn(&mut Intent, &Policy) -> T,
    ) {
        let ids: Vec<IntentId> = self.intents.keys().copied().collect();
        for id in ids {
            if let Some(intent) = self.intents.get_mut(&id) {
                let todo = ask(intent, &self.policy);
                self.do_intent(id, todo, now, actions);
            }
        }
    }

    fn do_intent(
        &mut self,
        id: IntentId,
        todo: impl IntoIterator<Item = Todo>,
        now: Millis,
        actions: &mut Vec<Action>,
    ) {
        for todo in todo {
            match todo {
                Todo::Sign { nonce, fees } => actions.push(Action::Sign { id, nonce, fees }),
                Todo::Store { hash } => actions.push(Action::Store { id, hash }),
                Todo::Offer { hash } => actions.push(Action::Offer { id, hash }),
                Todo::Price { than } => actions.push(Action::Price { id, than }),
                Todo::FindReceipt => actions.push(Action::FindReceipt { id }),
                Todo::Count => {
                    let todo = self.nonces.count(0);
                    self.do_nonces(todo, now, actions);
                }
                Todo::FindUser { nonce } => actions.push(Action::FindUser { id, nonce }),
                Todo::Settle { hash } => actions.push(Action::Settle { id, hash }),
                Todo::Withdraw => actions.push(Action::Withdraw { id }),
                Todo::Conclude(verdict) => actions.push(Action::Conclude { id, verdict }),
                Todo::Release { nonce } => {
                    let todo = self.nonces.release(id, nonce, now, &self.policy);
                    self.do_nonces(todo, now, actions);
                    let wanted_back = self.intents.iter().find_map(|(id, intent)| {
                        (intent.wants_back() == Some(nonce)).then_some(*id)
                    });
                    if let Some(id) = wanted_back {
                        self.reclaim(id, nonce, now, actions);
                    }
                }
                Todo::Reclaim { nonce } => self.reclaim(id, nonce, now, actions),
                Todo::Requeue { nonce } => {
                    let todo = self.nonces.finish(id, nonce, now, &self.policy);
                    self.do_nonces(todo, now, actions);
                    let todo = self.nonces.want(id, None, false, now, &self.policy);
                    self.do_nonces(todo, now, actions);
                }
                Todo::Forget => {
                    let intent = self.intents.remove(&id);
                    if let Some(nonce) = intent.and_then(|intent| intent.nonce()) {
                        let todo = self.nonces.finish(id, nonce, now, &self.policy);
                        self.do_nonces(todo, now, actions);
                    }
                    actions.push(Action::Forget { id });
                }
            }
        }
    }

    /// Gives an intent the nonce back that it gave up, unless another one has it: then that one's end
    /// decides.
    fn reclaim(&mut self, id: IntentId, nonce: u64, now: Millis, actions: &mut Vec<Action>) {
        if let Some(todo) = self.nonces.reclaim(id, nonce, now, &self.policy) {
            if let Some(intent) = self.intents.get_mut(&id) {
                intent.reclaimed(now);
            }
            self.do_nonces(todo, now, actions);
        }
    }

    fn do_nonces(&mut self, todo: Vec<NonceTodo>, now: Millis, actions: &mut Vec<Action>) {
        for todo in todo {
            match todo {
                NonceTodo::Assign { id, nonce } => {
                    let intent = self.intents.get_mut(&id);
                    let todo = intent.and_then(|intent| intent.assigned(nonce));
                    self.do_intent(id, todo, now, actions);
                }
                NonceTodo::Count { after } => actions.push(Action::Count { after }),
                NonceTodo::Fill => actions.push(Action::Fill),
                NonceTodo::StartOver { from } => self.start_over(from, now, actions),
            }
        }
    }

    /// What was mined in blocks that the chain no longer has is of no use to anybody who waits.
    fn start_over(&mut self, from: u64, now: Millis, actions: &mut Vec<Action>) {
        let gone: Vec<(IntentId, u64)> = self
            .intents
            .iter()
            .filter(|(_, intent)| intent.is_done())
            .filter_map(|(id, intent)| Some((*id, intent.nonce()?)))
            .filter(|(_, nonce)| *nonce >= from)
            .collect();
        for (id, nonce) in gone {
            self.nonces.forget(id, nonce);
            self.intents.remove(&id);
            actions.push(Action::Forget { id });
        }
        self.head = 0;
        let todo = self.nonces.assign(now, &self.policy);
        self.do_nonces(todo, now, actions);
    }
}
