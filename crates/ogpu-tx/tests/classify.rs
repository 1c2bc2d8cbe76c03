//! What nodes and providers say of an offered transaction, and what it means.

use ogpu_tx::{
    Meaning::{self, AlreadyKnown, NonceTooLow, NotTaken, Occupied, Refused, Unclear, Underpriced},
    NodeAnswer, classify, is_too_often,
};
use proptest::prelude::*;

const OFFER: &str = "eth_sendRawTransaction";

/// Who says it, with which code, what, and its meaning.
#[rustfmt::skip]
const TEXTS: &[(&str, i64, &str, Meaning)] = &[
    ("geth", -32000, "already known", AlreadyKnown),
    ("geth, old", -32000, "known transaction: 0x7f657507aee0511e36d2d1972a6b22e917cc89f92b6c12c4dbd57eaabb236960", AlreadyKnown),
    ("geth, light", -32000, "Known transaction (7f65)", AlreadyKnown),
    ("geth", -32000, "nonce too low: next nonce 5, tx nonce 4", NonceTooLow),
    ("geth", -32000, "nonce too low: address 0x0499BEA33347cb62D79A9C0b1EDA01d8d329894c, tx: 4 state: 5", NonceTooLow),
    ("geth", -32000, "replacement transaction underpriced", Occupied),
    ("geth", -32000, "replacement transaction underpriced: new tx gas fee cap 1 < 1 queued", Occupied),
    ("geth", -32000, "transaction underpriced", Underpriced),
    ("geth", -32000, "transaction underpriced: gas tip cap 0, minimum needed 1", Underpriced),
    ("geth", -32000, "max fee per gas less than block base fee: address 0x00, maxFeePerGas: 1, baseFee: 7", Underpriced),
    ("geth, old", -32000, "fee cap less than block base fee", Underpriced),
    ("geth", -32000, "txpool is full", NotTaken),
    ("geth", -32000, "account limit exceeded", NotTaken),
    ("geth", -32000, "future transaction tries to replace pending", NotTaken),
    ("geth", -32000, "address already reserved", NotTaken),
    ("geth", -32000, "authority already reserved", NotTaken),
    ("geth", -32000, "gapped-nonce tx from delegated accounts", NotTaken),
    ("geth", -32000, "in-flight transaction limit reached for delegated accounts", NotTaken),
    ("geth", -32000, "nonce too high: address 0x00, tx: 9 state: 5", NotTaken),
    ("geth", -32000, "insufficient funds for gas * price + value: balance 0, tx cost 21000, overshot 21000", Refused),
    ("geth", -32000, "insufficient funds for transfer", Refused),
    ("geth", -32000, "intrinsic gas too low: gas 1, minimum needed 21000", Refused),
    ("geth", -32000, "exceeds block gas limit", Refused),
    ("geth", -32000, "gas limit reached", Refused),
    ("geth", -32000, "gas uint64 overflow", Refused),
    ("geth", -32000, "tx fee (12.00 ether) exceeds the configured cap (1.00 ether)", Refused),
    ("geth", -32000, "max priority fee per gas higher than max fee per gas", Refused),
    ("geth, old", -32000, "tip higher than fee cap", Refused),
    ("geth", -32000, "invalid sender", Refused),
    ("geth", -32000, "invalid chain id for signer: have 1 want 2", Refused),
    ("geth", -32000, "invalid transaction v, r, s values", Refused),
    ("geth", -32000, "only replay-protected (EIP-155) transactions allowed over RPC", Refused),
    ("geth", -32000, "transaction type not supported", Refused),
    ("geth", -32000, "typed transaction too short", Refused),
    ("geth", -32000, "rlp: expected input list for types.LegacyTx", Refused),
    ("geth", -32000, "oversized data: transaction size 200000, limit 131072", Refused),
    ("geth", -32000, "negative value", Refused),
    ("geth", -32000, "max initcode size exceeded: code size 50000, limit 49152", Refused),
    ("geth", -32000, "nonce has max value: address 0x00, nonce: 18446744073709551615", Refused),
    ("geth", -32000, "unknown transaction", Unclear),
    ("erigon", -32000, "ALREADY_EXISTS: already known", AlreadyKnown),
    ("erigon", -32000, "existing tx with same hash", AlreadyKnown),
    ("erigon", -32000, "existing txn with same hash", AlreadyKnown),
    ("erigon", -32000, "INTERNAL_ERROR: nonce too low", NonceTooLow),
    ("erigon", -32000, "INTERNAL_ERROR: could not replace existing tx", Occupied),
    ("erigon", -32000, "INTERNAL_ERROR: replacement transaction underpriced", Occupied),
    ("erigon", -32000, "underpriced", Underpriced),
    ("erigon", -32000, "fee too low", Underpriced),
    ("erigon", -32000, "spammer", NotTaken),
    ("erigon", -32000, "pending sub-pool is full", NotTaken),
    ("erigon", -32000, "baseFee sub-pool is full", NotTaken),
    ("erigon", -32000, "queued sub-pool is full", NotTaken),
    ("erigon", -32000, "blobs limit in txpool is full", NotTaken),
    ("erigon", -32000, "insufficient funds", Refused),
    ("erigon", -32000, "IntrinsicGas", Refused),
    ("erigon", -32000, "GasUintOverflow", Refused),
    ("erigon", -32000, "RLPTooLong", Refused),
    ("erigon", -32000, "initcode too large", Refused),
    ("nethermind", -32010, "AlreadyKnown", AlreadyKnown),
    ("nethermind", -32010, "OldNonce, Current nonce: 5, nonce of rejected tx: 4", NonceTooLow),
    ("nethermind", -32010, "OwnNonceAlreadyUsed", Occupied),
    ("nethermind", -32010, "ReplacementNotAllowed", Occupied),
    ("nethermind", -32010, "FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 1, BaseFee: 7", Underpriced),
    ("nethermind", -32010, "FeeTooLowToCompete", Underpriced),
    ("nethermind", -32010, "NonceGap, Future nonce. Expected nonce: 5", NotTaken),
    ("nethermind", -32010, "nonce too far in future", NotTaken),
    ("nethermind", -32010, "delegation nonce gap", NotTaken),
    ("nethermind", -32010, "pending transaction type conflict", NotTaken),
    ("nethermind", -32010, "node is syncing", NotTaken),
    ("nethermind", -32010, "InsufficientFunds, Account balance: 0, cumulative cost: 21000", Refused),
    ("nethermind", -32010, "GasLimitExceeded, Gas limit: 30000000, gas limit of rejected tx: 40000000", Refused),
    ("nethermind", -32010, "FailedToResolveSender", Refused),
    ("nethermind", -32010, "failed to recover sender", Refused),
    ("nethermind", -32010, "SenderIsContract", Refused),
    ("nethermind", -32010, "sender not an eoa", Refused),
    ("nethermind", -32010, "Int256Overflow", Refused),
    ("nethermind", -32010, "transaction cost overflow", Refused),
    ("nethermind", -32010, "unsupported transaction type", Refused),
    ("nethermind", -32010, "transaction too large", Refused),
    ("besu", -32000, "Known transaction", AlreadyKnown),
    ("besu", -32001, "Nonce too low", NonceTooLow),
    ("besu", -32000, "Replacement transaction underpriced", Occupied),
    ("besu", -32009, "Gas price below configured minimum gas price", Underpriced),
    ("besu", -32009, "Gas price below current base fee", Underpriced),
    ("besu", -32006, "Nonce too high", NotTaken),
    ("besu", -32000, "Transaction nonce is too distant from current sender nonce", NotTaken),
    ("besu", -32000, "An invalid transaction with a lower nonce exists", NotTaken),
    ("besu", -32008, "Initial sync is still in progress", NotTaken),
    ("besu", -32002, "Transaction pool not enabled. (Either txpool explicitly disabled, or node not yet in sync).", NotTaken),
    ("besu", -32002, "Invalid signature", Refused),
    ("besu", -32003, "Intrinsic gas exceeds gas limit", Refused),
    ("besu", -32004, "Upfront cost exceeds account balance", Refused),
    ("besu", -32005, "Transaction gas limit exceeds block gas limit", Refused),
    ("besu", -32007, "Sender account not authorized to send transactions", Refused),
    ("besu", -32000, "Wrong chainId", Refused),
    ("besu", -32000, "ChainId not supported", Refused),
    ("besu", -32000, "Transaction fee cap exceeded", Refused),
    ("besu", -32000, "Max priority fee per gas exceeds max fee per gas", Refused),
    ("besu", -32602, "Invalid transaction type", Refused),
    ("besu", -32000, "Execution reverted", Unclear),
    ("besu", -32603, "Timeout expired", Unclear),
    ("reth", -32000, "already known", AlreadyKnown),
    ("reth", -32000, "nonce too low: next nonce 5, tx nonce 4", NonceTooLow),
    ("reth", -32000, "replacement transaction underpriced", Occupied),
    ("reth", -32000, "transaction underpriced", Underpriced),
    ("reth", -32000, "txpool is full", NotTaken),
    ("reth", -32003, "Insufficient funds for gas * price + value", Refused),
    ("reth", -32602, "failed to decode signed transaction", Refused),
    ("anvil", -32003, "nonce too low", NonceTooLow),
    ("anvil", -32003, "Nonce too high", NotTaken),
    ("anvil", -32003, "Insufficient funds for gas * price + value", Refused),
    ("anvil", -32603, "Tx: [PoolTransaction { requires: [] }] insufficient gas price to replace existing transaction", Occupied),
    ("anvil", -32603, "Tx: [PoolTransaction { requires: [] }] already Imported", AlreadyKnown),
    ("anvil", -32003, "max fee per gas less than block base fee", Underpriced),
    ("anvil", -32003, "intrinsic gas too low", Refused),
    ("Hardhat", -32000, "Nonce too low. Expected nonce to be 5 but got 4.", NonceTooLow),
    ("Hardhat", -32000, "Transaction maxFeePerGas (1) is too low for the next block, which has a baseFeePerGas of 875000000", Underpriced),
    ("Hardhat", -32603, "Error: VM Exception while processing transaction: reverted with reason string 'no'", Unclear),
    ("Opera", -32000, "transaction underpriced", Underpriced),
    ("Opera", -32000, "nonce too low", NonceTooLow),
    ("Opera", -32000, "tx fee (1.10 FTM) exceeds the configured cap (1.00 FTM)", Refused),
    ("Sonic", -32000, "already known", AlreadyKnown),
    ("Sonic", -32000, "insufficient funds for gas * price + value", Refused),
    ("Parity", -32010, "Transaction with the same hash was already imported.", AlreadyKnown),
    ("Parity", -32010, "Transaction nonce is too low. Try incrementing the nonce.", NonceTooLow),
    ("Parity", -32010, "Transaction gas price 100wei is too low. There is another transaction with same nonce in the queue with gas price 150wei. Try increasing the gas price or incrementing the nonce.", Occupied),
    ("Parity", -32010, "There are too many transactions in the queue. Your transaction was dropped due to limit. Try increasing the fee.", Underpriced),
    ("Parity", -32010, "Transaction gas price is too low. It does not satisfy your node's minimal gas price (minimal: 100 got: 50). Try increasing the gas price.", Underpriced),
    ("Parity", -32010, "Insufficient funds. The account you tried to send transaction from does not have enough funds. Required 200 and got: 100.", Refused),
    ("Parity", -32010, "Transaction is too big, see chain specification for the limit.", Refused),
    ("Parity", -32010, "Supplied gas is beyond limit.", Refused),
    ("Parity", -32010, "Sender is banned in local queue.", Refused),
    ("Parity", -32010, "Invalid RLP data: RlpExpectedToBeList", Refused),
    ("Arbitrum", -32000, "transaction rejected: nonce too low", NonceTooLow),
    ("Arbitrum", -32000, "invalid transaction nonce", NonceTooLow),
    ("Arbitrum", -32000, "gas price too low", Underpriced),
    ("Arbitrum", -32000, "tx dropped due to L2 congestion", NotTaken),
    ("Arbitrum", -32000, "not enough funds for gas", Refused),
    ("Optimism", -32000, "fee too low: 30365610000000, use at least tx.gasLimit = 5874374 and tx.gasPrice = 15000000", Underpriced),
    ("Optimism", -32000, "fee too high: 5835750750000000, use less than 467550750000000 * 0.700000", Refused),
    ("Harmony", -32000, "transaction already finalized", NonceTooLow),
    ("Moonbeam", -32603, "submit transaction to pool failed: Pool(Stale)", NonceTooLow),
    ("Moonbeam", -32603, "submit transaction to pool failed: Pool(AlreadyImported)", AlreadyKnown),
    ("Infura", -32005, "daily request count exceeded, request rate limited", NotTaken),
    ("Infura", -32005, "project ID request rate exceeded", NotTaken),
    ("Infura", -32603, "request failed or timed out", Unclear),
    ("Alchemy", 429, "Your app has exceeded its compute units per second capacity. If you have retries enabled, you can safely ignore this message.", NotTaken),
    ("Alchemy", -32000, "Unable to complete request at this time.", Unclear),
    ("QuickNode", 429, "The requests per second (RPS) of your requests are higher than your plan allows.", NotTaken),
    ("QuickNode", -32007, "50/second request limit reached - reduce calls per second or upgrade your account", NotTaken),
    ("Ankr", -32000, "INTERNAL_ERROR: could not replace existing tx", Occupied),
    ("Ankr", -32090, "Too many requests, reason: call rate limit exhausted, retry in 10s", NotTaken),
    ("Cloudflare", -32046, "Cannot fulfill request", Unclear),
    ("a gateway", -32603, "backend request failed", Unclear),
    ("a gateway", -32005, "slow down", NotTaken),
    ("any", -32601, "the method eth_sendRawTransaction does not exist", Refused),
    ("any", -32602, "invalid params", Refused),
    ("any", -32603, "Internal error", Unclear),
    ("any", -32000, "", Unclear),
];

fn said(code: i64, message: &str) -> Meaning {
    classify(&NodeAnswer {
        method: OFFER,
        code: Some(code),
        message,
        ..NodeAnswer::default()
    })
}

#[test]
fn what_nodes_and_providers_say_is_understood() {
    for (who, code, text, meaning) in TEXTS {
        assert_eq!(said(*code, text), *meaning, "{who}: {text}");
    }
}

#[test]
fn a_reason_in_the_data_counts_like_one_in_the_message() {
    for (who, code, text, meaning) in TEXTS {
        let answer = NodeAnswer {
            method: OFFER,
            code: Some(*code),
            message: "Transaction rejected",
            data: Some(text),
            status: Some(200),
        };
        assert_eq!(classify(&answer), *meaning, "{who}: {text}");
    }
}

#[test]
fn a_status_tells_only_what_was_not_looked_at() {
    let status = |status| {
        classify(&NodeAnswer {
            method: OFFER,
            status: Some(status),
            ..NodeAnswer::default()
        })
    };
    for refused in [400, 401, 402, 403, 404, 405, 413, 415] {
        assert_eq!(status(refused), Refused, "{refused}");
    }
    assert_eq!(status(429), NotTaken);
    for unclear in [200, 301, 408, 409, 499, 500, 502, 503, 504, 520, 522, 524] {
        assert_eq!(status(unclear), Unclear, "{unclear}");
    }
}

#[test]
fn only_offers_are_classified() {
    let answer = NodeAnswer {
        method: "eth_call",
        code: Some(-32000),
        message: "insufficient funds",
        ..NodeAnswer::default()
    };
    assert_eq!(classify(&answer), Unclear);
}

#[test]
fn a_text_that_keeps_a_transaction_wins_over_one_that_refuses_it() {
    let keeps = |meaning: &Meaning| !matches!(meaning, Refused | Unclear);
    let by_text = TEXTS
        .iter()
        .filter(|(_, _, text, meaning)| keeps(meaning) && said(0, text) == *meaning);
    for (_, code, kept, meaning) in by_text {
        for (_, _, refused, _) in TEXTS.iter().filter(|(.., meaning)| *meaning == Refused) {
            for text in [format!("{kept}: {refused}"), format!("{refused}: {kept}")] {
                let read = said(*code, &text);
                assert!(keeps(&read), "{text}: {read:?}, not {meaning:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn neither_case_nor_what_stands_around_it_makes_a_refusal_of_a_text(
        row in proptest::sample::select(TEXTS),
        before in "\\PC{0,30}",
        after in "\\PC{0,30}",
        cases: u64,
    ) {
        let (_, code, text, meaning) = row;
        let in_cases: String = text
            .chars()
            .zip((0..64).cycle())
            .map(|(char, bit)| match cases >> bit & 1 {
                1 => char.to_ascii_uppercase(),
                _ => char.to_ascii_lowercase(),
            })
            .collect();
        prop_assert_eq!(said(code, &in_cases), meaning);
        let around = said(code, &format!("{before} {in_cases} {after}"));
        prop_assert!(around == meaning || meaning == Unclear || around != Refused);
    }

    #[test]
    fn what_nobody_knows_is_unclear_and_nothing_panics(
        code in -32_100..-31_900_i64,
        message in "[0-9xyz ]{0,40}",
        any in "\\PC{0,60}",
        data in proptest::option::of("\\PC{0,60}"),
        any_code: Option<i64>,
        status: Option<u16>,
    ) {
        if code != -32005 {
            prop_assert_eq!(said(code, &message), Unclear);
        }
        classify(&NodeAnswer {
            method: OFFER,
            code: any_code,
            message: &any,
            data: data.as_deref(),
            status,
        });
    }
}

#[test]
fn an_exceeded_rate_is_told_from_logs_that_are_too_many() {
    for (code, message) in [
        (
            429,
            "Your app has exceeded its compute units per second capacity",
        ),
        (-32000, "Too Many Requests"),
        (-32005, "daily request count exceeded, request rate limited"),
        (-32005, "limit exceeded"),
    ] {
        assert!(is_too_often(code, message), "{code} {message}");
    }
    for (code, message) in [
        (-32005, "query returned more than 10000 results"),
        (-32005, "block range is too wide"),
        (3, "execution reverted"),
    ] {
        assert!(!is_too_often(code, message), "{code} {message}");
    }
}
