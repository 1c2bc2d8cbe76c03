//! One account: its intents and its nonces, and who has to hear of what.

use std::collections::BTreeMap;

use ogpu_types::TxHash;
use serde::{Deserialize, Serialize};

use crate::{
    Fees, IntentEvent, IntentId, Millis, Verdict, Version,
    intent::{Intent, Todo},
    nonces::{NonceTodo, Nonces},
};

/// The numbers that sending goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// How many transactions may wait for their blocks at a time. Defaults to 64.
    pub most_in_flight: usize,
    /// The pause before bytes whose fate is unclear are offered again; it doubles each time, up to
    /// 10 s. Defaults to 250 ms.
    pub offer_pause: Millis,
    /// After this time the bytes of a transaction that is not mined are offered again: a node may
    /// have dropped them. Defaults to 15 s.
    pub reoffer_after: Millis,
    /// After this time without a block, the lowest transaction is replaced by one that offers more.
    /// Defaults to 60 s.
    pub replace_after: Millis,
    /// How often a transaction is replaced at most. Defaults to 10.
    pub most_replacements: usize,
    /// After this time a nonce that was given back, below others in use, gets a transaction of its
    /// own. Defaults to 500 ms.
    pub fill_after: Millis,
    /// How many looks must find the same before it counts as the chain's state, and not as one node
    /// behind a balancer that lags. Defaults to 5.
    pub looks: u32,
    /// The pause between such looks. Defaults to 1 s.
    pub look_pause: Millis,
    /// How many blocks on top make a block final enough to be forgotten. Defaults to 64.
    pub reorg_depth: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            most_in_flight: 64,
            offer_pause: 250,
            reoffer_after: 15_000,
            replace_after: 60_000,
            most_replacements: 10,
            fill_after: 500,
            looks: 5,
            look_pause: 1_000,
            reorg_depth: 64,
        }
    }
}

/// What happens to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Event {
    /// A new intent wants to be sent.
    Wanted {
        /// It.
        id: IntentId,
        /// How deep it has to be to count as done; 1 is a block of its own.
        confirmations: u64,
        /// The account's next nonce as a node has just said, if one was asked.
        pending: Option<u64>,
    },
    /// An intent of an earlier process, which may have been sent.
    Restored {
        /// It.
        id: IntentId,
        /// How deep it has to be to count as done.
        confirmations: u64,
        /// Its nonce.
        nonce: u64,
        /// What was signed under it, oldest first.
        versions: Vec<Version>,
    },
    /// Something happened to one intent.
    Intent {
        /// The intent.
        id: IntentId,
        /// What.
        event: IntentEvent,
    },
    /// A node has counted the account's transactions.
    Counted {
        /// Those that are mined.
        mined: u64,
        /// Those that are mined or wait, if that was asked.
        pending: Option<u64>,
    },
    /// The count that was asked for could not be had.
    NotCounted,
    /// The chain has this height.
    Head {
        /// The number of its last block.
        number: u64,
    },
    /// Blocks that were seen are no longer the chain's.
    Reorganised,
    /// Time has passed.
    Tick,
    /// The process that did what was to be done has ended, and another one goes on.
    Interrupted,
}

/// What is to be done for an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Action {
    /// Sign the intent's payload under a nonce; answered by `Signed` or `SigningFailed`.
    Sign {
        /// The intent.
        id: IntentId,
        /// The nonce.
        nonce: u64,
        /// The fees; `None` leaves them as they were prepared.
        fees: Option<Fees>,
    },
    /// Store a version where a restart finds it; answered by `Stored` or `StoringFailed`.
    Store {
        /// The intent.
        id: IntentId,
        /// The version.
        hash: TxHash,
    },
    /// Offer a version to the nodes; answered by `Answered` or `Withheld`.
    Offer {
        /// The intent.
        id: IntentId,
        /// The version.
        hash: TxHash,
    },
    /// Find the fees of a replacement; answered by `Priced`.
    Price {
        /// The intent.
        id: IntentId,
        /// The fees to be replaced.
        than: Fees,
    },
    /// Look for receipts of all its versions; answered by `Included` or `Missing`.
    FindReceipt {
        /// The intent.
        id: IntentId,
    },
    /// Find out whether another transaction is final at the nonce; answered by `Overtaken`, if so.
    FindUser {
        /// The intent.
        id: IntentId,
        /// The nonce.
        nonce: u64,
    },
    /// Note that it is done; not answered.
    Settle {
        /// The intent.
        id: IntentId,
        /// The version that was mined.
        hash: TxHash,
    },
    /// See to it that a restart does not find it; answered by `Withdrawn`.
    Withdraw {
        /// The intent.
        id: IntentId,
    },
    /// Tell whoever waits.
    Conclude {
        /// The intent.
        id: IntentId,
        /// How it ended, or stands.
        verdict: Verdict,
    },
    /// Nothing more will be asked about it.
    Forget {
        /// The intent.
        id: IntentId,
    },
    /// Count the account's transactions after a pause; answered by `Counted` or `NotCounted`.
    Count {
        /// The pause, in milliseconds.
        after: Millis,
    },
    /// Send a transaction that does nothing, as an intent of its own: a nonce is missing.
    Fill,
}

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
            Event::Wanted {
                id,
                confirmations,
                pending,
            } => {
                let idle = !self.has_live();
                self.intents.insert(*id, Intent::new(*confirmations));
                let todo = self.nonces.want(*id, *pending, idle, &self.policy);
                self.do_nonces(todo, now, &mut actions);
            }
            Event::Restored {
                id,
                confirmations,
                nonce,
                versions,
            } => {
                let intent = Intent::restored(*nonce, versions.clone(), *confirmations, now);
                self.intents.insert(*id, intent);
                self.nonces.hold(*id, *nonce);
                self.tick(now, &mut actions);
            }
            Event::Intent { id, event } => self.intent(*id, event, now, &mut actions),
            Event::Counted { mined, pending } => {
                let idle = !self.has_live();
                let todo = self.nonces.counted(*mined, *pending, idle, &self.policy);
                self.do_nonces(todo, now, &mut actions);
                self.look_below(self.nonces.used(), &mut actions);
            }
            Event::NotCounted => {
                let todo = self.nonces.not_counted(&self.policy);
                self.do_nonces(todo, now, &mut actions);
            }
            Event::Head { number } => self.head(*number, now, &mut actions),
            Event::Reorganised => {
                let mined = self
                    .intents
                    .iter()
                    .filter(|(_, intent)| intent.mined_at().is_some());
                actions.extend(mined.map(|(id, _)| Action::FindReceipt { id: *id }));
            }
            Event::Tick => self.tick(now, &mut actions),
            Event::Interrupted => self.interrupted(now, &mut actions),
        }
        actions
    }

    /// When [`Event::Tick`] is due, if nothing else happens.
    pub fn next_tick(&self) -> Option<Millis> {
        let policy = &self.policy;
        let intents = self.helped().filter_map(|(id, is_lowest, is_needed)| {
            self.intents
                .get(&id)?
                .next_tick(policy, is_lowest, is_needed)
        });
        intents.chain(self.nonces.next_tick(policy)).min()
    }

    /// Whether something waits for a block, or for blocks on top of its own.
    pub fn is_watching(&self) -> bool {
        self.intents.values().any(|intent| {
            intent.is_out() || (intent.mined_at().is_some() && intent.is_waited_for())
        })
    }

    /// Whether any nonce is in use that is not known to be mined.
    pub fn has_live(&self) -> bool {
        self.intents.values().any(Intent::is_live)
    }

    /// The block that an intent was last seen in, if it is mined.
    pub fn mined_at(&self, id: IntentId) -> Option<u64> {
        self.intents.get(&id)?.mined_at()
    }

    fn intent(
        &mut self,
        id: IntentId,
        event: &IntentEvent,
        now: Millis,
        actions: &mut Vec<Action>,
    ) {
        let Some(intent) = self.intents.get_mut(&id) else {
            return;
        };
        let todo = intent.on(event, now, &self.policy);
        self.do_intent(id, todo, now, actions);
        match event {
            // Through these bytes or others: the count tells.
            IntentEvent::Answered {
                meaning: crate::Meaning::NonceTooLow,
                ..
            } => {
                let todo = self.nonces.count(0);
                self.do_nonces(todo, now, actions);
            }
            IntentEvent::Included { block, .. } => {
                if let Some(nonce) = self.intents.get(&id).and_then(Intent::nonce) {
                    let todo = self.nonces.mined(nonce, &self.policy);
                    self.do_nonces(todo, now, actions);
                }
                self.head(self.head.max(*block), now, actions);
            }
            IntentEvent::Awaited => self.head(self.head, now, actions),
            IntentEvent::Abandoned => self.nonces.unwant(id),
            _ => {}
        }
    }

    fn head(&mut self, number: u64, now: Millis, actions: &mut Vec<Action>) {
        self.head = number;
        let ids: Vec<IntentId> = self.intents.keys().copied().collect();
        for id in ids {
            if let Some(intent) = self.intents.get_mut(&id) {
                let todo = intent.head(number, &self.policy);
                self.do_intent(id, todo, now, actions);
            }
        }
    }

    fn tick(&mut self, now: Millis, actions: &mut Vec<Action>) {
        let helped: Vec<_> = self.helped().collect();
        for (id, is_lowest, is_needed) in helped {
            if let Some(intent) = self.intents.get_mut(&id) {
                let todo = intent.tick(now, &self.policy, is_lowest, is_needed);
                self.do_intent(id, todo, now, actions);
            }
        }
        let todo = self.nonces.tick(now, &self.policy);
        self.do_nonces(todo, now, actions);
    }

    /// The intents that are out, by rising nonce: whether each is the lowest, and whether something
    /// above it is waited for.
    fn helped(&self) -> impl Iterator<Item = (IntentId, bool, bool)> + '_ {
        let mut out: Vec<(u64, IntentId, bool)> = self
            .intents
            .iter()
            .filter(|(_, intent)| intent.is_live())
            .filter_map(|(id, intent)| Some((intent.nonce()?, *id, intent.is_waited_for())))
            .collect();
        out.sort_unstable();
        let last_waited_for = out.iter().rposition(|(.., waited_for)| *waited_for);
        out.into_iter().enumerate().map(move |(place, (_, id, _))| {
            (
                id,
                place == 0,
                last_waited_for.is_some_and(|last| place < last),
            )
        })
    }

    /// Whatever has a nonce that is used should have a receipt.
    fn look_below(&self, used: u64, actions: &mut Vec<Action>) {
        let due = self.intents.iter().filter(|(_, intent)| {
            intent.is_out() && intent.nonce().is_some_and(|nonce| nonce < used)
        });
        actions.extend(due.map(|(id, _)| Action::FindReceipt { id: *id }));
    }

    fn interrupted(&mut self, now: Millis, actions: &mut Vec<Action>) {
        let ids: Vec<IntentId> = self.intents.keys().copied().collect();
        for id in ids {
            if let Some(intent) = self.intents.get_mut(&id) {
                let todo = intent.interrupted(now);
                self.do_intent(id, todo, now, actions);
            }
        }
        let todo = self.nonces.interrupted(&self.policy);
        self.do_nonces(todo, now, actions);
    }

    fn do_intent(&mut self, id: IntentId, todo: Vec<Todo>, now: Millis, actions: &mut Vec<Action>) {
        for todo in todo {
            match todo {
                Todo::Sign { nonce, fees } => actions.push(Action::Sign { id, nonce, fees }),
                Todo::Store { hash } => actions.push(Action::Store { id, hash }),
                Todo::Offer { hash } => actions.push(Action::Offer { id, hash }),
                Todo::Price { than } => actions.push(Action::Price { id, than }),
                Todo::FindUser { nonce } => actions.push(Action::FindUser { id, nonce }),
                Todo::Settle { hash } => actions.push(Action::Settle { id, hash }),
                Todo::Withdraw => actions.push(Action::Withdraw { id }),
                Todo::Conclude(verdict) => actions.push(Action::Conclude { id, verdict }),
                Todo::Release { nonce } => {
                    let todo = self.nonces.release(nonce, now, &self.policy);
                    self.do_nonces(todo, now, actions);
                }
                Todo::Requeue { nonce } => {
                    let todo = self.nonces.finish(nonce, &self.policy);
                    self.do_nonces(todo, now, actions);
                    let todo = self.nonces.want(id, None, false, &self.policy);
                    self.do_nonces(todo, now, actions);
                }
                Todo::Forget => {
                    let intent = self.intents.remove(&id);
                    if let Some(nonce) = intent.and_then(|intent| intent.nonce()) {
                        let todo = self.nonces.finish(nonce, &self.policy);
                        self.do_nonces(todo, now, actions);
                    }
                    actions.push(Action::Forget { id });
                }
            }
        }
    }

    fn do_nonces(&mut self, todo: Vec<NonceTodo>, now: Millis, actions: &mut Vec<Action>) {
        for todo in todo {
            match todo {
                NonceTodo::Assign { id, nonce } => {
                    self.intent(id, &IntentEvent::Assigned { nonce }, now, actions);
                }
                NonceTodo::Count { after } => actions.push(Action::Count { after }),
                NonceTodo::Fill => actions.push(Action::Fill),
                NonceTodo::StartOver => {
                    let gone: Vec<IntentId> = self
                        .intents
                        .iter()
                        .filter(|(_, intent)| intent.mined_at().is_some())
                        .map(|(id, _)| *id)
                        .collect();
                    for id in gone {
                        self.intents.remove(&id);
                        actions.push(Action::Forget { id });
                    }
                    self.head = 0;
                }
            }
        }
    }
}
