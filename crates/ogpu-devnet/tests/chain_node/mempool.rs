//! What the mempool forgets and refuses, what the base fee jumps to, and what the clock says.

use std::time::{SystemTime, UNIX_EPOCH};

use alloy_consensus::TxEip1559;
use alloy_primitives::Address;
use ogpu_devnet::Mining;
use ogpu_devnet::node::NodeConfig;
use serde_json::json;

use crate::client::{Chain, number, settings};
use crate::wallet::{GWEI, Wallet, call};

const TO: Address = Address::repeat_byte(0x70);

#[tokio::test]
async fn the_latest_waiting_transactions_can_be_forgotten() {
    let chain = Chain::manual().await;
    let mut sent = Vec::new();
    for nonce in 0..3 {
        sent.push(chain.send(Wallet::new(1).transfer(nonce, TO, 5)).await);
    }
    let forgotten = chain.node.chain().drop_pending(1);
    assert_eq!(json!(forgotten), json!([sent[2]]));
    let dropped = chain.ask("anvil_dropTransaction", json!([sent[1]])).await;
    assert_eq!(dropped, sent[1]);
    let unknown = chain.ask("anvil_dropTransaction", json!([sent[1]])).await;
    assert!(unknown.is_null());
    chain.mine().await;
    assert_eq!(chain.receipt(&sent[0]).await["status"], "0x1");
    assert!(chain.receipt(&sent[1]).await.is_null());
    let pending = json!([Wallet::new(1).address, "pending"]);
    assert_eq!(chain.number("eth_getTransactionCount", pending).await, 1);
}

#[tokio::test]
async fn a_tip_below_the_least_is_underpriced() {
    let chain = Chain::manual().await;
    chain.node.chain().set_least_tip(2 * GWEI);
    let wallet = Wallet::new(1);
    assert_eq!(
        chain.refusal(wallet.transfer(0, TO, 1)).await,
        "transaction underpriced"
    );
    let generous = TxEip1559 {
        max_priority_fee_per_gas: 2 * GWEI,
        ..call(0, TO, &[])
    };
    chain.send(wallet.sign(generous)).await;
}

#[tokio::test]
async fn a_base_fee_spike_lasts_a_block_and_goes_down_by_eighths() {
    let chain = Chain::manual().await;
    let waiting = chain.send(Wallet::new(1).transfer(0, TO, 5)).await;
    let spike = 80 * GWEI;
    chain
        .ask(
            "anvil_setNextBlockBaseFeePerGas",
            json!([format!("{spike:#x}")]),
        )
        .await;
    let history = chain
        .ask("eth_feeHistory", json!(["0x1", "latest", []]))
        .await;
    assert_eq!(number(&history["baseFeePerGas"][1]), spike);
    assert_eq!(chain.number("eth_gasPrice", json!([])).await, spike + GWEI);
    let refusal = chain.refusal(Wallet::new(2).transfer(0, TO, 5)).await;
    assert!(refusal.contains("less than block base fee"), "{refusal}");

    chain.mine().await;
    assert!(chain.receipt(&waiting).await.is_null());
    assert_eq!(number(&chain.block("latest").await["baseFeePerGas"]), spike);
    chain.mine().await;
    assert_eq!(
        number(&chain.block("latest").await["baseFeePerGas"]),
        spike / 8 * 7
    );
}

#[tokio::test]
async fn a_legacy_chain_has_no_base_fee_to_spike() {
    let chain = Chain::start(NodeConfig {
        base_fee: None,
        ..settings(Mining::Manual)
    })
    .await;
    assert!(!chain.node.chain().spike_base_fee(5));
    let failure = chain
        .fail("anvil_setNextBlockBaseFeePerGas", json!(["0x5"]))
        .await;
    assert_eq!(failure.code, -32602);
}

#[tokio::test]
async fn a_skewed_clock_is_ahead_or_stands_still_until_its_time_has_come() {
    let chain = Chain::manual().await;
    let host = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("a clock after 1970")
            .as_secs()
    };
    let handle = chain.node.chain();
    let before = host();
    handle.skew_clock(600);
    chain.mine().await;
    let ahead = handle.timestamp();
    assert!((before + 600..=host() + 600).contains(&ahead), "{ahead}");
    handle.skew_clock(-600);
    chain.mine().await;
    assert_eq!(handle.timestamp(), ahead);
}
