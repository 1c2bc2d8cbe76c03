//! WebSocket connections through a door.

use std::time::{Duration, Instant};

use ogpu_devnet::faults::{Door, Fault, FaultPlan, Rule, Target};
use serde_json::json;

use crate::client::Net;
use crate::socket::Socket;

#[tokio::test]
async fn subscriptions_and_calls_pass_through_the_door() {
    let net = Net::start(FaultPlan::none()).await;
    assert_ne!(
        net.devnet.ws_url(),
        net.devnet.node_url().replace("http", "ws")
    );
    let mut socket = Socket::connect(&net.devnet.ws_url()).await;
    let answer = socket.request("eth_chainId", json!([])).await;
    assert_eq!(answer["result"], "0x2ec1d0a502");
    socket.subscribe(json!(["newHeads"])).await;
    net.devnet.mine().await.expect("a block");
    let head = net.node.number("eth_blockNumber", json!([])).await;
    assert_eq!(socket.notification().await["method"], "eth_subscription");
    net.devnet.mine().await.expect("a block");
    assert_eq!(socket.event().await["number"], format!("{:#x}", head + 1));
    let log = net.devnet.faults().log();
    let doors: Vec<_> = log.exchanges().map(|exchange| exchange.door).collect();
    assert_eq!(doors, [Door::WebSocket]);
    drop(net);
    socket.closed().await;
}

#[tokio::test]
async fn a_connection_closes_when_its_time_is_over() {
    let limit = Duration::from_millis(150);
    let rule = Rule::new(Target::WebSocket, Fault::ClosedAfter(limit)).first(1);
    let net = Net::start(FaultPlan::none().rule(rule)).await;
    let started = Instant::now();
    let socket = Socket::connect(&net.devnet.ws_url()).await;
    socket.closed().await;
    assert!(started.elapsed() >= limit);
    let mut again = Socket::connect(&net.devnet.ws_url()).await;
    let answer = again.request("eth_chainId", json!([])).await;
    assert_eq!(answer["result"], "0x2ec1d0a502");
}
