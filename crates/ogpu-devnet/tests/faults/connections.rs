//! Faults of the connection and of HTTP.

use std::io;
use std::time::{Duration, Instant};

use ogpu_devnet::faults::{Fault, FaultPlan, Loss, Rule};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Net, RECEIPT, SEND, TO, call, sending};

/// A plan in which this happens to the first transaction that is sent.
fn first_send(fault: Fault) -> FaultPlan {
    FaultPlan::seeded(1).rule(Rule::method(SEND, fault).first(1))
}

/// Whether a failed request broke with its connection.
fn broke(error: &reqwest::Error) -> bool {
    !error.is_timeout() && !error.is_connect() && (error.is_request() || error.is_body())
}

#[tokio::test]
async fn a_lost_request_breaks_the_connection_and_never_reaches_the_node() {
    let net = Net::start(first_send(Fault::RequestLost)).await;
    let raw = net.wallet.transfer(0, TO, 5);
    let error = net.door.post(&sending(1, &raw)).await.expect_err("broken");
    assert!(broke(&error), "{error:?}");
    assert!(net.node.receipt(&raw).await.is_null());
    assert_eq!(net.node.count(&net.wallet, "pending").await, 0);

    net.door.json(&sending(2, &raw)).await;
    assert_eq!(net.node.receipt(&raw).await["status"], "0x1");
}

#[tokio::test]
async fn a_lost_answer_breaks_the_connection_and_the_chain_has_the_transaction() {
    let net = Net::start(first_send(Fault::AnswerLost(Loss::Closed))).await;
    let raw = net.wallet.transfer(0, TO, 5);
    let error = net.door.post(&sending(1, &raw)).await.expect_err("broken");
    assert!(broke(&error), "{error:?}");
    assert_eq!(net.node.receipt(&raw).await["status"], "0x1");
    assert_eq!(net.node.count(&net.wallet, "latest").await, 1);
}

#[tokio::test]
async fn a_lost_answer_may_be_a_proxys_504_or_never_come() {
    let plan = FaultPlan::none()
        .rule(Rule::method(SEND, Fault::AnswerLost(Loss::GatewayTimeout)).first(1))
        .rule(Rule::method(SEND, Fault::AnswerLost(Loss::Hangs)).first(1));
    let net = Net::start(plan).await;
    let late = net.wallet.transfer(0, TO, 5);
    let answer = net.door.post(&sending(1, &late)).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(net.node.receipt(&late).await["status"], "0x1");

    let silent = net.wallet.transfer(1, TO, 5);
    let patience = Duration::from_millis(300);
    let hung = tokio::time::timeout(patience, net.door.post(&sending(2, &silent))).await;
    assert!(hung.is_err());
    assert_eq!(net.node.receipt(&silent).await["status"], "0x1");
}

#[tokio::test]
async fn a_reset_comes_after_half_of_the_body() {
    let net = Net::start(first_send(Fault::ResetMidBody)).await;
    let raw = net.wallet.transfer(0, TO, 5);
    let body = sending(1, &raw).to_string();
    let address = net.door.url.strip_prefix("http://").expect("a URL");
    let address = address.trim_end_matches('/');
    let mut stream = TcpStream::connect(address).await.expect("a door");
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream
        .write_all(request.as_bytes())
        .await
        .expect("an open connection");
    let mut received = Vec::new();
    let end = stream
        .read_to_end(&mut received)
        .await
        .expect_err("a reset is no end");
    assert_eq!(end.kind(), io::ErrorKind::ConnectionReset);
    let received = String::from_utf8(received).expect("text");
    let (head, half) = received.split_once("\r\n\r\n").expect("a whole head");
    let announced: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .and_then(|length| length.parse().ok())
        .expect("a length");
    assert_eq!(half.len(), announced / 2);
    assert!(half.starts_with("{\"jsonrpc\""), "{half}");
    assert_eq!(net.node.receipt(&raw).await["status"], "0x1");
}

#[tokio::test]
async fn a_status_is_answered_in_the_nodes_place() {
    let plan = FaultPlan::none()
        .rule(Rule::method(SEND, Fault::too_many_requests(7)).first(1))
        .rule(Rule::method(SEND, Fault::status(503)).first(1));
    let net = Net::start(plan).await;
    let raw = net.wallet.transfer(0, TO, 5);
    let limited = net.door.post(&sending(1, &raw)).await.expect("an answer");
    assert_eq!(limited.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(limited.headers()["retry-after"], "7");
    let down = net.door.post(&sending(2, &raw)).await.expect("an answer");
    assert_eq!(down.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(down.headers().get("retry-after").is_none());
    assert_eq!(net.node.count(&net.wallet, "pending").await, 0);
}

#[tokio::test]
async fn truncated_json_and_html_are_complete_answers_of_http() {
    let plan = FaultPlan::none()
        .rule(Rule::method(SEND, Fault::TruncatedJson).first(1))
        .rule(Rule::method(SEND, Fault::NotJson).first(1));
    let net = Net::start(plan).await;
    for (nonce, start) in [(0, "{\"jsonrpc\""), (1, "<html>")] {
        let raw = net.wallet.transfer(nonce, TO, 5);
        let answer = net.door.post(&sending(1, &raw)).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        let text = answer.text().await.expect("a whole body");
        assert!(text.starts_with(start), "{text}");
        serde_json::from_str::<Value>(&text).expect_err("no JSON");
        assert_eq!(net.node.receipt(&raw).await["status"], "0x1");
    }
}

#[tokio::test]
async fn a_delay_is_at_least_as_long_as_the_plan_says() {
    let least = Duration::from_millis(120);
    let jitter = Duration::from_millis(40);
    let plan = FaultPlan::seeded(3).rule(Rule::rpc(Fault::Delay { least, jitter }));
    let net = Net::start(plan).await;
    let started = Instant::now();
    net.door.ask("eth_chainId", json!([])).await;
    assert!(started.elapsed() >= least);
    let log = net.devnet.faults().log();
    let delay = log.exchanges().next().expect("a request").delay;
    assert!((least..least + jitter).contains(&delay), "{delay:?}");
}

#[tokio::test]
async fn a_batch_shares_the_fate_of_one_of_its_calls() {
    let net = Net::start(first_send(Fault::RequestLost)).await;
    let raw = net.wallet.transfer(0, TO, 5);
    let batch = json!([call(1, "eth_chainId", json!([])), sending(2, &raw)]);
    let error = net.door.post(&batch).await.expect_err("broken");
    assert!(broke(&error), "{error:?}");
    let answers = net.door.json(&batch).await;
    assert_eq!(answers.as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn other_methods_and_the_node_itself_are_as_ever() {
    let net = Net::start(FaultPlan::none().rule(Rule::method(SEND, Fault::RequestLost))).await;
    let chain_id = net.door.ask("eth_chainId", json!([])).await;
    assert_eq!(chain_id, "0x2ec1d0a502");
    let raw = net.wallet.transfer(0, TO, 5);
    net.node.json(&sending(1, &raw)).await;
    assert_eq!(net.door.receipt(&raw).await["status"], "0x1");
}

#[tokio::test]
async fn what_is_no_json_rpc_is_answered_by_the_node() {
    let net = Net::start(FaultPlan::none().rule(Rule::rpc(Fault::RequestLost))).await;
    let ask = |url: String| async move {
        let answer = reqwest::Client::new()
            .post(url)
            .header("content-type", "application/json")
            .body("no JSON")
            .send()
            .await
            .expect("an answer");
        (answer.status(), answer.text().await.expect("a body"))
    };
    assert_eq!(
        ask(net.door.url.clone()).await,
        ask(net.node.url.clone()).await
    );
}

#[tokio::test]
async fn a_closed_network_leaves_no_door() {
    let net = Net::start(FaultPlan::none()).await;
    let (endpoint, extra) = net.endpoint(FaultPlan::none()).await;
    extra.ask("eth_chainId", json!([])).await;
    drop(endpoint);
    let question = call(1, "eth_chainId", json!([]));
    loop {
        // The port closes shortly after the handle is gone.
        if extra.post(&question).await.is_err() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let door = net.door;
    drop(net.devnet);
    while door.post(&question).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let error = door.post(&question).await.expect_err("nobody listens");
    assert!(error.is_connect(), "{error:?}");
}

#[tokio::test]
async fn the_log_tells_what_came_and_what_became_of_it() {
    let net = Net::start(first_send(Fault::RequestLost)).await;
    let raw = net.wallet.transfer(0, TO, 5);
    net.door.post(&sending(1, &raw)).await.expect_err("broken");
    net.door.json(&sending(2, &raw)).await;
    net.door
        .json(&json!([
            call(1, RECEIPT, json!([alloy_primitives::keccak256(&raw)])),
            call(2, "eth_blockNumber", json!([])),
        ]))
        .await;
    let log = net.devnet.faults().log();
    assert_eq!((log.requests(), log.faulty()), (3, 1));
    assert_eq!(log.transactions_offered(), 2);
    assert_eq!(log.calls("eth_blockNumber"), 1);
    assert_eq!(log.methods().len(), 3);
    let exchanges: Vec<_> = log.exchanges().collect();
    assert_eq!(exchanges[0].faults, [Fault::RequestLost]);
    assert_eq!(exchanges[0].methods, [SEND]);
    assert_eq!(
        json!(exchanges[0].transactions),
        json!([alloy_primitives::keccak256(&raw)])
    );
    assert_eq!(exchanges[1].faults, []);
    assert_eq!(exchanges[2].methods, [RECEIPT, "eth_blockNumber"]);
}
