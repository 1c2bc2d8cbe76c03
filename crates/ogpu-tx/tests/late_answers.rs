//! Answers that come when their question is no longer the one that matters.

use ogpu_tx::{
    Account, Action, Event, Fees, IntentEvent, IntentId, Meaning, Policy, Verdict, Version,
};
use ogpu_types::{TxHash, Wei};

const ID: IntentId = IntentId(1);

fn version(byte: u8, gas_price: u64) -> Version {
    Version {
        hash: TxHash::new([byte; 32]),
        fees: Fees::Legacy {
            gas_price: Wei::from(gas_price),
        },
    }
}

fn tell(account: &mut Account, event: IntentEvent) -> Vec<Action> {
    account.on(&Event::Intent { id: ID, event }, 0)
}

fn answered(version: Version, meaning: Meaning) -> IntentEvent {
    IntentEvent::Answered {
        hash: version.hash,
        meaning,
        retry_after: None,
    }
}

fn wanted(confirmations: u64) -> Account {
    let mut account = Account::new(Policy {
        looks: 1,
        ..Policy::default()
    });
    let event = Event::Wanted {
        id: ID,
        confirmations,
        pending: Some(0),
    };
    account.on(&event, 0);
    account
}

fn offer(account: &mut Account, nonce: u64, version: Version) {
    let hash = version.hash;
    tell(account, IntentEvent::Signed { nonce, version });
    let actions = tell(account, IntentEvent::Stored { hash });
    assert_eq!(actions, [Action::Offer { id: ID, hash }]);
}

/// An intent that lost its first nonce to another program, while an offer was under way.
fn moved_to_another_nonce(first: Version) -> Account {
    let mut account = wanted(1);
    offer(&mut account, 0, first);
    let pending = None;
    account.on(&Event::Counted { mined: 1, pending }, 0);
    let actions = tell(&mut account, IntentEvent::Missing);
    assert_eq!(actions, [Action::FindUser { id: ID, nonce: 0 }]);
    let overtaken = IntentEvent::Overtaken { nonce: 0, by: None };
    let sign = Action::Sign {
        id: ID,
        nonce: 1,
        fees: None,
    };
    assert_eq!(tell(&mut account, overtaken), [sign]);
    account
}

#[test]
fn a_signature_for_the_old_nonce_is_not_taken_for_one_for_the_new() {
    let mut account = moved_to_another_nonce(version(1, 10));
    let late = IntentEvent::Signed {
        nonce: 0,
        version: version(2, 20),
    };
    assert_eq!(tell(&mut account, late), []);
    let failed = IntentEvent::SigningFailed { nonce: 0 };
    assert_eq!(tell(&mut account, failed), []);
    offer(&mut account, 1, version(3, 10));
}

#[test]
fn a_refusal_of_the_old_bytes_does_not_end_the_new_ones() {
    let old = version(1, 10);
    let mut account = moved_to_another_nonce(old);
    let new = version(2, 10);
    offer(&mut account, 1, new);
    assert_eq!(tell(&mut account, answered(old, Meaning::Refused)), []);
    let held_back = IntentEvent::Withheld { hash: old.hash };
    assert_eq!(tell(&mut account, held_back), []);
    // The new bytes may be anywhere.
    let unknown = Action::Conclude {
        id: ID,
        verdict: Verdict::Unknown {
            hash: new.hash,
            nonce: 1,
        },
    };
    assert_eq!(tell(&mut account, IntentEvent::Abandoned), [unknown]);
}

#[test]
fn who_was_overtaken_at_the_old_nonce_is_not_at_the_new() {
    let mut account = moved_to_another_nonce(version(1, 10));
    let new = version(2, 10);
    offer(&mut account, 1, new);
    tell(&mut account, answered(new, Meaning::Accepted));
    let again = IntentEvent::Overtaken { nonce: 0, by: None };
    assert_eq!(tell(&mut account, again), []);
}

#[test]
fn a_write_of_older_bytes_does_not_let_newer_ones_out() {
    let mut account = wanted(1);
    let (first, second) = (version(1, 10), version(2, 20));
    offer(&mut account, 0, first);
    tell(&mut account, answered(first, Meaning::Underpriced));
    let priced = IntentEvent::Priced {
        fees: Some(second.fees),
    };
    tell(&mut account, priced);
    let signed = IntentEvent::Signed {
        nonce: 0,
        version: second,
    };
    tell(&mut account, signed);
    let hash = first.hash;
    assert_eq!(tell(&mut account, IntentEvent::Stored { hash }), []);
    let hash = second.hash;
    let offered = [Action::Offer { id: ID, hash }];
    assert_eq!(tell(&mut account, IntentEvent::Stored { hash }), offered);
}

#[test]
fn a_chain_that_was_set_back_takes_nothing_from_those_who_wait_for_depth() {
    let mut account = wanted(3);
    let sent = version(1, 10);
    offer(&mut account, 0, sent);
    tell(&mut account, answered(sent, Meaning::Accepted));
    let hash = sent.hash;
    tell(&mut account, IntentEvent::Included { hash, block: 1 });
    let event = Event::Wanted {
        id: IntentId(2),
        confirmations: 1,
        pending: Some(0),
    };
    let sign = Action::Sign {
        id: IntentId(2),
        nonce: 1,
        fees: None,
    };
    assert_eq!(account.on(&event, 0), [sign]);
    let (mined, pending) = (0, Some(0));
    let actions = account.on(&Event::Counted { mined, pending }, 0);
    assert_eq!(actions, [Action::FindReceipt { id: ID }]);
    let offered = [Action::Offer { id: ID, hash }];
    assert_eq!(tell(&mut account, IntentEvent::Missing), offered);
}

#[test]
fn a_chain_that_was_set_back_forgets_what_is_done() {
    let mut account = wanted(1);
    let sent = version(1, 10);
    offer(&mut account, 0, sent);
    tell(&mut account, answered(sent, Meaning::Accepted));
    let hash = sent.hash;
    tell(&mut account, IntentEvent::Included { hash, block: 1 });
    let id = IntentId(2);
    let event = Event::Wanted {
        id,
        confirmations: 1,
        pending: Some(0),
    };
    assert_eq!(account.on(&event, 0), [Action::Count { after: 0 }]);
    let (mined, pending) = (0, Some(0));
    let sign = Action::Sign {
        id,
        nonce: 0,
        fees: None,
    };
    let actions = account.on(&Event::Counted { mined, pending }, 0);
    assert_eq!(actions, [Action::Forget { id: ID }, sign]);
}

#[test]
fn a_doubted_receipt_is_asked_for_until_there_is_an_answer() {
    let mut account = wanted(3);
    let sent = version(1, 10);
    offer(&mut account, 0, sent);
    tell(&mut account, answered(sent, Meaning::Accepted));
    let hash = sent.hash;
    tell(&mut account, IntentEvent::Included { hash, block: 5 });
    let ask = [Action::FindReceipt { id: ID }];
    assert_eq!(account.on(&Event::Reorganised, 0), ask);
    // No answer comes, and the transaction is in another block of the same chain.
    let counted = Event::Counted {
        mined: 1,
        pending: None,
    };
    assert_eq!(account.on(&counted, 0), ask);
    tell(&mut account, IntentEvent::Included { hash, block: 6 });
    assert_eq!(account.on(&counted, 0), []);
}

/// The blocks below may have been replaced, and the account is about to hear of it.
#[test]
fn a_receipt_in_a_newer_block_says_nothing_of_how_deep_others_are() {
    let mut account = wanted(4);
    let (first, second) = (version(1, 10), version(2, 10));
    offer(&mut account, 0, first);
    let other = IntentId(2);
    let confirmations = 4;
    let event = Event::Wanted {
        id: other,
        confirmations,
        pending: None,
    };
    account.on(&event, 0);
    for event in [
        IntentEvent::Signed {
            nonce: 1,
            version: second,
        },
        IntentEvent::Stored { hash: second.hash },
    ] {
        account.on(&Event::Intent { id: other, event }, 0);
    }

    account.on(&Event::Head { number: 12 }, 0);
    let block = 10;
    let hash = first.hash;
    tell(&mut account, IntentEvent::Included { hash, block });
    let event = IntentEvent::Included {
        hash: second.hash,
        block: 13,
    };
    assert_eq!(account.on(&Event::Intent { id: other, event }, 0), []);
    let actions = account.on(&Event::Head { number: 13 }, 0);
    let verdict = Verdict::Included { hash };
    assert!(actions.contains(&Action::Conclude { id: ID, verdict }));
}
