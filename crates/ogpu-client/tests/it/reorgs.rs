//! Blocks that go, and receipts that come late.

use std::num::NonZeroU64;

use ogpu_client::Client;
use ogpu_devnet::{
    DevnetError, Mining, Orphans,
    faults::{Endpoint, Fault, FaultPlan, Rule},
};

use crate::{
    ledger::{RECEIPT, offered},
    network::{Network, eventually},
};

async fn confirming(network: &Network, blocks: u64) -> (Endpoint, Client) {
    let endpoint = network.devnet.faults().endpoint(FaultPlan::none()).await;
    let endpoint = endpoint.unwrap();
    let client = network.client_with(|builder| {
        builder
            .rpc_url(endpoint.http_url())
            .confirmations(NonZeroU64::new(blocks).unwrap())
    });
    (endpoint, client)
}

/// Waits until the door's client has looked at the head twice more.
async fn another_look(endpoint: &Endpoint) {
    let looks = || endpoint.log().calls("eth_getBlockByNumber");
    let before = looks();
    eventually("another look at the head", || async {
        (looks() >= before + 4).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_call_waits_for_as_many_blocks_as_were_asked_for() {
    let network = Network::start().await;
    network.devnet.set_mining(Mining::Manual).await.unwrap();
    let (endpoint, client) = confirming(&network, 3).await;
    let sent = network.sending(&client);
    network.waiting(1).await;
    for _ in 0..2 {
        network.devnet.mine().await.unwrap();
        another_look(&endpoint).await;
        assert!(!sent.is_finished());
    }
    network.devnet.mine().await.unwrap();
    let receipt = sent.await.unwrap().unwrap();
    assert_eq!(network.head().await, receipt.block_number + 2);
}

#[tokio::test]
async fn what_a_reorg_drops_is_offered_again_and_told_of_its_last_block() {
    for depth in 1..=3 {
        let network = Network::start().await;
        network.devnet.set_mining(Mining::Manual).await.unwrap();
        let (endpoint, client) = confirming(&network, 4).await;
        let sent = network.sending(&client);
        network.waiting(1).await;
        for _ in 0..depth {
            network.devnet.mine().await.unwrap();
            another_look(&endpoint).await;
        }
        let reorg = network.devnet.reorg_with(depth, Orphans::Dropped).await;
        assert_eq!(reorg.unwrap().dropped.len(), 1);
        network.waiting(1).await;
        assert!(endpoint.log().transactions_offered() >= 2);
        network.devnet.mine().await.unwrap();
        let mut blocks = 1;
        while blocks < 4 {
            another_look(&endpoint).await;
            assert!(!sent.is_finished(), "after {blocks} blocks");
            network.devnet.mine().await.unwrap();
            blocks += 1;
        }
        let receipt = sent.await.unwrap().unwrap();
        let hash = receipt.transaction_hash;
        let rpc = network.client.rpc();
        let canonical: serde_json::Value = rpc.call(RECEIPT, [hash]).await.unwrap();
        assert_eq!(canonical["blockHash"], receipt.block_hash.to_string());
        assert_eq!(network.effects().await, 1);
    }
}

#[tokio::test]
async fn what_a_reorg_moves_is_told_of_its_last_block() {
    let network = Network::start().await;
    network.devnet.set_mining(Mining::Manual).await.unwrap();
    let (endpoint, client) = confirming(&network, 3).await;
    let sent = network.sending(&client);
    network.waiting(1).await;
    network.devnet.mine().await.unwrap();
    another_look(&endpoint).await;
    let reorg = match network.devnet.reorg_with(1, Orphans::Delayed).await {
        // anvil drops what is in replaced blocks.
        Err(DevnetError::Unsupported { .. }) => return,
        reorg => reorg.unwrap(),
    };
    assert_eq!(reorg.kept.len(), 1);
    // The answers of the first looks are lost.
    endpoint.set(&FaultPlan::none().rule(Rule::method(RECEIPT, Fault::status(503)).first(8)));
    eventually("the call's end", || async {
        network.devnet.mine().await.unwrap();
        sent.is_finished().then_some(())
    })
    .await;
    let receipt = sent.await.unwrap().unwrap();
    assert!(receipt.block_number >= reorg.first_block);
    let rpc = network.client.rpc();
    let params = [receipt.transaction_hash];
    let canonical: serde_json::Value = rpc.call(RECEIPT, params).await.unwrap();
    assert_eq!(canonical["blockHash"], receipt.block_hash.to_string());
    assert_eq!(network.effects().await, 1);
}

#[tokio::test]
async fn receipts_that_come_late_are_waited_for() {
    let network = Network::start().await;
    let (endpoint, client) = confirming(&network, 1).await;
    endpoint.set(&FaultPlan::none().rule(Rule::method(RECEIPT, Fault::NullResult).first(3)));
    let receipt = network.one_wei(&client).await.unwrap();
    assert!(endpoint.log().calls(RECEIPT) > 3);
    assert_eq!(offered(&endpoint.log()).len(), 1);
    assert!(receipt.succeeded());
    assert_eq!(network.effects().await, 1);
}
