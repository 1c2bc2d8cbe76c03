//! Replicas that lag, chains that were set back: reads never go back in time, and never get stuck.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::future::{Either, select};
use ogpu_client::{Address, Client, RetryPolicy, RpcCause, Wei};
use serde_json::Value;

use crate::{
    network::Network,
    server::{Reply, Server, client_of, node_url},
};

/// How far the replica is behind.
const BEHIND: u64 = 20;
/// An account that nobody pays.
const NOBODY: Address = Address::new([0x77; 20]);

/// Deposits and reads in turn; every read has to see every deposit before it.
async fn read_own_writes(network: &Network, client: &Client) {
    let account = network.account.address();
    // Nobody can tell that the first answer is old; the contracts are there at least.
    for _ in 0..BEHIND {
        network.devnet.mine().await.unwrap();
    }
    let mut expected = network.client.vault().balance_of(account).await.unwrap();
    for _ in 0..25 {
        client
            .vault()
            .deposit(account, Wei::from(1_u64), &network.account)
            .await
            .unwrap();
        expected = expected.checked_add(Wei::from(1_u64)).unwrap();
        for _ in 0..20 {
            assert_eq!(client.vault().balance_of(account).await.unwrap(), expected);
        }
    }
}

#[tokio::test]
async fn no_read_is_stale_behind_a_url_that_is_now_and_then_a_lagging_replica() {
    let network = Network::start().await;
    let mut random = fastrand::Rng::with_seed(9);
    let server = Server::start(&network, move |_| {
        if random.bool() {
            Reply::Behind(BEHIND)
        } else {
            Reply::Node
        }
    })
    .await;
    let client = client_of(&network, [server.url()], |b| b);
    read_own_writes(&network, &client).await;
}

#[tokio::test]
async fn no_read_is_stale_beside_a_lagging_replica() {
    let network = Network::start().await;
    let server = Server::start(&network, |_| Reply::Behind(BEHIND)).await;
    let urls = [server.url(), node_url(&network)];
    let client = client_of(&network, urls, |b| b);
    read_own_writes(&network, &client).await;
}

#[tokio::test]
async fn a_block_that_a_replica_lacks_is_asked_for_elsewhere() {
    let network = Network::start().await;
    let server = Server::start(&network, |_| Reply::Behind(BEHIND)).await;
    let client = client_of(&network, [server.url(), node_url(&network)], |b| b);
    let head: String = network
        .client
        .rpc()
        .call("eth_blockNumber", ())
        .await
        .unwrap();
    for _ in 0..10 {
        let balance: String = client
            .rpc()
            .call("eth_getBalance", (NOBODY, &head))
            .await
            .unwrap();
        assert_eq!(balance, "0x0");
    }
    assert!(server.take_count() > 0);
}

#[tokio::test]
async fn a_receipt_that_a_replica_lacks_is_found_elsewhere_and_one_that_it_has_is_taken() {
    let network = Network::start().await;
    let mut behind = Vec::new();
    let server = Server::start(&network, move |request| {
        let text = request.to_string();
        if !text.contains("eth_getTransactionReceipt") {
            return Reply::Node;
        }
        // The first answer to each is an old one.
        let is_first = !behind.contains(&request[1]["params"]);
        behind.push(request[1]["params"].clone());
        Reply::Behind(u64::from(is_first) * 2)
    })
    .await;
    let client = client_of(&network, [server.url()], |b| b);
    let rpc = client.rpc();
    let mut hashes = Vec::new();
    for _ in 0..4 {
        let account = network.account.address();
        let deposit = network
            .client
            .vault()
            .deposit(account, Wei::from(1_u64), &network.account)
            .await
            .unwrap();
        hashes.push(deposit.transaction_hash);
    }
    let _: String = rpc.call("eth_blockNumber", ()).await.unwrap();
    for (hash, requests) in [(hashes[0], 1), (hashes[3], 2)] {
        server.take_count();
        let receipt: Value = rpc.call("eth_getTransactionReceipt", [hash]).await.unwrap();
        assert!(receipt.is_object(), "{receipt}");
        assert_eq!(server.take_count(), requests);
    }
}

#[tokio::test]
async fn noticing_a_lag_takes_no_further_request() {
    let network = Network::start().await;
    let server = Server::start(&network, |_| Reply::Node).await;
    let client = client_of(&network, [server.url()], |b| b);
    for _ in 0..10 {
        client
            .vault()
            .balance_of(network.account.address())
            .await
            .unwrap();
    }
    assert_eq!(server.take_count(), 10);
}

#[tokio::test]
async fn a_chain_that_was_set_back_is_followed() {
    let network = Network::start().await;
    let account = network.account.address();
    let client = client_of(&network, [node_url(&network)], |b| b);
    let rpc = network.client.rpc();
    let snapshot: String = rpc.call("evm_snapshot", ()).await.unwrap();
    for _ in 0..3 {
        network.deposit(Wei::from(1_u64)).await;
        client.vault().balance_of(account).await.unwrap();
    }
    assert!(rpc.call::<bool>("evm_revert", [snapshot]).await.unwrap());
    assert_eq!(client.vault().balance_of(account).await.unwrap(), Wei::ZERO);
    // Other blocks at the same numbers, fewer of them: a reorg.
    network.deposit(Wei::from(5_u64)).await;
    assert_eq!(
        client.vault().balance_of(account).await.unwrap(),
        Wei::from(5_u64)
    );
}

#[tokio::test]
async fn a_reorg_to_a_lower_head_is_followed_at_once() {
    let network = Network::start().await;
    let account = network.account.address();
    let server = Server::start(&network, |_| Reply::Node).await;
    let client = client_of(&network, [server.url()], |b| b);
    let rpc = network.client.rpc();
    let snapshot: String = rpc.call("evm_snapshot", ()).await.unwrap();
    for _ in 0..3 {
        network.deposit(Wei::from(1_u64)).await;
        client.vault().balance_of(account).await.unwrap();
    }
    assert!(rpc.call::<bool>("evm_revert", [snapshot]).await.unwrap());
    network.deposit(Wei::from(5_u64)).await;
    server.take_count();
    assert_eq!(
        client.vault().balance_of(account).await.unwrap(),
        Wei::from(5_u64)
    );
    assert_eq!(server.take_count(), 1);
}

#[tokio::test]
async fn a_replica_that_is_left_alone_is_given_time_to_catch_up() {
    let network = Network::start().await;
    let fails = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&fails);
    let first = Server::start(&network, move |_| {
        if switch.load(Ordering::Relaxed) {
            Reply::Status(502, None)
        } else {
            Reply::Node
        }
    })
    .await;
    // More than it takes to believe that a chain was set back.
    let mut looks = 40;
    let switch = Arc::clone(&fails);
    let replica = Server::start(&network, move |_| {
        looks -= i32::from(switch.load(Ordering::Relaxed));
        Reply::Behind(u64::from(looks > 0))
    })
    .await;
    let client = client_of(&network, [first.url(), replica.url()], |b| b);
    let head = async || {
        let head = client.rpc().call::<String>("eth_blockNumber", ());
        head.await.unwrap()
    };
    network.devnet.mine().await.unwrap();
    let newest: String = network
        .client
        .rpc()
        .call("eth_blockNumber", ())
        .await
        .unwrap();
    assert_eq!(head().await, newest);
    fails.store(true, Ordering::Relaxed);
    assert_eq!(head().await, newest);
    assert!(replica.take_count() >= 40);
}

#[tokio::test]
async fn a_read_that_meets_nothing_but_a_lag_says_so() {
    let network = Network::start().await;
    let server = Server::start(&network, |request| {
        Reply::Behind(3 * u64::from(request.to_string().contains("eth_getBlockByNumber")))
    })
    .await;
    let client = client_of(&network, [server.url()], |b| {
        // Apart, so that the one cannot be answered with the other.
        b.rpc_batching(false)
            .rpc_timeout(Duration::from_millis(200))
            .rpc_retry(RetryPolicy {
                tries: 3,
                backoff: Duration::from_millis(20),
                max_backoff: Duration::from_millis(50),
            })
    });
    let rpc = client.rpc();
    let others = async {
        loop {
            let _: String = rpc.call("eth_blockNumber", ()).await.unwrap();
        }
    };
    let head: String = rpc.call("eth_blockNumber", ()).await.unwrap();
    let read = rpc.call::<Value>("eth_getBlockByNumber", ("latest", false));
    let (Either::Left((answer, _)) | Either::Right((answer, _))) =
        select(Box::pin(read), Box::pin(others)).await;
    let error = answer.unwrap_err();
    let RpcCause::Lagging { head: at, seen } = error.cause else {
        panic!("{error:?}");
    };
    assert_eq!((format!("{seen:#x}"), at + 3), (head, seen));
    assert!(error.is_transient());
}
