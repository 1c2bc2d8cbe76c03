//! The ledger as a state machine, without a node around it.

#[path = "../../../tests/chain_node/wallet.rs"]
mod wallet;

use alloy_consensus::{BlockBody, TxEip1559};
use alloy_eips::eip4895::Withdrawals;
use alloy_rlp::Encodable;

use self::wallet::{CHAIN_ID, FUNDS, GWEI, Wallet, call};
use super::*;

const TO: Address = Address::repeat_byte(0x70);

fn ledger() -> Ledger {
    Ledger::new(&Genesis {
        chain_id: CHAIN_ID,
        base_fee: Some(1_000_000_000),
        gas_limit: 60_000_000,
        balances: (1..=2)
            .map(|number| (Wallet::new(number).address, U256::from(FUNDS)))
            .collect(),
        now: || 1_000,
    })
}

fn submit(ledger: &mut Ledger, raw: &[u8]) -> B256 {
    ledger.submit(raw).expect("an acceptable transaction")
}

#[test]
fn looking_at_the_pending_block_changes_nothing() {
    let mut ledger = ledger();
    submit(&mut ledger, &Wallet::new(1).transfer(0, TO, 5));
    for _ in 0..2 {
        let pending = ledger.pending_block();
        assert_eq!((pending.number(), pending.transactions().len()), (1, 1));
        assert_eq!(
            ledger
                .state(BlockId::pending())
                .expect("a state")
                .balance(TO),
            U256::from(5)
        );
        assert_eq!(
            ledger
                .state(BlockId::latest())
                .expect("a state")
                .balance(TO),
            U256::ZERO
        );
        assert_eq!(ledger.head().number(), 0);
    }
    let expected = ledger.pending_block().hash();
    assert_eq!(ledger.mine().hash(), expected);
}

#[test]
fn a_blocks_size_is_that_of_its_encoding() {
    let mut ledger = ledger();
    for nonce in 0..20 {
        submit(&mut ledger, &Wallet::new(1).transfer(nonce, TO, 1));
    }
    let block = ledger.mine();
    let body = BlockBody {
        transactions: block
            .transactions()
            .iter()
            .map(|tx| tx.inner().clone())
            .collect(),
        ommers: Vec::new(),
        withdrawals: Some(Withdrawals::default()),
    };
    assert_eq!(
        block.size(),
        alloy_consensus::Block::new(block.header().clone(), body).length()
    );
}

#[test]
fn a_transaction_that_lost_its_funds_is_dropped() {
    for instant in [false, true] {
        let mut ledger = ledger();
        let hash = submit(&mut ledger, &Wallet::new(1).transfer(0, TO, 5));
        ledger.set_balance(Wallet::new(1).address, U256::from(1));
        if instant {
            ledger.set_instant(true);
            assert_eq!(ledger.head().number(), 0, "nothing was left to mine");
        } else {
            assert!(ledger.mine().transactions().is_empty());
        }
        assert!(ledger.waiting(hash).is_none());
        assert_eq!(
            ledger.nonce(Wallet::new(1).address, BlockId::pending()),
            Ok(0)
        );
    }
}

#[test]
fn a_mined_replacement_takes_the_old_transaction_along() {
    let mut ledger = ledger();
    let old = submit(&mut ledger, &Wallet::new(1).transfer(0, TO, 1));
    let snapshot = ledger.snapshot();
    let replacement = TxEip1559 {
        max_fee_per_gas: 9 * GWEI,
        max_priority_fee_per_gas: 2 * GWEI,
        ..call(0, TO, &[])
    };
    let new = submit(&mut ledger, &Wallet::new(1).sign(replacement));
    assert!(ledger.waiting(old).is_none());
    ledger.mine();
    assert!(ledger.mined(new).is_some());
    assert!(ledger.revert(snapshot));
    assert!(ledger.waiting(old).is_some());
    assert!(ledger.mined(new).is_none());
}

#[test]
fn events_come_in_the_order_of_what_happened() {
    let mut ledger = ledger();
    ledger.set_instant(true);
    let mut events = ledger.listen();
    let snapshot = ledger.snapshot();
    submit(&mut ledger, &Wallet::new(1).transfer(1, TO, 1));
    assert!(events.try_recv().is_err(), "a nonce gap is nothing to tell");
    submit(&mut ledger, &Wallet::new(1).transfer(0, TO, 1));
    assert!(ledger.revert(snapshot));
    let told: Vec<_> = std::iter::from_fn(|| events.try_recv().ok())
        .map(|event| match event {
            Event::Pending(tx) => ("pending", alloy_consensus::Transaction::nonce(tx.inner())),
            Event::Added(block) => ("added", block.number()),
            Event::Removed(block) => ("removed", block.number()),
        })
        .collect();
    let expected = [
        ("pending", 0),
        ("pending", 1),
        ("added", 1),
        ("added", 2),
        ("removed", 2),
        ("removed", 1),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_listener_that_does_not_listen_is_dropped() {
    let mut ledger = ledger();
    let mut events = ledger.listen();
    for _ in 0..20_001 {
        ledger.mine();
    }
    let heard = std::iter::from_fn(|| events.try_recv().ok()).count();
    assert_eq!(heard, 20_000);
    assert!(events.is_closed());
}

#[test]
fn a_snapshot_outlives_the_pruning_of_its_states() {
    let mut ledger = ledger();
    submit(&mut ledger, &Wallet::new(1).transfer(0, TO, 5));
    ledger.mine();
    let snapshot = ledger.snapshot();
    for _ in 0..300 {
        ledger.mine();
    }
    let number = |number| BlockId::number(number);
    assert_eq!(
        ledger.state(number(1)).err(),
        Some(Missing::State {
            number: 1,
            kept: 257
        })
    );
    assert_eq!(ledger.state(number(302)).err(), Some(Missing::Header));
    assert!(ledger.state(number(45)).is_ok());
    assert!(ledger.state(number(44)).is_err());
    assert!(ledger.revert(snapshot));
    assert_eq!(
        ledger.state(number(1)).expect("kept").balance(TO),
        U256::from(5)
    );
    assert!(ledger.state(number(0)).is_ok());
}

#[test]
fn a_block_takes_the_better_bid_and_of_equals_the_earlier_one() {
    let mut ledger = ledger();
    let bid = |number, nonce, tip| {
        Wallet::new(number).sign(TxEip1559 {
            max_priority_fee_per_gas: tip,
            ..call(nonce, TO, &[])
        })
    };
    let sent = [bid(1, 0, 1), bid(2, 0, 1), bid(2, 1, GWEI)].map(|raw| submit(&mut ledger, &raw));
    let mined: Vec<_> = ledger
        .mine()
        .transactions()
        .iter()
        .map(|tx| hash(tx))
        .collect();
    assert_eq!(mined, sent);
}
