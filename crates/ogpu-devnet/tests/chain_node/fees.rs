//! The base fee, suggestions, the fee history, and chains without all that.

use alloy_consensus::{TxEip1559, TxEip2930, TxLegacy};
use alloy_primitives::{Address, TxKind};
use ogpu_devnet::Mining;
use ogpu_devnet::node::NodeConfig;
use serde_json::json;

use crate::client::{Chain, number, settings};
use crate::wallet::{CHAIN_ID, GWEI, Wallet, call};

const TO: Address = Address::repeat_byte(0x70);

#[tokio::test]
async fn the_base_fee_follows_how_full_blocks_are() {
    let chain = Chain::start(NodeConfig {
        block_gas_limit: 42_000,
        ..settings(Mining::Manual)
    })
    .await;
    let base_fee = async |block: &str| number(&chain.block(block).await["baseFeePerGas"]);
    assert_eq!(base_fee("0x0").await, GWEI);
    chain.send(Wallet::new(1).transfer(0, TO, 1)).await;
    chain.send(Wallet::new(1).transfer(1, TO, 1)).await;
    chain.mine().await;
    chain.mine().await;
    chain.mine().await;
    assert_eq!(base_fee("0x1").await, GWEI * 7 / 8, "block 0 was empty");
    assert_eq!(
        base_fee("0x2").await,
        GWEI * 7 / 8 * 9 / 8,
        "block 1 was full"
    );
    assert_eq!(
        base_fee("0x3").await,
        GWEI * 7 / 8 * 9 / 8 * 7 / 8,
        "block 2 was empty"
    );
    let next = number(&chain.block("pending").await["baseFeePerGas"]);
    assert_eq!(chain.number("eth_gasPrice", json!([])).await, next + GWEI);
    assert_eq!(
        chain.number("eth_maxPriorityFeePerGas", json!([])).await,
        GWEI
    );
}

#[tokio::test]
async fn a_transaction_below_a_risen_base_fee_waits_for_it_to_fall() {
    let chain = Chain::start(NodeConfig {
        block_gas_limit: 42_000,
        ..settings(Mining::Manual)
    })
    .await;
    let tight = TxEip1559 {
        max_fee_per_gas: GWEI * 9 / 10,
        max_priority_fee_per_gas: 0,
        ..call(0, TO, &[])
    };
    let tight = chain.send(Wallet::new(1).sign(tight)).await;
    for nonce in 0..2 {
        chain.send(Wallet::new(2).transfer(nonce, TO, 1)).await;
    }
    chain.mine().await;
    chain.mine().await;
    assert!(
        chain.receipt(&tight).await.is_null(),
        "the base fee rose above its limit"
    );
    chain.mine().await;
    assert_eq!(chain.receipt(&tight).await["blockNumber"], "0x3");
}

#[tokio::test]
async fn the_fee_history_tells_the_tips_by_percentile_of_gas() {
    let chain = Chain::manual().await;
    for (number, tip) in [(1, 30), (2, 10), (3, 20)] {
        let tx = TxEip1559 {
            max_priority_fee_per_gas: tip,
            ..call(0, TO, &[])
        };
        chain.send(Wallet::new(number).sign(tx)).await;
    }
    chain.mine().await;
    chain.mine().await;
    let history = chain
        .ask(
            "eth_feeHistory",
            json!(["0x3", "latest", [0, 33, 34, 66, 67, 100]]),
        )
        .await;
    assert_eq!(history["oldestBlock"], "0x0");
    assert_eq!(
        history["reward"][1],
        json!(["0xa", "0xa", "0x14", "0x14", "0x1e", "0x1e"])
    );
    assert_eq!(
        history["reward"][2],
        json!(["0x0", "0x0", "0x0", "0x0", "0x0", "0x0"])
    );
    assert_eq!(
        history["gasUsedRatio"],
        json!([0.0, 63_000.0 / 60_000_000.0, 0.0])
    );
    let base_fees = history["baseFeePerGas"].as_array().expect("a list");
    assert_eq!(base_fees.len(), 4);
    assert_eq!(base_fees[3], chain.block("pending").await["baseFeePerGas"]);
    let short = chain.ask("eth_feeHistory", json!([1, "0x1"])).await;
    assert_eq!(short["oldestBlock"], "0x1");
    assert!(short.get("reward").is_none());
    let unsorted = chain
        .fail("eth_feeHistory", json!(["0x1", "latest", [50, 10]]))
        .await;
    assert_eq!(unsorted.code, -32602);
}

async fn legacy_chain() -> Chain {
    Chain::start(NodeConfig {
        base_fee: None,
        ..settings(Mining::Instant)
    })
    .await
}

#[tokio::test]
async fn a_legacy_chain_has_no_base_fee_and_refuses_dynamic_fees() {
    let chain = legacy_chain().await;
    let wallet = Wallet::new(1);
    assert_eq!(
        chain.refusal(wallet.transfer(0, TO, 1)).await,
        "transaction type not supported"
    );
    let price = chain.number("eth_gasPrice", json!([])).await;
    assert_eq!(price, GWEI);
    let legacy = TxLegacy {
        chain_id: Some(CHAIN_ID),
        gas_price: price,
        gas_limit: 21_000,
        to: TxKind::Call(TO),
        ..TxLegacy::default()
    };
    let receipt = chain.receipt(&chain.send(wallet.sign(legacy)).await).await;
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(number(&receipt["effectiveGasPrice"]), price);
    let access_list = TxEip2930 {
        chain_id: CHAIN_ID,
        nonce: 1,
        gas_price: price,
        gas_limit: 21_000,
        to: TxKind::Call(TO),
        ..TxEip2930::default()
    };
    assert_eq!(
        chain
            .receipt(&chain.send(wallet.sign(access_list)).await)
            .await["type"],
        "0x1"
    );
    for block in ["0x0", "latest", "pending"] {
        let block = chain.block(block).await;
        for later in [
            "baseFeePerGas",
            "withdrawals",
            "blobGasUsed",
            "requestsHash",
        ] {
            assert!(block.get(later).is_none(), "{later} in {block}");
        }
    }
}

#[tokio::test]
async fn a_legacy_chain_executes_as_berlin_did() {
    const PUSH0: &str = "0x5f5ff3";
    const RETURN_EF: &str = "0x60ef60005360016000f3";
    let (legacy, modern) = (legacy_chain().await, Chain::instant().await);
    let create = |code: &str| json!([{"data": code}, "latest"]);
    assert_eq!(
        legacy.fail("eth_call", create(PUSH0)).await.message,
        "invalid opcode"
    );
    assert_eq!(modern.ask("eth_call", create(PUSH0)).await, "0x");
    assert_eq!(legacy.ask("eth_call", create(RETURN_EF)).await, "0xef");
    assert_eq!(
        modern.fail("eth_call", create(RETURN_EF)).await.message,
        "invalid code: must not begin with 0xef"
    );
    let dynamic = json!([{"to": TO, "maxFeePerGas": "0x1"}, "latest"]);
    assert_eq!(
        legacy.fail("eth_call", dynamic).await.message,
        "transaction type not supported"
    );
}
