//! Calls and gas estimation.

use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, hex};
use alloy_sol_types::{Panic, PanicKind, SolError};
use serde_json::{Value, json};

use crate::client::{Chain, number, word};
use crate::programs::{counter, creation, demanding, refusing, reverting, spinning, surroundings};
use crate::wallet::{FUNDS, GWEI, Wallet, call};

const STRANGER: Address = Address::repeat_byte(0x77);

/// The failure of a call, after making sure that the estimation fails just the same.
async fn failure(chain: &Chain, to: Address) -> (i64, String, Option<Value>) {
    let called = chain.fail("eth_call", json!([{"to": to}, "latest"])).await;
    let estimated = chain.fail("eth_estimateGas", json!([{"to": to}])).await;
    assert_eq!(
        (called.code, &called.message, &called.data),
        (estimated.code, &estimated.message, &estimated.data)
    );
    (called.code, called.message, called.data)
}

#[tokio::test]
async fn a_call_returns_what_the_contract_returns_and_changes_nothing() {
    let chain = Chain::instant().await;
    let contract = chain.deploy(0, &counter()).await;
    for _ in 0..2 {
        let returned = chain
            .ask(
                "eth_call",
                json!([{"to": contract, "input": "0x01"}, "latest"]),
            )
            .await;
        assert_eq!(returned, format!("0x{:064x}", 1));
    }
    let slot = chain
        .ask("eth_getStorageAt", json!([contract, "0x0", "latest"]))
        .await;
    assert_eq!(slot, format!("0x{:064x}", 0));
}

#[tokio::test]
async fn a_revert_answers_code_3_with_reason_and_data() {
    let chain = Chain::instant().await;
    let with_reason = chain.deploy(0, &refusing("NotOwner")).await;
    let (code, message, data) = failure(&chain, with_reason).await;
    assert_eq!(
        (code, message.as_str()),
        (3, "execution reverted: NotOwner")
    );
    let data = data.expect("the revert's data");
    assert!(
        data.as_str()
            .is_some_and(|data| data.starts_with("0x08c379a0")),
        "{data}"
    );

    let custom = chain
        .deploy(1, &reverting(&[0xde, 0xad, 0xbe, 0xef, 0x01]))
        .await;
    assert_eq!(
        failure(&chain, custom).await,
        (
            3,
            "execution reverted".to_owned(),
            Some(json!("0xdeadbeef01"))
        )
    );

    let silent = chain.deploy(2, &reverting(&[])).await;
    assert_eq!(
        failure(&chain, silent).await,
        (3, "execution reverted".to_owned(), Some(json!("0x")))
    );

    let encoded = Panic::from(PanicKind::ArrayOutOfBounds).abi_encode();
    let panicking = chain.deploy(3, &reverting(&encoded)).await;
    let (code, message, data) = failure(&chain, panicking).await;
    assert_eq!(
        (code, data),
        (3, Some(json!(hex::encode_prefixed(encoded))))
    );
    assert_eq!(
        message,
        "execution reverted: out-of-bounds access of an array or bytesN"
    );
}

#[tokio::test]
async fn a_reverting_transaction_is_mined_with_status_0() {
    let chain = Chain::instant().await;
    let contract = chain.deploy(0, &refusing("NotOwner")).await;
    let receipt = chain
        .receipt(
            &chain
                .send(Wallet::new(1).sign(call(1, contract, &[1])))
                .await,
        )
        .await;
    assert_eq!(receipt["status"], "0x0");
    assert_eq!(receipt["logs"], json!([]));
    assert!(
        number(&receipt["gasUsed"]) < 1_000_000,
        "a revert keeps the gas that is left"
    );
}

#[tokio::test]
async fn an_address_without_code_answers_no_data() {
    let chain = Chain::instant().await;
    assert_eq!(
        chain
            .ask(
                "eth_call",
                json!([{"to": STRANGER, "data": "0x12345678"}, "latest"])
            )
            .await,
        "0x"
    );
}

#[tokio::test]
async fn an_endless_loop_runs_out_of_gas() {
    let chain = Chain::instant().await;
    let contract = chain.deploy(0, &spinning()).await;
    let called = chain
        .fail(
            "eth_call",
            json!([{"to": contract, "gas": "0x100000"}, "latest"]),
        )
        .await;
    assert_eq!(
        (called.code, called.message.as_str()),
        (-32000, "out of gas")
    );
    let estimated = chain
        .fail(
            "eth_estimateGas",
            json!([{"to": contract, "gas": "0x100000"}]),
        )
        .await;
    assert_eq!(
        estimated.message,
        "gas required exceeds allowance (1048576)"
    );
}

#[tokio::test]
async fn a_caller_without_funds_may_call_as_long_as_no_price_is_named() {
    let chain = Chain::instant().await;
    let contract = chain.deploy(0, &counter()).await;
    let mut request = json!({"from": STRANGER, "to": contract});
    chain.ask("eth_call", json!([request, "latest"])).await;
    chain.ask("eth_estimateGas", json!([request])).await;
    request["gas"] = json!("0x10000");
    request["gasPrice"] = json!("0x77359400");
    let failure = chain.fail("eth_call", json!([request, "latest"])).await;
    assert_eq!(
        failure.message,
        format!(
            "insufficient funds for gas * price + value: address {STRANGER} have 0 want 131072000000000"
        )
    );
    let value = chain
        .fail(
            "eth_call",
            json!([{"from": STRANGER, "to": contract, "value": "0x1"}, "latest"]),
        )
        .await;
    assert!(
        value
            .message
            .starts_with("insufficient funds for gas * price + value"),
        "{}",
        value.message
    );
}

#[tokio::test]
async fn a_named_price_below_the_base_fee_fails() {
    let chain = Chain::instant().await;
    let from = Wallet::new(1).address;
    let failure = chain.fail("eth_call", json!([{"from": from, "to": STRANGER, "gas": "0x5208", "maxFeePerGas": "0x1"}, "latest"])).await;
    assert!(
        failure
            .message
            .starts_with("max fee per gas less than block base fee"),
        "{}",
        failure.message
    );
    let both = chain
        .fail(
            "eth_call",
            json!([{"to": STRANGER, "gasPrice": "0x1", "maxFeePerGas": "0x1"}, "latest"]),
        )
        .await;
    assert_eq!(
        both.message,
        "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified"
    );
}

#[tokio::test]
async fn an_estimate_is_what_the_transaction_needs() {
    let chain = Chain::instant().await;
    let from = Wallet::new(1).address;
    let contract = chain.deploy(0, &counter()).await;
    let transfer = json!([{"from": from, "to": STRANGER, "value": "0x1"}]);
    assert_eq!(chain.number("eth_estimateGas", transfer).await, 21_000);
    let estimate = chain
        .number(
            "eth_estimateGas",
            json!([{"from": from, "to": contract, "data": "0x01"}]),
        )
        .await;
    let gas_limit = u64::try_from(estimate).expect("gas fits");
    let short = TxEip1559 {
        gas_limit: gas_limit - 1,
        ..call(1, contract, &[1])
    };
    assert_eq!(
        chain
            .receipt(&chain.send(Wallet::new(1).sign(short)).await)
            .await["status"],
        "0x0"
    );
    let exact = TxEip1559 {
        gas_limit,
        ..call(2, contract, &[1])
    };
    let receipt = chain
        .receipt(&chain.send(Wallet::new(1).sign(exact)).await)
        .await;
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(number(&receipt["gasUsed"]), estimate);
}

#[tokio::test]
async fn an_estimate_holds_back_gas_for_the_63_of_64_rule() {
    let chain = Chain::instant().await;
    let contract = chain.deploy(0, &demanding()).await;
    let estimate = chain
        .number("eth_estimateGas", json!([{"to": contract}]))
        .await;
    let tx = TxEip1559 {
        gas_limit: u64::try_from(estimate).expect("gas fits"),
        ..call(1, contract, &[])
    };
    let receipt = chain
        .receipt(&chain.send(Wallet::new(1).sign(tx)).await)
        .await;
    assert_eq!(receipt["status"], "0x1");
    assert!(number(&receipt["gasUsed"]) < 30_000);
    assert!(estimate > 100_000 && estimate < 130_000, "{estimate}");
}

#[tokio::test]
async fn an_estimate_of_a_creation_deploys() {
    let chain = Chain::instant().await;
    let data = creation(&counter());
    let request = json!([{"from": Wallet::new(1).address, "data": hex::encode_prefixed(&data)}]);
    let gas_limit =
        u64::try_from(chain.number("eth_estimateGas", request).await).expect("gas fits");
    let tx = TxEip1559 {
        gas_limit,
        ..crate::programs::deployment(0, &counter())
    };
    let receipt = chain
        .receipt(&chain.send(Wallet::new(1).sign(tx)).await)
        .await;
    assert_eq!(receipt["status"], "0x1");
}

#[tokio::test]
async fn an_estimate_stays_within_what_the_caller_can_pay() {
    let chain = Chain::instant().await;
    let contract = chain.deploy(0, &demanding()).await;
    let rich = Wallet::new(2).address;
    let request = |price: u128, value: u128| json!([{"from": rich, "to": contract, "gasPrice": format!("{price:#x}"), "value": format!("{value:#x}")}]);
    chain.number("eth_estimateGas", request(2 * GWEI, 0)).await;
    let left = 2 * GWEI * 50_000;
    let failure = chain
        .fail("eth_estimateGas", request(2 * GWEI, FUNDS - left))
        .await;
    assert_eq!(
        failure.code, 3,
        "50,000 gas let the inner call revert: {}",
        failure.message
    );
    let failure = chain
        .fail("eth_estimateGas", request(2 * GWEI, FUNDS + 1))
        .await;
    assert_eq!(failure.message, "insufficient funds for transfer");
}

#[tokio::test]
async fn a_call_sees_the_block_that_it_is_made_at() {
    let chain = Chain::instant().await;
    let contract = chain.deploy(0, &surroundings()).await;
    let seen = async |block: &str| {
        chain
            .ask("eth_call", json!([{"to": contract}, block]))
            .await
    };
    chain.mine().await;
    chain.ask("evm_increaseTime", json!([1_000])).await;
    let mined = number(&chain.block("latest").await["timestamp"]);
    let old = seen("0x1").await;
    assert_eq!(
        word(&old, 0),
        format!("0x{:064x}", number(&chain.block("0x1").await["timestamp"]))
    );
    assert_eq!(word(&old, 1), format!("0x{:064x}", 1));
    let latest = seen("latest").await;
    let time = u128::from_str_radix(&word(&latest, 0)[2..], 16).expect("a number");
    assert!(
        time >= mined + 1_000,
        "at latest the time goes on: {time} against {mined}"
    );
    assert_eq!(word(&latest, 1), format!("0x{:064x}", 2));
    assert_eq!(word(&latest, 2), format!("0x{:064x}", 200_820_172_034_u64));
    assert_eq!(json!(word(&latest, 3)), chain.block("0x0").await["hash"]);
    assert_eq!(word(&seen("pending").await, 1), format!("0x{:064x}", 3));
}

#[tokio::test]
async fn a_call_sees_the_code_and_the_balance_that_it_asks_for_and_nobody_else_does() {
    let chain = Chain::instant().await;
    let code = hex::encode_prefixed(counter());
    let overridden = json!([
        {"to": STRANGER, "from": STRANGER, "value": "0x5"},
        "latest",
        {STRANGER.to_string(): {"code": code, "balance": "0x5"}},
    ]);
    for _ in 0..2 {
        let returned = chain.ask("eth_call", overridden.clone()).await;
        assert_eq!(returned, format!("0x{:064x}", 1));
    }
    for method in ["eth_getCode", "eth_getBalance"] {
        let answer = chain.ask(method, json!([STRANGER, "latest"])).await;
        assert!(["0x", "0x0"].contains(&answer.as_str().unwrap_or("none")));
    }
}

#[tokio::test]
async fn what_a_call_cannot_honour_is_refused() {
    let chain = Chain::instant().await;
    let overrides = json!([{"to": STRANGER}, "latest", {STRANGER.to_string(): {"nonce": "0x1"}}]);
    let refusal = chain.fail("eth_call", overrides).await;
    assert_eq!(refusal.code, -32602, "{}", refusal.message);
    chain
        .ask("eth_call", json!([{"to": STRANGER}, "latest", {}]))
        .await;
    let foreign = chain
        .fail(
            "eth_call",
            json!([{"to": STRANGER, "chainId": "0x1"}, "latest"]),
        )
        .await;
    assert_eq!(
        foreign.message,
        "chainId does not match node's (have=1, want=200820172034)"
    );
    let initcode = hex::encode_prefixed([0; 49_153]);
    assert_eq!(
        chain
            .fail("eth_call", json!([{"data": initcode}, "latest"]))
            .await
            .message,
        "max initcode size exceeded"
    );
    let code = hex::encode_prefixed(creation(&[0; 24_577]));
    assert_eq!(
        chain
            .fail("eth_call", json!([{"data": code}, "latest"]))
            .await
            .message,
        "max code size exceeded"
    );
}
