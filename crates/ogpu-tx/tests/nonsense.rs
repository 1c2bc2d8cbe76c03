//! The machines under events that make no sense: they neither panic nor forget their order.

use std::collections::{BTreeMap, BTreeSet};

use ogpu_tx::{
    Account, Action, Event, Fees, IntentEvent, IntentId, Meaning, Millis, Policy, Version,
};
use ogpu_types::{TxHash, Wei};
use proptest::{option, prelude::*};

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        6 => 0..8_u64,
        1 => u64::MAX - 3..=u64::MAX,
        1 => any::<u64>(),
    ]
}

fn id() -> impl Strategy<Value = IntentId> {
    (0..4_u64).prop_map(IntentId)
}

fn hash() -> impl Strategy<Value = TxHash> {
    (0..4_u8).prop_map(|byte| TxHash::new([byte; 32]))
}

fn fees() -> impl Strategy<Value = Fees> {
    let wei = || number().prop_map(Wei::from);
    prop_oneof![
        wei().prop_map(|gas_price| Fees::Legacy { gas_price }),
        (wei(), wei()).prop_map(|(max_fee, tip)| Fees::Eip1559 { max_fee, tip }),
    ]
}

fn version() -> impl Strategy<Value = Version> {
    (hash(), fees()).prop_map(|(hash, fees)| Version { hash, fees })
}

fn meaning() -> impl Strategy<Value = Meaning> {
    prop_oneof![
        Just(Meaning::Accepted),
        Just(Meaning::AlreadyKnown),
        Just(Meaning::NonceTooLow),
        Just(Meaning::Underpriced),
        Just(Meaning::Occupied),
        Just(Meaning::Refused),
        Just(Meaning::NotTaken),
        Just(Meaning::Unclear),
    ]
}

fn intent_event() -> impl Strategy<Value = IntentEvent> {
    prop_oneof![
        3 => (number(), version())
            .prop_map(|(nonce, version)| IntentEvent::Signed { nonce, version }),
        1 => number().prop_map(|nonce| IntentEvent::SigningFailed { nonce }),
        3 => hash().prop_map(|hash| IntentEvent::Stored { hash }),
        1 => hash().prop_map(|hash| IntentEvent::StoringFailed { hash }),
        1 => hash().prop_map(|hash| IntentEvent::Withheld { hash }),
        3 => (hash(), meaning(), option::of(number())).prop_map(|(hash, meaning, retry_after)| {
            IntentEvent::Answered { hash, meaning, retry_after }
        }),
        2 => option::of(fees()).prop_map(|fees| IntentEvent::Priced { fees }),
        2 => (hash(), number()).prop_map(|(hash, block)| IntentEvent::Included { hash, block }),
        2 => Just(IntentEvent::Missing),
        2 => (number(), option::of(hash()))
            .prop_map(|(nonce, by)| IntentEvent::Overtaken { nonce, by }),
        1 => Just(IntentEvent::Withdrawn),
        1 => Just(IntentEvent::Abandoned),
        1 => Just(IntentEvent::Awaited),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (id(), number(), option::of(number())).prop_map(|(id, confirmations, pending)| {
            Event::Wanted { id, confirmations, pending }
        }),
        2 => (id(), number(), number(), proptest::collection::vec(version(), 0..3)).prop_map(
            |(id, confirmations, nonce, versions)| {
                Event::Restored { id, confirmations, nonce, versions }
            }
        ),
        24 => (id(), intent_event()).prop_map(|(id, event)| Event::Intent { id, event }),
        3 => (number(), option::of(number()))
            .prop_map(|(mined, pending)| Event::Counted { mined, pending }),
        1 => Just(Event::NotCounted),
        2 => number().prop_map(|number| Event::Head { number }),
        1 => Just(Event::Reorganised),
        4 => Just(Event::Tick),
        1 => Just(Event::Interrupted),
    ]
}

/// What the order of events and actions allows for one intent.
#[derive(Default)]
struct Allowed {
    is_waited_for: bool,
    is_owed: bool,
    is_withdrawn: bool,
    stored: BTreeSet<TxHash>,
    has_been_offered: bool,
}

#[derive(Default)]
struct Order(BTreeMap<IntentId, Allowed>);

impl Order {
    fn told(&mut self, event: &Event) {
        match event {
            Event::Wanted { id, .. } => {
                self.0.entry(*id).or_insert_with(|| Allowed {
                    is_waited_for: true,
                    is_owed: true,
                    ..Allowed::default()
                });
            }
            Event::Restored { id, versions, .. } if !versions.is_empty() => {
                self.0.entry(*id).or_insert_with(|| Allowed {
                    is_owed: true,
                    stored: versions.iter().map(|version| version.hash).collect(),
                    has_been_offered: true,
                    ..Allowed::default()
                });
            }
            Event::Intent { id, event } => {
                let Some(allowed) = self.0.get_mut(id) else {
                    return;
                };
                match event {
                    IntentEvent::Stored { hash } => {
                        allowed.stored.insert(*hash);
                    }
                    IntentEvent::Abandoned => allowed.is_waited_for = false,
                    IntentEvent::Awaited => {
                        allowed.is_waited_for = true;
                        allowed.is_owed = true;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn wants(&mut self, action: &Action) {
        match action {
            Action::Offer { id, hash } => {
                let allowed = self.0.get_mut(id).expect("an offer of what is not known");
                assert!(allowed.stored.contains(hash), "offered before it is stored");
                assert!(!allowed.is_withdrawn, "offered after Withdraw");
                assert!(
                    allowed.is_waited_for || allowed.has_been_offered,
                    "offered for the first time, and nobody waits"
                );
                allowed.has_been_offered = true;
            }
            Action::Withdraw { id } => {
                let allowed = self
                    .0
                    .get_mut(id)
                    .expect("a withdrawal of what is not known");
                allowed.is_withdrawn = true;
            }
            Action::Conclude { id, .. } => {
                let allowed = self.0.get_mut(id).expect("a verdict of what is not known");
                let was_owed = std::mem::replace(&mut allowed.is_owed, false);
                assert!(was_owed, "two verdicts for one wait");
            }
            Action::Forget { id } => {
                let allowed = self.0.remove(id).expect("forgotten twice");
                assert!(!allowed.is_owed, "forgotten without a verdict");
            }
            Action::Sign { id, .. }
            | Action::Store { id, .. }
            | Action::Price { id, .. }
            | Action::FindReceipt { id }
            | Action::FindUser { id, .. }
            | Action::Settle { id, .. } => {
                assert!(self.0.contains_key(id), "{action:?} of what is not known");
            }
            _ => {}
        }
    }
}

fn policy() -> impl Strategy<Value = Policy> {
    (1..4_usize, number(), 0..3_usize, 0..3_u32, 0..4_u64).prop_map(
        |(most_in_flight, pause, most_replacements, looks, reorg_depth)| Policy {
            most_in_flight,
            offer_pause: pause,
            reoffer_after: pause,
            replace_after: pause,
            fill_after: pause,
            look_pause: pause,
            most_replacements,
            looks,
            reorg_depth,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn no_events_make_it_panic_or_break_its_order(
        policy in policy(),
        events in proptest::collection::vec((event(), number()), 1..120),
    ) {
        let mut account = Account::new(policy);
        let mut order = Order::default();
        for (event, now) in events {
            order.told(&event);
            let now: Millis = now;
            for action in account.on(&event, now) {
                order.wants(&action);
            }
            account.next_tick();
            account.is_watching();
        }
    }
}
