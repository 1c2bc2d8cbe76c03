//! When a transaction is helped along, and how far.

use ogpu_tx::{Account, Action, Event, Fees, IntentEvent, IntentId, Meaning, Policy, Version};
use ogpu_types::{TxHash, Wei};

const FIRST: IntentId = IntentId(1);

fn version(byte: u8, gas_price: u64) -> Version {
    Version {
        hash: TxHash::new([byte; 32]),
        fees: Fees::Legacy {
            gas_price: Wei::from(gas_price),
        },
    }
}

fn tell(account: &mut Account, event: IntentEvent, now: u64) -> Vec<Action> {
    account.on(&Event::Intent { id: FIRST, event }, now)
}

fn want(account: &mut Account, id: IntentId) -> Vec<Action> {
    let event = Event::Wanted {
        id,
        confirmations: 1,
        pending: Some(0),
    };
    account.on(&event, 0)
}

fn out(account: &mut Account, version: Version, now: u64) {
    let hash = version.hash;
    let nonce = 0;
    tell(account, IntentEvent::Signed { nonce, version }, now);
    let actions = tell(account, IntentEvent::Stored { hash }, now);
    assert_eq!(actions, [Action::Offer { id: FIRST, hash }]);
    let answered = IntentEvent::Answered {
        hash,
        meaning: Meaning::Accepted,
        retry_after: None,
    };
    assert_eq!(tell(account, answered, now), []);
}

#[test]
fn what_nobody_waits_for_is_helped_when_others_wait_for_its_place() {
    let policy = Policy {
        most_in_flight: 1,
        ..Policy::default()
    };
    let mut account = Account::new(policy);
    want(&mut account, FIRST);
    let sent = version(1, 10);
    out(&mut account, sent, 0);
    tell(&mut account, IntentEvent::Abandoned, 0);
    assert_eq!(account.next_tick(), None);
    assert_eq!(want(&mut account, IntentId(2)), []);
    assert_eq!(account.next_tick(), Some(policy.reoffer_after));
    let again = Action::Offer {
        id: FIRST,
        hash: sent.hash,
    };
    assert_eq!(account.on(&Event::Tick, policy.reoffer_after), [again]);
}

#[test]
fn a_stuck_transaction_is_replaced_as_often_as_allowed() {
    let policy = Policy {
        most_replacements: 2,
        ..Policy::default()
    };
    let mut account = Account::new(policy);
    want(&mut account, FIRST);
    out(&mut account, version(1, 10), 0);
    let pending = Some(1);
    account.on(&Event::Counted { mined: 0, pending }, 0);
    let mut now = 0;
    for (byte, gas_price) in [(2, 20), (3, 40)] {
        now += policy.replace_after;
        let actions = account.on(&Event::Tick, now);
        let than = version(1, gas_price / 2).fees;
        assert_eq!(actions, [Action::Price { id: FIRST, than }]);
        let fees = Some(version(1, gas_price).fees);
        let sign = Action::Sign {
            id: FIRST,
            nonce: 0,
            fees,
        };
        assert_eq!(
            tell(&mut account, IntentEvent::Priced { fees }, now),
            [sign]
        );
        out(&mut account, version(byte, gas_price), now);
    }
    now += policy.replace_after;
    let hash = version(3, 40).hash;
    let again = Action::Offer { id: FIRST, hash };
    assert_eq!(account.on(&Event::Tick, now), [again]);
}

#[test]
fn fees_that_no_node_would_take_for_a_replacement_are_not_signed() {
    let policy = Policy::default();
    let mut account = Account::new(policy);
    want(&mut account, FIRST);
    out(&mut account, version(1, 80), 0);
    let pending = Some(1);
    account.on(&Event::Counted { mined: 0, pending }, 0);
    account.on(&Event::Tick, policy.replace_after);
    let fees = Some(version(1, 89).fees);
    let priced = IntentEvent::Priced { fees };
    assert_eq!(tell(&mut account, priced, policy.replace_after), []);
}

#[test]
fn only_what_the_chain_uses_next_is_replaced() {
    let policy = Policy::default();
    let mut account = Account::new(policy);
    want(&mut account, FIRST);
    out(&mut account, version(1, 10), 0);
    // Nobody has counted since: another program's transaction may be below.
    let actions = account.on(&Event::Tick, policy.replace_after);
    let count = Action::Count { after: 0 };
    let hash = version(1, 10).hash;
    assert_eq!(actions, [count, Action::Offer { id: FIRST, hash }]);
}
