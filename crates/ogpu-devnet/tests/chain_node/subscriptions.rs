//! `eth_subscribe`.

use alloy_primitives::{Address, B256};
use serde_json::json;

use crate::client::Chain;
use crate::programs::{COUNTED, counter};
use crate::socket::Socket;
use crate::wallet::{Wallet, call};

const TO: Address = Address::repeat_byte(0x70);

#[tokio::test]
async fn new_heads_are_told_as_they_are_mined() {
    let chain = Chain::manual().await;
    let mut socket = Socket::connect(&chain.node.ws_url()).await;
    let id = socket.subscribe(json!(["newHeads"])).await;
    chain.mine().await;
    let notification = socket.notification().await;
    assert_eq!(notification["params"]["subscription"], id);
    let block = chain.block("0x1").await;
    let head = &notification["params"]["result"];
    for field in [
        "hash",
        "number",
        "parentHash",
        "timestamp",
        "baseFeePerGas",
        "logsBloom",
    ] {
        assert_eq!(head[field], block[field], "{field}");
    }
}

#[tokio::test]
async fn logs_are_told_to_whom_they_concern() {
    let chain = Chain::instant().await;
    let contract = chain.deploy(0, &counter()).await;
    let mut matching = Socket::connect(&chain.node.ws_url()).await;
    matching
        .subscribe(
            json!(["logs", {"address": contract, "topics": [B256::with_last_byte(COUNTED)]}]),
        )
        .await;
    let mut everything = Socket::connect(&chain.node.ws_url()).await;
    everything.subscribe(json!(["logs"])).await;
    let mut other = Socket::connect(&chain.node.ws_url()).await;
    other.subscribe(json!(["logs", {"address": TO}])).await;
    other.subscribe(json!(["newHeads"])).await;
    let hash = chain
        .send(Wallet::new(1).sign(call(1, contract, &[1])))
        .await;
    for socket in [&mut matching, &mut everything] {
        let log = socket.event().await;
        assert_eq!(log["transactionHash"], hash);
        assert_eq!(log["removed"], false);
    }
    assert_eq!(
        other.event().await["number"],
        "0x2",
        "a head is the first thing that the third one hears"
    );
}

#[tokio::test]
async fn pending_transactions_are_told_once_they_can_be_executed() {
    let chain = Chain::manual().await;
    let wallet = Wallet::new(1);
    let mut socket = Socket::connect(&chain.node.ws_url()).await;
    socket.subscribe(json!(["newPendingTransactions"])).await;
    let mut full = Socket::connect(&chain.node.ws_url()).await;
    full.subscribe(json!(["newPendingTransactions", true]))
        .await;
    let second = chain.send(wallet.transfer(1, TO, 1)).await;
    let first = chain.send(wallet.transfer(0, TO, 1)).await;
    assert_eq!(socket.event().await, first);
    assert_eq!(socket.event().await, second);
    let transaction = full.event().await;
    assert_eq!(transaction["hash"], first);
    assert_eq!(transaction["from"], json!(wallet.address));
}

#[tokio::test]
async fn a_block_that_is_taken_back_removes_its_logs() {
    let chain = Chain::instant().await;
    let contract = chain.deploy(0, &counter()).await;
    let snapshot = chain.ask("evm_snapshot", json!([])).await;
    let mut socket = Socket::connect(&chain.node.ws_url()).await;
    socket
        .subscribe(json!(["logs", {"address": contract}]))
        .await;
    let raw = Wallet::new(1).sign(call(1, contract, &[1]));
    chain.send(raw.clone()).await;
    let added = socket.event().await;
    assert_eq!(chain.ask("evm_revert", json!([snapshot])).await, true);
    let removed = socket.event().await;
    assert_eq!(removed["removed"], true);
    assert_eq!(removed["blockHash"], added["blockHash"]);
    chain.send(raw).await;
    let again = socket.event().await;
    assert_eq!(again["transactionHash"], added["transactionHash"]);
    assert_ne!(again["blockHash"], added["blockHash"]);
}

#[tokio::test]
async fn an_unsubscribed_topic_is_not_told_any_more() {
    let chain = Chain::manual().await;
    let mut socket = Socket::connect(&chain.node.ws_url()).await;
    let heads = socket.subscribe(json!(["newHeads"])).await;
    assert_eq!(
        socket.request("eth_unsubscribe", json!([heads])).await["result"],
        true
    );
    socket.subscribe(json!(["newPendingTransactions"])).await;
    chain.mine().await;
    let hash = chain.send(Wallet::new(1).transfer(0, TO, 1)).await;
    assert_eq!(socket.event().await, hash);
}

#[tokio::test]
async fn a_socket_serves_every_method_and_refuses_unknown_topics() {
    let chain = Chain::instant().await;
    let mut socket = Socket::connect(&chain.node.ws_url()).await;
    assert_eq!(
        socket.request("eth_chainId", json!([])).await["result"],
        "0x2ec1d0a502"
    );
    assert_eq!(
        socket.request("eth_subscribe", json!(["weather"])).await["error"]["code"],
        -32602
    );
    assert_eq!(
        socket.request("eth_subscribe", json!(["syncing"])).await["error"]["code"],
        -32602
    );
}
