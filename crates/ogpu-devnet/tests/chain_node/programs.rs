//! Small contracts, assembled by hand.

use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, TxKind};
use alloy_sol_types::{Revert, SolError};

use crate::wallet::call;

const STOP: u8 = 0x00;
const ADD: u8 = 0x01;
const GT: u8 = 0x11;
const ADDRESS: u8 = 0x30;
const CALLER: u8 = 0x33;
const CALLDATASIZE: u8 = 0x36;
const CODECOPY: u8 = 0x39;
const BLOCKHASH: u8 = 0x40;
const TIMESTAMP: u8 = 0x42;
const NUMBER: u8 = 0x43;
const CHAINID: u8 = 0x46;
const MSTORE: u8 = 0x52;
const SLOAD: u8 = 0x54;
const SSTORE: u8 = 0x55;
const JUMP: u8 = 0x56;
const JUMPI: u8 = 0x57;
const GAS: u8 = 0x5a;
const JUMPDEST: u8 = 0x5b;
const PUSH1: u8 = 0x60;
const PUSH2: u8 = 0x61;
const PUSH3: u8 = 0x62;
const DUP1: u8 = 0x80;
const LOG2: u8 = 0xa2;
const CALL: u8 = 0xf1;
const RETURN: u8 = 0xf3;
const REVERT: u8 = 0xfd;

/// The first topic of the event that [`counter`] emits; the second one is the caller.
pub(crate) const COUNTED: u8 = 0x2a;

/// Adds 1 to its slot 0, emits the new value and returns it.
pub(crate) fn counter() -> Vec<u8> {
    [
        &[
            PUSH1, 1, PUSH1, 0, SLOAD, ADD, DUP1, PUSH1, 0, SSTORE, PUSH1, 0, MSTORE,
        ][..],
        &[CALLER, PUSH1, COUNTED, PUSH1, 32, PUSH1, 0, LOG2],
        &[PUSH1, 32, PUSH1, 0, RETURN],
    ]
    .concat()
}

/// Reverts with these bytes, at most 255.
pub(crate) fn reverting(data: &[u8]) -> Vec<u8> {
    let length = u8::try_from(data.len()).expect("short data");
    let code = [
        PUSH1, length, PUSH1, 12, PUSH1, 0, CODECOPY, PUSH1, length, PUSH1, 0, REVERT,
    ];
    [&code[..], data].concat()
}

/// Reverts as `require(false, reason)` does.
pub(crate) fn refusing(reason: &str) -> Vec<u8> {
    reverting(&Revert::from(reason).abi_encode())
}

/// Returns the block's timestamp and number, the chain id and the hash of block 0.
pub(crate) fn surroundings() -> Vec<u8> {
    [
        &[
            TIMESTAMP, PUSH1, 0, MSTORE, NUMBER, PUSH1, 32, MSTORE, CHAINID, PUSH1, 64, MSTORE,
        ][..],
        &[
            PUSH1, 0, BLOCKHASH, PUSH1, 96, MSTORE, PUSH1, 128, PUSH1, 0, RETURN,
        ],
    ]
    .concat()
}

/// Never ends.
pub(crate) fn spinning() -> Vec<u8> {
    vec![JUMPDEST, PUSH1, 0, JUMP]
}

/// Calls itself, and the inner call insists on 100,000 gas that it does not use.
pub(crate) fn demanding() -> Vec<u8> {
    let call = [
        PUSH1, 0, PUSH1, 0, PUSH1, 1, PUSH1, 0, PUSH1, 0, ADDRESS, GAS, CALL,
    ];
    let (done, inner) = (25, 27);
    [
        &[CALLDATASIZE, PUSH1, inner, JUMPI][..],
        &call,
        &[PUSH1, done, JUMPI, PUSH1, 0, PUSH1, 0, REVERT],
        &[JUMPDEST, STOP],
        &[
            JUMPDEST, PUSH3, 0x01, 0x86, 0xa0, GAS, GT, PUSH1, done, JUMPI, PUSH1, 0, PUSH1, 0,
            REVERT,
        ],
    ]
    .concat()
}

/// The code that a transaction without recipient carries to create a contract.
pub(crate) fn creation(runtime: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(runtime.len())
        .expect("a contract's code is short")
        .to_be_bytes();
    let code = [
        PUSH2, high, low, DUP1, PUSH1, 12, PUSH1, 0, CODECOPY, PUSH1, 0, RETURN,
    ];
    [&code[..], runtime].concat()
}

/// The transaction that creates the contract.
pub(crate) fn deployment(nonce: u64, runtime: &[u8]) -> TxEip1559 {
    TxEip1559 {
        to: TxKind::Create,
        ..call(nonce, Address::ZERO, &creation(runtime))
    }
}
