//! Replicas that lag, chains that were set back: reads never go back in time, and never get stuck.

use ogpu_client::{Address, Client, Wei};

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
    let mut expected = network.client.vault_balance(account).await.unwrap();
    for _ in 0..25 {
        client
            .vault_deposit(account, Wei::from(1_u64), &network.account)
            .await
            .unwrap();
        expected = expected.checked_add(Wei::from(1_u64)).unwrap();
        for _ in 0..20 {
            assert_eq!(client.vault_balance(account).await.unwrap(), expected);
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
async fn noticing_a_lag_takes_no_further_request() {
    let network = Network::start().await;
    let server = Server::start(&network, |_| Reply::Node).await;
    let client = client_of(&network, [server.url()], |b| b);
    for _ in 0..10 {
        client
            .vault_balance(network.account.address())
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
        client.vault_balance(account).await.unwrap();
    }
    assert!(rpc.call::<bool>("evm_revert", [snapshot]).await.unwrap());
    assert_eq!(client.vault_balance(account).await.unwrap(), Wei::ZERO);
    // Other blocks at the same numbers, fewer of them: a reorg.
    network.deposit(Wei::from(5_u64)).await;
    assert_eq!(
        client.vault_balance(account).await.unwrap(),
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
        client.vault_balance(account).await.unwrap();
    }
    assert!(rpc.call::<bool>("evm_revert", [snapshot]).await.unwrap());
    network.deposit(Wei::from(5_u64)).await;
    server.take_count();
    assert_eq!(
        client.vault_balance(account).await.unwrap(),
        Wei::from(5_u64)
    );
    assert_eq!(server.take_count(), 1);
}
