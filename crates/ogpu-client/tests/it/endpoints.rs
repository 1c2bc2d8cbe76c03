//! Several endpoints of one chain.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use ogpu_client::{Address, Error, HttpError, ReadCause, RpcCause, Wei};
use serde_json::{Value, json};

use crate::{
    network::{Network, eventually},
    server::{Reply, Server, calls, client_of, node_url},
};

/// A node of another chain that takes whatever it is given.
fn stranger(request: &Value) -> Reply {
    let answer = |call: &Value| {
        let result = match call["method"].as_str() {
            Some("eth_chainId") => json!("0x5"),
            Some("eth_sendRawTransaction") => json!(format!("0x{}", "11".repeat(32))),
            _ => json!("0x"),
        };
        json!({ "jsonrpc": "2.0", "id": call["id"], "result": result })
    };
    if request.is_array() {
        let answers: Vec<_> = calls(request).into_iter().map(answer).collect();
        return Reply::Json(answers.into());
    }
    Reply::Json(answer(request))
}

/// A server that fails while the switch is on.
async fn failing(network: &Network, switch: &Arc<AtomicBool>, failure: fn() -> Reply) -> Server {
    let switch = Arc::clone(switch);
    Server::start(network, move |_| {
        if switch.load(Ordering::Relaxed) {
            failure()
        } else {
            Reply::Node
        }
    })
    .await
}

/// What gateways answer in their nodes' stead.
fn no_key() -> Value {
    let error = json!({ "code": -32600, "message": "Must be authenticated!" });
    json!({ "jsonrpc": "2.0", "id": null, "error": error })
}

#[tokio::test]
async fn reads_go_elsewhere_while_an_endpoint_fails_and_come_back_after_it() {
    let network = Network::start().await;
    for failure in [
        || Reply::Status(502, None),
        || Reply::Status(429, Some(3600)),
        || Reply::Json(json!("<html>")),
        || Reply::Status(403, None),
        || Reply::Refusal(401, no_key()),
        || Reply::Refusal(402, no_key()),
    ] as [fn() -> Reply; 6]
    {
        let first_fails = Arc::new(AtomicBool::new(true));
        let second_fails = Arc::new(AtomicBool::new(false));
        let first = failing(&network, &first_fails, failure).await;
        let second = failing(&network, &second_fails, || Reply::Status(503, None)).await;
        let client = client_of(&network, [first.url(), second.url()], |b| b);
        let read = || client.vault().balance_of(Address::ZERO);
        for _ in 0..20 {
            read().await.unwrap();
        }
        assert!(first.take_count() < 10, "it is passed over");
        assert!(second.take_count() >= 20);

        if let Reply::Status(429, _) = failure() {
            // Nobody may ask it before its time.
            continue;
        }
        first_fails.store(false, Ordering::Relaxed);
        second_fails.store(true, Ordering::Relaxed);
        for _ in 0..20 {
            read().await.unwrap();
        }
        assert!(first.take_count() >= 20, "it is used again");
    }
}

#[tokio::test]
async fn an_endpoint_that_recovers_is_found_out_by_ordinary_calls() {
    let network = Network::start().await;
    let fails = Arc::new(AtomicBool::new(false));
    let fast = failing(&network, &fails, || Reply::Status(502, None)).await;
    // It asks the node more than it is asked itself.
    let slow = Server::start(&network, |_| Reply::Behind(0)).await;
    let client = client_of(&network, [fast.url(), slow.url()], |b| b);
    let is_used = async || {
        fast.take_count();
        client.vault().balance_of(Address::ZERO).await.unwrap();
        fast.take_count() > 0
    };
    eventually("calls to the fast endpoint", async || {
        is_used().await.then_some(())
    })
    .await;
    fails.store(true, Ordering::Relaxed);
    eventually("calls to the slow endpoint", async || {
        (!is_used().await).then_some(())
    })
    .await;
    fails.store(false, Ordering::Relaxed);
    eventually("calls to the recovered endpoint", async || {
        is_used().await.then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_endpoint_that_never_answers_costs_no_call_its_time() {
    let network = Network::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let black_hole = format!("http://{}", listener.local_addr().unwrap());
    let client = client_of(&network, [node_url(&network), &black_hole], |b| b);
    let start = Instant::now();
    for _ in 0..50 {
        client.vault().balance_of(Address::ZERO).await.unwrap();
    }
    let account = network.account.address();
    client
        .vault()
        .deposit(account, Wei::from(1_u64), &network.account)
        .await
        .unwrap();
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn the_last_error_names_its_endpoint_and_all_tries() {
    let network = Network::start().await;
    let servers = [
        Server::start(&network, |_| Reply::Status(502, None)).await,
        Server::start(&network, |_| Reply::Status(503, None)).await,
    ];
    let urls: Vec<String> = servers
        .iter()
        .map(|server| format!("{}/?key=canary-token", server.url()))
        .collect();
    let client = client_of(&network, urls.iter().map(String::as_str), |b| b);
    let error = client.vault().balance_of(Address::ZERO).await.unwrap_err();
    let Error::Read { source } = &error else {
        panic!("{error:?}");
    };
    let ReadCause::Rpc(rpc) = &source.cause else {
        panic!("{source:?}");
    };
    assert_eq!(rpc.tries, 6, "three rounds of two");
    assert!(matches!(
        rpc.cause,
        RpcCause::Http(HttpError::Status {
            status: 502 | 503,
            ..
        })
    ));
    let shown = format!("{rpc} {error:?}");
    assert!(
        servers.iter().any(|s| shown.contains(s.url())) && !shown.contains("canary"),
        "{shown}"
    );
    assert!(rpc.elapsed.as_millis() < 5_000);
}

#[tokio::test]
async fn an_endpoint_of_another_chain_gets_no_transaction_and_no_say() {
    let network = Network::start().await;
    let wrong = Server::start(&network, stranger).await;
    let account = network.account.address();
    for urls in [
        [wrong.url(), node_url(&network)],
        [node_url(&network), wrong.url()],
    ] {
        let client = client_of(&network, urls, |b| b);
        let before = network.client.vault().balance_of(account).await.unwrap();
        client
            .vault()
            .deposit(account, Wei::from(1_u64), &network.account)
            .await
            .unwrap();
        let after = client.vault().balance_of(account).await.unwrap();
        assert_eq!(after, before.checked_add(Wei::from(1_u64)).unwrap());
    }
    assert_eq!(wrong.calls_of("eth_sendRawTransaction"), 0);

    for batching in [true, false] {
        let urls = [wrong.url(), node_url(&network)];
        let client = client_of(&network, urls, |b| b.rpc_batching(batching));
        let head: String = client.rpc().call("eth_blockNumber", ()).await.unwrap();
        assert_ne!(head, "0x", "the stranger's answer");
    }

    let client = client_of(&network, [wrong.url(), wrong.url()], |b| b);
    let error = client
        .vault()
        .deposit(account, Wei::from(1_u64), &network.account)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::WrongChain { actual, .. } if actual.get() == 5),
        "{error:?}"
    );
    assert_eq!(wrong.calls_of("eth_sendRawTransaction"), 0);
}

#[tokio::test]
async fn raw_transactions_are_never_sent_again_by_the_transport() {
    let network = Network::start().await;
    let server = Server::start(&network, |request| {
        if request.to_string().contains("eth_sendRawTransaction") {
            return Reply::Status(502, None);
        }
        Reply::Node
    })
    .await;
    let client = client_of(&network, [server.url()], |b| b);
    let rpc = client.rpc();
    let send = || rpc.call::<String>("eth_sendRawTransaction", ["0x00"]);
    let read = rpc.call::<String>("web3_clientVersion", ());
    let (one, two, read) = tokio::join!(send(), send(), read);
    assert!(one.is_err() && two.is_err() && read.is_ok());
    assert_eq!(server.calls_of("eth_sendRawTransaction"), 2);
    for request in server.requests() {
        let sends = calls(&request)
            .iter()
            .filter(|call| call["method"] == "eth_sendRawTransaction")
            .count();
        assert!(sends == 0 || sends == calls(&request).len(), "{request}");
    }
}

#[tokio::test]
async fn a_transaction_of_the_callers_own_goes_to_who_answers() {
    let network = Network::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let black_hole = format!("http://{}", listener.local_addr().unwrap());
    let client = client_of(&network, [black_hole.as_str(), node_url(&network)], |b| b);
    let start = Instant::now();
    let error = client
        .rpc()
        .call::<String>("eth_sendRawTransaction", ["0x00"])
        .await
        .unwrap_err();
    assert!(error.node_error().is_some(), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn no_error_repeats_a_transaction_that_a_server_echoes() {
    let network = Network::start().await;
    let raw = format!("0x02f8{}", "c0de".repeat(400));
    let echo = |request: &Value| {
        let error = json!({ "code": -32602, "message": request.to_string(), "data": request });
        json!({ "jsonrpc": "2.0", "id": request["id"], "error": error })
    };
    let rules: [fn(Value) -> Reply; 3] = [
        Reply::Json,
        |answer| Reply::Refusal(400, answer),
        |answer| Reply::Refusal(502, answer),
    ];
    for rule in rules {
        let server = Server::start(&network, move |request| {
            if request["method"] == "eth_sendRawTransaction" {
                return rule(echo(request));
            }
            Reply::Node
        })
        .await;
        let client = client_of(&network, [server.url()], |b| b);
        let error = client
            .rpc()
            .call::<String>("eth_sendRawTransaction", [&raw])
            .await
            .unwrap_err();
        let shown = format!("{error:?} {}", error.cause);
        assert!(
            shown.contains('…') && !shown.contains("c0dec0de"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_method_that_nobody_knows_is_sent_once() {
    let network = Network::start().await;
    let server = Server::start(&network, |request| {
        if request.to_string().contains("eth_cancelPrivateTransaction") {
            return Reply::Status(502, None);
        }
        Reply::Node
    })
    .await;
    let client = client_of(&network, [server.url()], |b| b);
    let cancel = client
        .rpc()
        .call::<Value>("eth_cancelPrivateTransaction", [json!({})]);
    assert!(cancel.await.is_err());
    assert_eq!(server.calls_of("eth_cancelPrivateTransaction"), 1);
}
