//! Reorganisations: what a client sees of blocks that are replaced by others.

use alloy_primitives::Address;
use ogpu_devnet::Orphans;
use serde_json::{Value, json};

use crate::client::{Chain, number};
use crate::socket::Socket;
use crate::wallet::Wallet;

const TO: Address = Address::repeat_byte(0x70);

/// The hashes of the blocks up to the head.
async fn block_hashes(chain: &Chain) -> Vec<Value> {
    let mut hashes = Vec::new();
    for height in 0..=chain.height().await {
        hashes.push(chain.block(&format!("{height:#x}")).await["hash"].clone());
    }
    hashes
}

/// Mines three transfers of 5 wei by wallet 1, each in a block of its own; answers their hashes.
async fn three_transfers(chain: &Chain) -> Vec<Value> {
    let mut sent = Vec::new();
    for nonce in 0..3 {
        sent.push(chain.send(Wallet::new(1).transfer(nonce, TO, 5)).await);
        chain.mine().await;
    }
    sent
}

#[tokio::test]
async fn the_blocks_from_the_fork_on_are_others_and_those_before_stay() {
    let chain = Chain::manual().await;
    three_transfers(&chain).await;
    let before = block_hashes(&chain).await;
    let done = chain
        .node
        .chain()
        .reorg(2, Orphans::default())
        .expect("two blocks");
    let after = block_hashes(&chain).await;
    assert_eq!(done.first_block, 2);
    assert_eq!(after.len(), before.len());
    assert_eq!(after[..2], before[..2]);
    assert_ne!(after[2], before[2]);
    assert_ne!(after[3], before[3]);
    let gone = chain
        .ask("eth_getBlockByHash", json!([before[3], false]))
        .await;
    assert!(gone.is_null());
    assert_eq!(chain.block("0x3").await["parentHash"], after[2]);
}

#[tokio::test]
async fn the_last_transaction_is_unknown_and_is_mined_when_it_is_offered_again() {
    let chain = Chain::manual().await;
    let sent = three_transfers(&chain).await;
    let done = chain
        .node
        .chain()
        .reorg(2, Orphans::default())
        .expect("two blocks");
    assert_eq!(json!(done.dropped), json!([sent[2]]));
    assert_eq!(json!(done.kept), json!([sent[1]]));
    assert!(chain.receipt(&sent[2]).await.is_null());
    let known = chain
        .ask("eth_getTransactionByHash", json!([sent[2]]))
        .await;
    assert!(known.is_null());
    assert_eq!(chain.receipt(&sent[1]).await["blockNumber"], "0x3");
    assert_eq!(chain.balance(TO, "latest").await, 10);

    let again = chain.send(Wallet::new(1).transfer(2, TO, 5)).await;
    assert_eq!(again, sent[2]);
    chain.mine().await;
    assert_eq!(chain.receipt(&again).await["blockNumber"], "0x4");
    assert_eq!(chain.balance(TO, "latest").await, 15);
}

#[tokio::test]
async fn all_can_be_dropped_and_all_can_be_delayed() {
    let chain = Chain::manual().await;
    let sent = three_transfers(&chain).await;
    let handle = chain.node.chain();
    let delayed = handle.reorg(3, Orphans::Delayed).expect("three blocks");
    assert_eq!(json!(delayed.kept), json!(sent));
    for hash in &sent {
        assert_eq!(chain.receipt(hash).await["blockNumber"], "0x4");
    }
    assert_eq!(chain.balance(TO, "latest").await, 15);
    let dropped = handle.reorg(1, Orphans::Dropped).expect("one block");
    assert_eq!(json!(dropped.dropped), json!(sent));
    assert_eq!(chain.balance(TO, "latest").await, 0);
    assert_eq!(chain.height().await, 4);
}

#[tokio::test]
async fn equally_paid_transactions_of_two_senders_change_their_order() {
    let chain = Chain::manual().await;
    let first = chain.send(Wallet::new(1).transfer(0, TO, 5)).await;
    let second = chain.send(Wallet::new(2).transfer(0, TO, 5)).await;
    chain.mine().await;
    assert_eq!(
        chain.block("latest").await["transactions"],
        json!([first, second])
    );
    chain
        .node
        .chain()
        .reorg(1, Orphans::Delayed)
        .expect("one block");
    assert_eq!(
        chain.block("latest").await["transactions"],
        json!([second, first])
    );
}

#[tokio::test]
async fn what_follows_a_dropped_transaction_waits_for_its_nonce() {
    let chain = Chain::manual().await;
    three_transfers(&chain).await;
    let waiting = chain.send(Wallet::new(1).transfer(3, TO, 5)).await;
    chain
        .node
        .chain()
        .reorg(1, Orphans::default())
        .expect("one block");
    chain.mine().await;
    assert!(chain.receipt(&waiting).await.is_null());
    chain.send(Wallet::new(1).transfer(2, TO, 5)).await;
    chain.mine().await;
    assert_eq!(chain.receipt(&waiting).await["status"], "0x1");
}

#[tokio::test]
async fn balances_that_were_set_outlast_a_reorganisation() {
    let chain = Chain::manual().await;
    chain.mine().await;
    chain.ask("anvil_setBalance", json!([TO, "0x2a"])).await;
    chain.mine().await;
    for depth in [2, 1, 2] {
        chain
            .node
            .chain()
            .reorg(depth, Orphans::default())
            .expect("so many blocks");
        assert_eq!(chain.balance(TO, "latest").await, 0x2a);
    }
}

#[tokio::test]
async fn more_blocks_than_there_are_cannot_be_replaced() {
    let chain = Chain::manual().await;
    three_transfers(&chain).await;
    for depth in [0, 4] {
        let refused = chain
            .node
            .chain()
            .reorg(depth, Orphans::default())
            .expect_err("no such depth");
        assert_eq!((refused.depth, refused.deepest), (depth, 3));
    }
    let failure = chain.fail("anvil_reorg", json!([4, []])).await;
    assert_eq!(failure.code, -32602);
    assert_eq!(chain.height().await, 3);
}

#[tokio::test]
async fn listeners_hear_of_each_new_block() {
    let chain = Chain::manual().await;
    three_transfers(&chain).await;
    let mut socket = Socket::connect(&chain.node.ws_url()).await;
    socket.subscribe(json!(["newHeads"])).await;
    chain.ask("anvil_reorg", json!([2, []])).await;
    for height in [2, 3] {
        assert_eq!(number(&socket.event().await["number"]), height);
    }
}
