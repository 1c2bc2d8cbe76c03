//! A replica that is behind.

use alloy_primitives::keccak256;
use ogpu_devnet::faults::{Fault, FaultPlan, Rule};
use serde_json::json;

use crate::client::{Net, RECEIPT, TO, call, sending};

/// Everything three blocks late.
fn three_behind() -> FaultPlan {
    FaultPlan::none().rule(Rule::rpc(Fault::Stale { blocks: 3 }))
}

#[tokio::test]
async fn counts_heads_and_receipts_are_those_of_three_blocks_ago() {
    let net = Net::start(FaultPlan::none()).await;
    let sent = net.transfers(0..5).await;
    let (_endpoint, stale) = net.endpoint(three_behind()).await;
    let head = net.node.number("eth_blockNumber", json!([])).await;
    let seen = head - 3;
    assert_eq!(stale.number("eth_blockNumber", json!([])).await, seen);
    let bare = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber"});
    assert_eq!(stale.json(&bare).await["result"], format!("{seen:#x}"));
    let at_seen = net.node.count(&net.wallet, &format!("{seen:#x}")).await;
    assert!(at_seen < 5);
    for newest in ["latest", "pending", "safe"] {
        assert_eq!(stale.count(&net.wallet, newest).await, at_seen);
    }
    let mut known = 0;
    for raw in &sent {
        let mined = net.node.receipt(raw).await["blockNumber"].clone();
        let mined = u64::from_str_radix(&mined.as_str().expect("mined")[2..], 16).expect("hex");
        let receipt = stale.receipt(raw).await;
        let transaction = stale
            .ask("eth_getTransactionByHash", json!([keccak256(raw)]))
            .await;
        assert_eq!(receipt.is_null(), mined > seen);
        assert_eq!(transaction.is_null(), mined > seen);
        known += u64::from(mined <= seen);
    }
    assert_eq!(known, at_seen);
    // The network's own door is not behind.
    assert_eq!(net.door.number("eth_blockNumber", json!([])).await, head);
}

#[tokio::test]
async fn later_blocks_are_not_found() {
    let net = Net::start(three_behind()).await;
    net.transfers(0..4).await;
    let head = net.node.number("eth_blockNumber", json!([])).await;
    let newest = net
        .node
        .ask("eth_getBlockByNumber", json!(["latest", false]))
        .await;
    let latest = net
        .door
        .ask("eth_getBlockByNumber", json!(["latest", false]))
        .await;
    assert_eq!(latest["number"], format!("{:#x}", head - 3));
    for later in [
        net.door
            .ask("eth_getBlockByNumber", json!([format!("{head:#x}"), false]))
            .await,
        net.door
            .ask("eth_getBlockByHash", json!([newest["hash"], false]))
            .await,
    ] {
        assert!(later.is_null(), "{later}");
    }
    let state = net
        .door
        .whole("eth_getBalance", json!([TO, format!("{head:#x}")]))
        .await;
    assert_eq!(state["error"]["message"], "header not found");
}

#[tokio::test]
async fn one_batch_has_one_view() {
    let net = Net::start(three_behind()).await;
    let sent = net.transfers(0..4).await;
    let last = keccak256(&sent[3]);
    let answers = net
        .door
        .json(&json!([
            call(1, "eth_blockNumber", json!([])),
            call(2, "eth_getBlockByNumber", json!(["latest", false])),
            call(3, RECEIPT, json!([last])),
            call(
                4,
                "eth_getTransactionCount",
                json!([net.wallet.address, "latest"])
            ),
            call(
                5,
                "eth_getLogs",
                json!([{"fromBlock": "0x0", "toBlock": "latest"}])
            ),
        ]))
        .await;
    assert_eq!(answers[0]["result"], answers[1]["result"]["number"]);
    assert!(answers[2]["result"].is_null());
    let seen = &answers[0]["result"];
    let logs = net
        .node
        .ask(
            "eth_getLogs",
            json!([{"fromBlock": "0x0", "toBlock": seen}]),
        )
        .await;
    assert_eq!(answers[4]["result"], logs);
    let count = net
        .node
        .ask("eth_getTransactionCount", json!([net.wallet.address, seen]))
        .await;
    assert_eq!(answers[3]["result"], count);
}

#[tokio::test]
async fn what_is_sent_to_it_is_mined_though_it_does_not_say_so() {
    let net = Net::start(three_behind()).await;
    let raw = net.wallet.transfer(0, TO, 5);
    net.door.json(&sending(1, &raw)).await;
    assert_eq!(net.node.receipt(&raw).await["status"], "0x1");
    assert!(net.door.receipt(&raw).await.is_null());
    for _ in 0..3 {
        net.devnet.mine().await.expect("a block");
    }
    assert_eq!(net.door.receipt(&raw).await["status"], "0x1");
}
