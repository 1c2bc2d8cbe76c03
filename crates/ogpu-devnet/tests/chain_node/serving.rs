//! The server: batches, sizes, many clients, and how it ends.

use std::io;
use std::time::Duration;

use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, hex};
use ogpu_devnet::Mining;
use ogpu_devnet::node::{Node, NodeConfig, NodeError};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::client::{Chain, settings};
use crate::programs::{counter, spinning};
use crate::socket::Socket;
use crate::wallet::{Wallet, call};

const TO: Address = Address::repeat_byte(0x70);

#[tokio::test]
async fn the_node_says_what_it_is() {
    let chain = Chain::instant().await;
    let version = chain.ask("web3_clientVersion", json!([])).await;
    assert!(
        version
            .as_str()
            .is_some_and(|version| version.starts_with("ogpu-devnet/v")),
        "{version}"
    );
    assert_eq!(chain.ask("net_version", json!([])).await, "200820172034");
    assert_eq!(chain.ask("eth_chainId", json!([])).await, "0x2ec1d0a502");
    assert_eq!(chain.ask("net_listening", json!([])).await, true);
    assert_eq!(chain.ask("eth_syncing", json!([])).await, false);
    assert_eq!(chain.ask("eth_accounts", json!([])).await, json!([]));
    assert_eq!(
        chain.ask("web3_sha3", json!(["0x"])).await,
        "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    );
}

#[tokio::test]
async fn unknown_methods_and_bad_parameters_have_their_codes() {
    let chain = Chain::instant().await;
    assert_eq!(chain.fail("eth_sign", json!([])).await.code, -32601);
    for params in [
        json!([]),
        json!(["0x1"]),
        json!([TO, "soon"]),
        json!({"address": TO}),
    ] {
        assert_eq!(chain.fail("eth_getBalance", params).await.code, -32602);
    }
}

#[tokio::test]
async fn a_batch_is_answered_in_order_with_its_errors() {
    let chain = Chain::instant().await;
    let call =
        |id: u32, method: &str| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": []});
    let answers = chain
        .post(&json!([
            call(1, "eth_chainId"),
            call(2, "eth_nothing"),
            call(3, "eth_blockNumber")
        ]))
        .await;
    assert_eq!(
        answers[0],
        json!({"jsonrpc": "2.0", "id": 1, "result": "0x2ec1d0a502"})
    );
    assert_eq!(
        (&answers[1]["id"], &answers[1]["error"]["code"]),
        (&json!(2), &json!(-32601))
    );
    assert_eq!(
        answers[2],
        json!({"jsonrpc": "2.0", "id": 3, "result": "0x0"})
    );
}

#[tokio::test]
async fn a_batch_may_hold_a_thousand_calls_and_no_more() {
    let chain = Chain::instant().await;
    let batch = |calls: u32| {
        (0..calls)
            .map(
                |id| json!({"jsonrpc": "2.0", "id": id, "method": "eth_blockNumber", "params": []}),
            )
            .collect::<Value>()
    };
    let answers = chain.post(&batch(1_000)).await;
    assert_eq!(answers.as_array().map(Vec::len), Some(1_000));
    assert!(chain.post(&batch(1_001)).await["error"].is_object());
}

#[tokio::test]
async fn a_batch_of_transactions_is_mined_in_order() {
    let chain = Chain::instant().await;
    let batch: Value = (0..100_u64)
        .map(|nonce| {
            let raw = hex::encode_prefixed(Wallet::new(1).transfer(nonce, TO, 1));
            json!({"jsonrpc": "2.0", "id": nonce, "method": "eth_sendRawTransaction", "params": [raw]})
        })
        .collect();
    let answers = chain.post(&batch).await;
    assert!(
        answers
            .as_array()
            .is_some_and(|answers| answers.iter().all(|answer| answer["result"].is_string()))
    );
    assert_eq!(chain.balance(TO, "latest").await, 100);
}

#[tokio::test]
async fn requests_of_ten_megabytes_are_served() {
    let chain = Chain::instant().await;
    let hash = chain
        .ask(
            "web3_sha3",
            json!([hex::encode_prefixed(vec![0; 5_000_000])]),
        )
        .await;
    assert_eq!(hash, json!(alloy_primitives::keccak256(vec![0; 5_000_000])));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_are_served_while_a_long_call_executes() {
    let chain = Chain::instant().await;
    let spinning = chain.deploy(0, &spinning()).await;
    let counter = chain.deploy(1, &counter()).await;
    let url = chain.node.http_url();
    let mut clients = JoinSet::new();
    for id in 0..200_u32 {
        let (url, to) = (url.clone(), if id < 2 { spinning } else { counter });
        clients.spawn(async move {
            let body = json!({"jsonrpc": "2.0", "id": id, "method": "eth_call", "params": [{"to": to}, "latest"]});
            let answer = reqwest::Client::new().post(url).json(&body).send().await.expect("the node answers");
            (id, answer.json::<Value>().await.expect("JSON"))
        });
    }
    while let Some(answered) = clients.join_next().await {
        let (id, answer) = answered.expect("no panic");
        assert_eq!(answer["id"], id);
        assert_eq!(answer["error"].is_object(), id < 2, "{answer}");
    }
}

#[tokio::test]
async fn a_transaction_whose_sender_hangs_up_is_mined_whole() {
    let chain = Chain::instant().await;
    let spinning = chain.deploy(0, &spinning()).await;
    let mut pending = Socket::connect(&chain.node.ws_url()).await;
    pending.subscribe(json!(["newPendingTransactions"])).await;
    let mut heads = Socket::connect(&chain.node.ws_url()).await;
    heads.subscribe(json!(["newHeads"])).await;
    let tx = TxEip1559 {
        gas_limit: 60_000_000,
        ..call(1, spinning, &[1])
    };
    let mut send = Box::pin(chain.send(Wallet::new(1).sign(tx)));
    // It is pending as soon as it is accepted, long before its 60 million gas are used up.
    let hash = tokio::select! {
        biased;
        hash = pending.event() => hash,
        hash = &mut send => hash,
    };
    drop(send);
    assert_eq!(heads.event().await["gasUsed"], "0x3938700");
    assert_eq!(chain.block("latest").await["transactions"], json!([hash]));
    assert_eq!(chain.receipt(&hash).await["status"], "0x0");
    assert_eq!(
        chain
            .number(
                "eth_getTransactionCount",
                json!([Wallet::new(1).address, "latest"])
            )
            .await,
        2
    );
}

#[tokio::test]
async fn a_stopped_node_leaves_no_port_no_connection_and_no_task() {
    let node = Node::start(settings(Mining::Interval(Duration::from_millis(1))))
        .await
        .expect("a free port");
    let address = node.http_url().replace("http://", "");
    let mut socket = Socket::connect(&node.ws_url()).await;
    socket.subscribe(json!(["newHeads"])).await;
    socket.event().await;
    node.stop().await;
    socket.closed().await;
    let refused = TcpStream::connect(&address)
        .await
        .expect_err("nobody listens");
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    let runtime = tokio::runtime::Handle::current().metrics();
    let ended = async {
        while runtime.num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), ended)
        .await
        .expect("every task ends");
}

#[tokio::test]
async fn dropping_the_node_closes_its_connections() {
    let Chain { node, .. } = Chain::instant().await;
    let socket = Socket::connect(&node.ws_url()).await;
    drop(node);
    socket.closed().await;
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let chain = Chain::instant().await;
    let port: u16 = chain
        .node
        .http_url()
        .rsplit(':')
        .next()
        .and_then(|port| port.parse().ok())
        .expect("a port");
    let error = Node::start(NodeConfig {
        port,
        ..NodeConfig::default()
    })
    .await
    .expect_err("the port is taken");
    assert!(
        error.to_string().contains(&format!("127.0.0.1:{port}")),
        "{error}"
    );
    let NodeError::Listen { source, .. } = error else {
        panic!("another error: {error}")
    };
    assert_eq!(source.kind(), io::ErrorKind::AddrInUse);
}
