//! Faults of JSON-RPC: of single calls, and of batches.

use alloy_primitives::keccak256;
use ogpu_devnet::faults::{Fault, FaultPlan, Rule};
use serde_json::{Value, json};

use crate::client::{Net, RECEIPT, SEND, TO, call, sending};

#[tokio::test]
async fn a_wrong_id_is_on_the_call_that_is_meant_alone() {
    let plan = FaultPlan::none().rule(Rule::method("eth_chainId", Fault::WrongId).first(1));
    let net = Net::start(plan).await;
    let batch = json!([
        call(1, "eth_blockNumber", json!([])),
        call(2, "eth_chainId", json!([])),
    ]);
    let answers = net.door.json(&batch).await;
    assert_eq!(answers[0]["id"], 1);
    assert_ne!(answers[1]["id"], 2);
    assert_eq!(answers[1]["result"], "0x2ec1d0a502");
    let text = json!({"jsonrpc": "2.0", "id": "a", "method": "eth_chainId", "params": []});
    assert_eq!(net.door.json(&text).await["id"], "a");
}

#[tokio::test]
async fn an_rpc_error_is_answered_with_or_without_the_effect() {
    let without = Fault::rpc_error(-32000, "nonce too low");
    let with = Fault::RpcError {
        code: -32603,
        message: "internal error".to_owned(),
        forwarded: true,
    };
    let plan = FaultPlan::none()
        .rule(Rule::method(SEND, without).first(1))
        .rule(Rule::method(SEND, with).first(1));
    let net = Net::start(plan).await;
    let raw = net.wallet.transfer(0, TO, 5);
    let refused = net.door.json(&sending(1, &raw)).await;
    assert_eq!(
        refused,
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "nonce too low"}})
    );
    assert_eq!(net.node.count(&net.wallet, "pending").await, 0);
    let failed = net.door.json(&sending(2, &raw)).await;
    assert_eq!(failed["error"]["code"], -32603);
    assert_eq!(net.node.receipt(&raw).await["status"], "0x1");
}

#[tokio::test]
async fn a_null_result_hides_a_receipt_that_is_there() {
    let plan = FaultPlan::none().rule(Rule::method(RECEIPT, Fault::NullResult).first(1));
    let net = Net::start(plan).await;
    let raw = net.transfers(0..1).await.remove(0);
    assert!(net.door.receipt(&raw).await.is_null());
    assert_eq!(net.door.receipt(&raw).await["status"], "0x1");
}

#[tokio::test]
async fn a_forgotten_transaction_has_its_hash_as_an_answer_and_is_nowhere() {
    let plan = FaultPlan::none().rule(Rule::rpc(Fault::TransactionForgotten).first(1));
    let net = Net::start(plan).await;
    let raw = net.wallet.transfer(0, TO, 5);
    let answer = net.door.json(&sending(1, &raw)).await;
    assert_eq!(answer["result"], json!(keccak256(&raw)));
    assert!(net.node.receipt(&raw).await.is_null());
    assert_eq!(net.node.count(&net.wallet, "pending").await, 0);
    net.door.json(&sending(2, &raw)).await;
    assert_eq!(net.node.receipt(&raw).await["status"], "0x1");
}

#[tokio::test]
async fn a_batch_is_answered_in_another_order_with_the_right_ids() {
    let net = Net::start(FaultPlan::seeded(5).rule(Rule::rpc(Fault::OutOfOrder))).await;
    let batch: Vec<Value> = (0..8)
        .map(|number| {
            let params = json!([format!("{number:#x}"), false]);
            call(number, "eth_getBlockByNumber", params)
        })
        .collect();
    let answers = net.door.json(&json!(batch)).await;
    let answers = answers.as_array().expect("a list");
    let ids: Vec<u64> = answers
        .iter()
        .filter_map(|answer| answer["id"].as_u64())
        .collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..8).collect::<Vec<_>>());
    assert_ne!(ids, sorted);
    for answer in answers {
        let number = answer["id"].as_u64().expect("an id");
        assert_eq!(answer["result"]["number"], format!("{number:#x}"));
    }
}

#[tokio::test]
async fn a_batch_above_the_limit_is_one_error_and_has_no_effect() {
    let net = Net::start(FaultPlan::none().rule(Rule::rpc(Fault::BatchLimit(2)))).await;
    let raw = net.wallet.transfer(0, TO, 5);
    let chain_id = || call(1, "eth_chainId", json!([]));
    let large = json!([chain_id(), chain_id(), sending(2, &raw)]);
    let refused = net.door.json(&large).await;
    assert_eq!(refused["id"], Value::Null);
    assert_eq!(refused["error"]["code"], -32600);
    assert_eq!(net.node.count(&net.wallet, "pending").await, 0);
    let small = json!([chain_id(), sending(2, &raw)]);
    assert_eq!(net.door.json(&small).await[1]["id"], 2);
}

#[tokio::test]
async fn a_batch_of_which_the_node_hears_a_part_is_answered_whole_and_in_order() {
    let plan = FaultPlan::none()
        .rule(Rule::method("eth_chainId", Fault::rpc_error(-32005, "limit")).every(2));
    let net = Net::start(plan).await;
    let batch = json!([
        call(1, "eth_chainId", json!([])),
        call(2, "eth_chainId", json!([])),
        call(3, "eth_blockNumber", json!([])),
        {"jsonrpc": "2.0", "method": "eth_chainId", "params": []},
        call(5, "eth_chainId", json!([])),
    ]);
    let answers = net.door.json(&batch).await;
    let seen: Vec<_> = answers
        .as_array()
        .expect("a list")
        .iter()
        .map(|answer| (answer["id"].as_u64(), answer.get("error").is_some()))
        .collect();
    // The third one is a notification: it counts, and nobody waits for its answer.
    let expected = [
        (Some(1), false),
        (Some(2), true),
        (Some(3), false),
        (Some(5), true),
    ];
    assert_eq!(seen, expected);
}
