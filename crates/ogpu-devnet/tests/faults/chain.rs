//! What happens to the chain itself.

use std::time::Duration;

use alloy_primitives::keccak256;
use ogpu_devnet::faults::{ChainFault, FaultPlan};
use ogpu_devnet::{Devnet, DevnetError, Orphans};
use serde_json::{Value, json};

use crate::client::{Net, TO, sending};
use crate::wallet::GWEI;

async fn block(net: &Net, number: u64) -> Value {
    let params = json!([format!("{number:#x}"), false]);
    net.node.ask("eth_getBlockByNumber", params).await
}

#[tokio::test]
async fn a_reorganisation_changes_hashes_receipts_and_state_from_the_fork_on() {
    let net = Net::start(FaultPlan::none()).await;
    let sent = net.transfers(0..3).await;
    let head = net.node.number("eth_blockNumber", json!([])).await;
    let before = [block(&net, head - 4).await, block(&net, head).await];
    let dropped_receipt = net.node.receipt(&sent[2]).await;
    assert_eq!(dropped_receipt["status"], "0x1");

    // Each transfer is followed by an empty block.
    let done = net.devnet.reorg(4).await.expect("four blocks");
    assert_eq!(done.first_block, head - 3);
    assert_eq!(json!(done.dropped), json!([keccak256(&sent[2])]));
    assert_eq!(json!(done.kept), json!([keccak256(&sent[1])]));
    assert!(net.node.number("eth_blockNumber", json!([])).await >= head);
    assert_eq!(block(&net, head - 4).await, before[0]);
    assert_ne!(block(&net, head).await["hash"], before[1]["hash"]);
    assert!(net.node.receipt(&sent[2]).await.is_null());
    assert_eq!(net.node.count(&net.wallet, "latest").await, 2);

    net.door.json(&sending(1, &sent[2])).await;
    assert_eq!(net.node.receipt(&sent[2]).await["status"], "0x1");
    assert_eq!(net.node.count(&net.wallet, "latest").await, 3);
}

#[tokio::test]
async fn the_networks_own_blocks_are_never_replaced() {
    let net = Net::start(FaultPlan::none()).await;
    net.devnet.mine().await.expect("a block");
    for depth in [0, 2] {
        let error = net.devnet.reorg(depth).await.expect_err("too deep");
        let DevnetError::Reorg { source } = error else {
            panic!("{error:?}");
        };
        assert_eq!((source.depth, source.deepest), (depth, 1));
    }
    net.devnet.reorg(1).await.expect("one block");
    let nexus = json!([net.devnet.contracts().nexus, "latest"]);
    assert_ne!(net.node.ask("eth_getCode", nexus).await, "0x");
}

#[tokio::test]
async fn the_mempool_forgets_and_takes_in_again() {
    let net = Net::manual(FaultPlan::none()).await;
    let raw = net.wallet.transfer(0, TO, 5);
    net.door.json(&sending(1, &raw)).await;
    let forgotten = net.devnet.drop_pending(usize::MAX).await.expect("a chain");
    assert_eq!(json!(forgotten), json!([keccak256(&raw)]));
    net.devnet.mine().await.expect("a block");
    assert!(net.node.receipt(&raw).await.is_null());
    net.door.json(&sending(2, &raw)).await;
    net.devnet.mine().await.expect("a block");
    assert_eq!(net.node.receipt(&raw).await["status"], "0x1");
}

#[tokio::test]
async fn low_tips_are_underpriced() {
    let net = Net::start(FaultPlan::none()).await;
    net.devnet.set_least_tip(5 * GWEI).expect("embedded");
    let raw = net.wallet.transfer(0, TO, 5);
    let refused = net.door.json(&sending(1, &raw)).await;
    assert_eq!(refused["error"]["message"], "transaction underpriced");
    net.devnet.set_least_tip(0).expect("embedded");
    net.door.json(&sending(2, &raw)).await;
    assert_eq!(net.node.receipt(&raw).await["status"], "0x1");
}

#[tokio::test]
async fn a_spike_strands_a_waiting_transaction_until_the_base_fee_is_down() {
    let net = Net::manual(FaultPlan::none()).await;
    let raw = net.wallet.transfer(0, TO, 5);
    net.door.json(&sending(1, &raw)).await;
    net.devnet
        .spike_base_fee(4_000_000_000)
        .await
        .expect("1559");
    net.devnet.mine().await.expect("a block");
    assert!(net.node.receipt(&raw).await.is_null());
    // It offers 3 gwei: 4, then 3.5, 3.06, 2.68.
    for _ in 0..2 {
        net.devnet.mine().await.expect("a block");
        assert!(net.node.receipt(&raw).await.is_null());
    }
    net.devnet.mine().await.expect("a block");
    assert_eq!(net.node.receipt(&raw).await["status"], "0x1");
}

#[tokio::test]
async fn a_chain_without_a_base_fee_has_no_spikes() {
    let devnet = Devnet::builder()
        .base_fee(None)
        .start()
        .await
        .expect("a network");
    let error = devnet.spike_base_fee(5).await.expect_err("legacy");
    assert!(matches!(error, DevnetError::Unsupported { .. }), "{error}");
}

#[tokio::test]
async fn the_clock_can_be_ahead_of_the_hosts() {
    let net = Net::start(FaultPlan::none()).await;
    let timestamp = async || {
        net.devnet.mine().await.expect("a block");
        let head = net.node.number("eth_blockNumber", json!([])).await;
        let text = block(&net, head).await["timestamp"].clone();
        u64::from_str_radix(&text.as_str().expect("a quantity")[2..], 16).expect("hex")
    };
    let before = timestamp().await;
    net.devnet.skew_clock(3_600).expect("embedded");
    let ahead = timestamp().await;
    assert!(ahead >= before + 3_600);
    net.devnet.skew_clock(0).expect("embedded");
    assert_eq!(timestamp().await, ahead);
}

#[tokio::test]
async fn a_plan_reorganises_the_chain_until_it_is_cleared() {
    let plan =
        FaultPlan::seeded(4).chain(Duration::from_millis(20), ChainFault::Reorg { deepest: 3 });
    let net = Net::start(plan).await;
    net.transfers(0..5).await;
    let head = net.node.number("eth_blockNumber", json!([])).await;
    let before = block(&net, head).await["hash"].clone();
    let faults = net.devnet.faults();
    while faults.log().chain_faults().count() < 3 {
        tokio::task::yield_now().await;
    }
    faults.clear();
    assert_ne!(block(&net, head).await["hash"], before);
    let after = faults.log().chain_faults().count();
    let calm = block(&net, head).await;
    for _ in 0..20 {
        net.devnet.mine().await.expect("a block");
    }
    assert_eq!(block(&net, head).await, calm);
    assert_eq!(faults.log().chain_faults().count(), after);
}

#[tokio::test]
async fn all_transactions_can_be_kept_in_a_reorganisation() {
    let net = Net::start(FaultPlan::none()).await;
    let sent = net.transfers(0..2).await;
    let done = net
        .devnet
        .reorg_with(4, Orphans::Delayed)
        .await
        .expect("four blocks");
    assert_eq!((done.dropped.len(), done.kept.len()), (0, 2));
    for raw in &sent {
        assert_eq!(net.node.receipt(raw).await["status"], "0x1");
    }
}
