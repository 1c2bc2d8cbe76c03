//! What is asked at one moment travels together.

use std::{pin::pin, time::Duration};

use futures::{future::join_all, poll};
use ogpu_client::{Address, HttpError, Rpc, RpcCause, RpcError};
use serde_json::{Value, json};

use crate::{
    network::Network,
    server::{Reply, Server, calls, client_of},
};

/// A read that does not depend on the head, and that only the right answer satisfies.
async fn hash_of(rpc: &Rpc, n: u64) -> Result<String, RpcError> {
    rpc.call("web3_sha3", [format!("0x{n:064x}")]).await
}

#[tokio::test]
async fn calls_of_one_tick_are_one_request_or_fifty_without_batching() {
    let network = Network::start().await;
    let server = Server::start(&network, |_| Reply::Node).await;
    for (batching, requests) in [(true, 1), (false, 50)] {
        let client = client_of(&network, [server.url()], |b| b.rpc_batching(batching));
        let balances =
            join_all((0..50).map(|_| client.vault().balance_of(Address::ZERO).into_future())).await;
        assert!(balances.iter().all(Result::is_ok), "{balances:?}");
        assert_eq!(server.take_count(), requests);
    }
}

#[tokio::test]
async fn tasks_of_one_tick_share_a_request() {
    let network = Network::start().await;
    let server = Server::start(&network, |_| Reply::Node).await;
    let client = client_of(&network, [server.url()], |b| b);
    let tasks = (0..20).map(|n| {
        let client = client.clone();
        tokio::spawn(async move { hash_of(client.rpc(), n).await.unwrap() })
    });
    let hashes = join_all(tasks.collect::<Vec<_>>()).await;
    assert_eq!(server.take_count(), 1);
    for (n, hash) in (0..).zip(hashes) {
        assert_eq!(
            hash.unwrap(),
            hash_of(network.client.rpc(), n).await.unwrap()
        );
    }
}

#[tokio::test]
async fn a_lone_call_is_a_plain_request() {
    let network = Network::start().await;
    let server = Server::start(&network, |_| Reply::Node).await;
    let client = client_of(&network, [server.url()], |b| b);
    hash_of(client.rpc(), 1).await.unwrap();
    let _: String = client.rpc().call("eth_blockNumber", ()).await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(Value::is_object), "{requests:?}");
}

#[tokio::test]
async fn a_server_that_takes_three_calls_gets_three_in_any_order() {
    let network = Network::start().await;
    let expected: Vec<_> = join_all((0..40).map(|n| hash_of(network.client.rpc(), n)))
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let of_nobody = |_: &Value, error| json!({ "id": null, "error": error });
    // As geth does it.
    let of_the_first = |request: &Value, error| json!([{ "id": request[0]["id"], "error": error }]);
    for refusal in [of_nobody, of_the_first] as [fn(&Value, Value) -> Value; 2] {
        let server = Server::start(&network, move |request| {
            if calls(request).len() > 3 {
                let error = json!({ "code": -32600, "message": "batch too large" });
                return Reply::Json(refusal(request, error));
            }
            Reply::Reversed
        })
        .await;
        let client = client_of(&network, [server.url()], |b| b);
        let mut refused = Vec::new();
        for _ in 0..2 {
            let before = server.requests().len();
            let hashes = join_all((0..40).map(|n| hash_of(client.rpc(), n))).await;
            let hashes: Vec<_> = hashes.into_iter().map(Result::unwrap).collect();
            assert_eq!(hashes, expected);
            let requests = server.requests().split_off(before);
            refused.push(requests.iter().filter(|r| calls(r).len() > 3).count());
        }
        assert!(refused[0] > 0);
        assert_eq!(refused[1], 0, "the size is remembered");
    }
}

#[tokio::test]
async fn a_server_that_answers_large_batches_with_a_page_gets_smaller_ones() {
    let network = Network::start().await;
    let server = Server::start(&network, |request| {
        if calls(request).len() > 10 {
            return Reply::Json(json!("please upgrade"));
        }
        Reply::Node
    })
    .await;
    let client = client_of(&network, [server.url()], |b| b);
    let hashes = join_all((0..40).map(|n| hash_of(client.rpc(), n))).await;
    assert!(hashes.iter().all(Result::is_ok), "{hashes:?}");
}

#[tokio::test]
async fn one_calls_error_is_its_own() {
    let network = Network::start().await;
    let server = Server::start(&network, |_| Reply::Node).await;
    let client = client_of(&network, [server.url()], |b| b);
    let rpc = client.rpc();
    let (good, bad) = tokio::join!(
        hash_of(rpc, 7),
        rpc.call::<String>("eth_getBalance", ["nobody"]),
    );
    assert_eq!(server.take_count(), 1);
    assert!(good.is_ok());
    let bad = bad.unwrap_err();
    assert_eq!(bad.method, "eth_getBalance");
    assert!(bad.node_error().is_some(), "{bad:?}");
}

#[tokio::test]
async fn an_answer_that_is_missing_fails_its_call_alone() {
    let network = Network::start().await;
    let server = Server::start(&network, |request| {
        let answers: Vec<_> = calls(request)
            .into_iter()
            .filter(|call| call["params"][0] != "lost")
            .map(|call| json!({ "jsonrpc": "2.0", "id": call["id"], "result": call["params"][0] }))
            .collect();
        if request.is_array() {
            return Reply::Json(json!(answers));
        }
        Reply::Json(answers.first().cloned().unwrap_or(json!("lost")))
    })
    .await;
    let client = client_of(&network, [server.url()], |b| b);
    let rpc = client.rpc();
    let echo = |word: &'static str| rpc.call::<String>("web3_sha3", [word]);
    let (one, lost, two) = tokio::join!(echo("one"), echo("lost"), echo("two"));
    assert_eq!(
        (one.unwrap().as_str(), two.unwrap().as_str()),
        ("one", "two")
    );
    let lost = lost.unwrap_err();
    assert!(matches!(lost.cause, RpcCause::Malformed { .. }), "{lost:?}");
}

#[tokio::test]
async fn a_caller_that_goes_away_takes_nobody_along() {
    let network = Network::start().await;
    for batching in [true, false] {
        let client = client_of(&network, [crate::server::node_url(&network)], |b| {
            b.rpc_batching(batching)
        });
        let mut first = Box::pin(hash_of(client.rpc(), 1));
        let mut second = pin!(hash_of(client.rpc(), 2));
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut second).is_pending());
        drop(first);
        let answer = tokio::time::timeout(Duration::from_secs(5), second).await;
        assert!(answer.unwrap().is_ok());
    }
}

#[tokio::test]
async fn a_caller_that_is_not_polled_delays_nobody() {
    let network = Network::start().await;
    let mut first = pin!(hash_of(network.client.rpc(), 1));
    assert!(poll!(&mut first).is_pending());
    let second = hash_of(network.client.rpc(), 2);
    let answer = tokio::time::timeout(Duration::from_secs(5), second).await;
    assert!(answer.unwrap().is_ok());
    assert!(first.await.is_ok());
}

#[test]
fn a_client_outlives_the_runtimes_it_is_used_from() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let server = runtime();
    let network = server.block_on(Network::start());
    let client = network.client.clone();
    // The node goes on in a thread of its own.
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let node = std::thread::spawn(move || server.block_on(stopped));

    let first = runtime();
    let mut cut_off = Box::pin(hash_of(client.rpc(), 1));
    let mut idle = Box::pin(hash_of(client.rpc(), 2));
    first.block_on(async {
        assert!(hash_of(client.rpc(), 0).await.is_ok());
        assert!(poll!(&mut cut_off).is_pending());
    });
    // A runtime that stands still holds nobody up.
    let second = runtime();
    second.block_on(async {
        assert!(poll!(&mut idle).is_pending());
        assert!(idle.await.is_ok());
    });
    drop(first);
    let error = second.block_on(cut_off).unwrap_err();
    assert!(
        matches!(error.cause, RpcCause::Http(HttpError::Interrupted)),
        "{error:?}"
    );
    assert!(second.block_on(hash_of(client.rpc(), 3)).is_ok());
    drop(second);
    stop.send(()).unwrap();
    node.join().unwrap().unwrap();
}
