//! When transactions get into blocks, and in which order.

use std::time::Duration;

use alloy_consensus::TxEip1559;
use alloy_primitives::Address;
use ogpu_devnet::Mining;
use ogpu_devnet::node::NodeConfig;
use serde_json::{Value, json};

use crate::client::{Chain, number, settings};
use crate::socket::Socket;
use crate::wallet::{GWEI, Wallet, call};

const TO: Address = Address::repeat_byte(0x70);

async fn pending_nonce(chain: &Chain, wallet: &Wallet) -> u128 {
    chain
        .number(
            "eth_getTransactionCount",
            json!([wallet.address, "pending"]),
        )
        .await
}

#[tokio::test]
async fn instant_mining_mines_before_it_answers_each_in_its_own_block() {
    let chain = Chain::instant().await;
    for nonce in 0..3 {
        let hash = chain.send(Wallet::new(1).transfer(nonce, TO, 1)).await;
        assert_eq!(
            number(&chain.receipt(&hash).await["blockNumber"]),
            u128::from(nonce) + 1
        );
    }
    assert_eq!(chain.height().await, 3);
}

#[tokio::test]
async fn a_nonce_gap_waits_until_it_is_filled() {
    let chain = Chain::instant().await;
    let wallet = Wallet::new(1);
    let third = chain.send(wallet.transfer(2, TO, 1)).await;
    let second = chain.send(wallet.transfer(1, TO, 1)).await;
    assert_eq!(chain.height().await, 0);
    assert!(chain.receipt(&second).await.is_null());
    assert!(chain.ask("eth_getTransactionByHash", json!([third])).await["blockNumber"].is_null());
    assert_eq!(pending_nonce(&chain, &wallet).await, 0);
    let first = chain.send(wallet.transfer(0, TO, 1)).await;
    for (block, hash) in [first, second, third].iter().enumerate() {
        assert_eq!(
            number(&chain.receipt(hash).await["blockNumber"]),
            block as u128 + 1
        );
    }
    assert_eq!(pending_nonce(&chain, &wallet).await, 3);
}

#[tokio::test]
async fn manual_mining_puts_everything_into_one_block_by_tip() {
    let chain = Chain::manual().await;
    let bid = |number, nonce, tip| {
        Wallet::new(number).sign(TxEip1559 {
            max_priority_fee_per_gas: tip,
            ..call(nonce, TO, &[])
        })
    };
    let low = chain.send(bid(1, 0, 1)).await;
    let same = chain.send(bid(2, 0, 1)).await;
    let high = chain.send(bid(3, 0, GWEI)).await;
    let higher_but_later = chain.send(bid(1, 1, 2 * GWEI)).await;
    assert!(chain.receipt(&low).await.is_null());
    assert_eq!(pending_nonce(&chain, &Wallet::new(1)).await, 2);
    chain.mine().await;
    let block = chain.block("latest").await;
    assert_eq!(
        block["transactions"],
        json!([high, low, higher_but_later, same])
    );
    let last = chain.receipt(&same).await;
    assert_eq!(last["transactionIndex"], "0x3");
    assert_eq!(last["cumulativeGasUsed"], json!("0x14820"));
    assert_eq!(last["gasUsed"], json!("0x5208"));
}

#[tokio::test]
async fn a_full_block_leaves_the_rest_to_the_next_one() {
    let chain = Chain::start(NodeConfig {
        block_gas_limit: 50_000,
        ..settings(Mining::Manual)
    })
    .await;
    for nonce in 0..3 {
        chain.send(Wallet::new(1).transfer(nonce, TO, 1)).await;
    }
    chain.mine().await;
    assert_eq!(
        chain
            .ask("eth_getBlockTransactionCountByNumber", json!(["0x1"]))
            .await,
        "0x2"
    );
    chain.mine().await;
    assert_eq!(
        chain
            .ask("eth_getBlockTransactionCountByNumber", json!(["0x2"]))
            .await,
        "0x1"
    );
}

#[tokio::test]
async fn a_replacement_must_offer_a_tenth_more_in_both_fees() {
    let chain = Chain::manual().await;
    let wallet = Wallet::new(1);
    let bid = |max_fee_per_gas, max_priority_fee_per_gas| {
        wallet.sign(TxEip1559 {
            max_fee_per_gas,
            max_priority_fee_per_gas,
            ..call(0, TO, &[])
        })
    };
    let first = chain.send(bid(10 * GWEI, GWEI)).await;
    for cheap in [
        bid(11 * GWEI, GWEI),
        bid(10 * GWEI, 2 * GWEI),
        bid(11 * GWEI - 1, 2 * GWEI),
    ] {
        assert_eq!(
            chain.refusal(cheap).await,
            "replacement transaction underpriced"
        );
    }
    let second = chain.send(bid(11 * GWEI, GWEI * 11 / 10)).await;
    assert!(
        chain
            .ask("eth_getTransactionByHash", json!([first]))
            .await
            .is_null()
    );
    chain.mine().await;
    assert_eq!(chain.block("latest").await["transactions"], json!([second]));
}

#[tokio::test]
async fn a_waiting_transaction_is_shown_without_a_block() {
    let chain = Chain::manual().await;
    let wallet = Wallet::new(1);
    let hash = chain.send(wallet.transfer(0, TO, 9)).await;
    let waiting = chain.ask("eth_getTransactionByHash", json!([hash])).await;
    for absent in ["blockHash", "blockNumber", "transactionIndex"] {
        assert!(
            waiting.get(absent).is_some_and(Value::is_null),
            "{absent} of {waiting}"
        );
    }
    assert_eq!(waiting["from"], json!(wallet.address));
    assert_eq!(waiting["value"], "0x9");
    let pending = chain
        .ask("eth_getBlockByNumber", json!(["pending", true]))
        .await;
    assert!(pending["hash"].is_null());
    assert_eq!(pending["number"], "0x1");
    assert_eq!(pending["transactions"][0]["hash"], hash);
    assert_eq!(chain.balance(TO, "pending").await, 9);
    assert_eq!(chain.balance(TO, "latest").await, 0);
}

#[tokio::test]
async fn interval_mining_mines_waiting_transactions_by_itself() {
    let chain = Chain::start(settings(Mining::Interval(Duration::from_millis(20)))).await;
    let mut socket = Socket::connect(&chain.node.ws_url()).await;
    socket.subscribe(json!(["newHeads"])).await;
    let hash = chain.send(Wallet::new(1).transfer(0, TO, 1)).await;
    let head = socket.event().await;
    let next = socket.event().await;
    assert_eq!(number(&next["number"]), number(&head["number"]) + 1);
    assert_eq!(next["parentHash"], head["hash"]);
    assert_eq!(chain.receipt(&hash).await["status"], "0x1");
}

#[tokio::test]
async fn the_mining_mode_can_be_switched() {
    let chain = Chain::manual().await;
    let hash = chain.send(Wallet::new(1).transfer(0, TO, 1)).await;
    chain.ask("evm_setAutomine", json!([true])).await;
    assert_eq!(chain.receipt(&hash).await["blockNumber"], "0x1");
    chain.ask("evm_setAutomine", json!([false])).await;
    chain.send(Wallet::new(1).transfer(1, TO, 1)).await;
    assert_eq!(chain.height().await, 1);
    let mut socket = Socket::connect(&chain.node.ws_url()).await;
    socket.subscribe(json!(["newHeads"])).await;
    chain
        .node
        .chain()
        .set_mining(Mining::Interval(Duration::from_millis(10)));
    assert_eq!(socket.event().await["number"], "0x2");
    chain.ask("evm_setIntervalMining", json!([0])).await;
    let stopped_at = chain.height().await;
    chain.mine().await;
    assert_eq!(chain.height().await, stopped_at + 1);
}
