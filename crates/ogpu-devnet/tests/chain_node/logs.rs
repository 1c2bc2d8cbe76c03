//! `eth_getLogs` and filters.

use alloy_primitives::{Address, B256};
use serde_json::{Value, json};

use crate::client::{Chain, number};
use crate::programs::{COUNTED, counter};
use crate::wallet::{Wallet, call};

const TO: Address = Address::repeat_byte(0x70);

fn topic(last_byte: u8) -> B256 {
    B256::with_last_byte(last_byte)
}

/// Two counters in blocks 1 and 2; wallet 1 calls the first one in block 3, wallet 2 the second
/// one in block 4, wallet 1 the second one in block 5.
async fn counted() -> (Chain, Address, Address) {
    let chain = Chain::instant().await;
    let (one, two) = (
        chain.deploy(0, &counter()).await,
        chain.deploy(1, &counter()).await,
    );
    chain.send(Wallet::new(1).sign(call(2, one, &[1]))).await;
    chain.send(Wallet::new(2).sign(call(0, two, &[1]))).await;
    chain.send(Wallet::new(1).sign(call(3, two, &[1]))).await;
    (chain, one, two)
}

/// The numbers of the blocks whose logs the filter finds.
async fn blocks(chain: &Chain, filter: Value) -> Vec<u128> {
    let logs = chain.ask("eth_getLogs", json!([filter])).await;
    logs.as_array()
        .expect("a list")
        .iter()
        .map(|log| number(&log["blockNumber"]))
        .collect()
}

#[tokio::test]
async fn logs_are_found_by_range_address_and_topics() {
    let (chain, one, two) = counted().await;
    let from = |mut filter: Value| {
        filter["fromBlock"] = json!("earliest");
        filter
    };
    assert_eq!(
        blocks(&chain, json!({})).await,
        [5],
        "without a range it is the latest block"
    );
    assert_eq!(blocks(&chain, from(json!({}))).await, [3, 4, 5]);
    assert_eq!(
        blocks(&chain, json!({"fromBlock": "0x4", "toBlock": "0x4"})).await,
        [4]
    );
    assert_eq!(
        blocks(&chain, json!({"fromBlock": "0x4", "toBlock": "0x99"})).await,
        [4, 5]
    );
    assert_eq!(
        blocks(&chain, json!({"fromBlock": "0x90", "toBlock": "0x99"})).await,
        [0; 0]
    );
    assert_eq!(blocks(&chain, from(json!({"address": one}))).await, [3]);
    assert_eq!(
        blocks(&chain, from(json!({"address": [one, two]}))).await,
        [3, 4, 5]
    );
    assert_eq!(blocks(&chain, from(json!({"address": TO}))).await, [0; 0]);
    assert_eq!(
        blocks(&chain, from(json!({"topics": [topic(COUNTED)]}))).await,
        [3, 4, 5]
    );
    assert_eq!(
        blocks(&chain, from(json!({"topics": [topic(1)]}))).await,
        [0; 0]
    );
    let (first, second) = (
        Wallet::new(1).address.into_word(),
        Wallet::new(2).address.into_word(),
    );
    assert_eq!(
        blocks(&chain, from(json!({"topics": [null, first]}))).await,
        [3, 5]
    );
    assert_eq!(
        blocks(
            &chain,
            from(json!({"topics": [[topic(1), topic(COUNTED)], [first, second]]}))
        )
        .await,
        [3, 4, 5]
    );
    assert_eq!(
        blocks(
            &chain,
            from(json!({"address": two, "topics": [null, second]}))
        )
        .await,
        [4]
    );
}

#[tokio::test]
async fn logs_are_found_by_block_hash() {
    let (chain, ..) = counted().await;
    let block = chain.block("0x4").await;
    assert_eq!(
        blocks(&chain, json!({"blockHash": block["hash"]})).await,
        [4]
    );
    let unknown = chain
        .fail("eth_getLogs", json!([{"blockHash": topic(9)}]))
        .await;
    assert_eq!(
        (unknown.code, unknown.message.as_str()),
        (-32000, "unknown block")
    );
    let both = chain
        .fail(
            "eth_getLogs",
            json!([{"blockHash": block["hash"], "fromBlock": "0x1"}]),
        )
        .await;
    assert_eq!(both.code, -32602);
}

#[tokio::test]
async fn a_log_tells_where_it_is() {
    let (chain, _, two) = counted().await;
    let block = chain.block("0x4").await;
    let logs = chain
        .ask(
            "eth_getLogs",
            json!([{"fromBlock": "0x4", "toBlock": "0x4"}]),
        )
        .await;
    let expected = json!({
        "address": two,
        "topics": [topic(COUNTED), Wallet::new(2).address.into_word()],
        "data": topic(1),
        "blockHash": block["hash"],
        "blockNumber": "0x4",
        "blockTimestamp": block["timestamp"],
        "transactionHash": block["transactions"][0],
        "transactionIndex": "0x0",
        "logIndex": "0x0",
        "removed": false,
    });
    assert_eq!(logs, json!([expected]));
    let receipt = chain.receipt(&block["transactions"][0]).await;
    assert_eq!(receipt["logs"], logs);
    assert_eq!(receipt["logsBloom"], block["logsBloom"]);
}

#[tokio::test]
async fn log_indexes_run_through_the_block() {
    let chain = Chain::instant().await;
    let contract = chain.deploy(0, &counter()).await;
    chain.ask("evm_setAutomine", json!([false])).await;
    let hashes = [
        chain
            .send(Wallet::new(1).sign(call(1, contract, &[1])))
            .await,
        chain
            .send(Wallet::new(2).sign(call(0, contract, &[1])))
            .await,
    ];
    chain.mine().await;
    let logs = chain.ask("eth_getLogs", json!([{}])).await;
    for (index, hash) in hashes.iter().enumerate() {
        let log = &chain.receipt(hash).await["logs"][0];
        assert_eq!(number(&log["logIndex"]), index as u128);
        assert_eq!(number(&log["transactionIndex"]), index as u128);
        assert_eq!(*log, logs[index]);
    }
}

#[tokio::test]
async fn a_log_filter_tells_each_log_once() {
    let (chain, one, two) = counted().await;
    let filter = chain
        .ask(
            "eth_newFilter",
            json!([{"fromBlock": "0x0", "address": two}]),
        )
        .await;
    let changes = async || chain.ask("eth_getFilterChanges", json!([filter])).await;
    assert_eq!(changes().await, json!([]), "only what comes after it");
    chain.send(Wallet::new(1).sign(call(4, one, &[1]))).await;
    let hash = chain.send(Wallet::new(1).sign(call(5, two, &[1]))).await;
    let news = changes().await;
    assert_eq!(news.as_array().map(Vec::len), Some(1));
    assert_eq!(news[0]["transactionHash"], hash);
    assert_eq!(changes().await, json!([]));
    let all = chain.ask("eth_getFilterLogs", json!([filter])).await;
    assert_eq!(all.as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn block_and_transaction_filters_tell_hashes() {
    let chain = Chain::manual().await;
    let blocks = chain.ask("eth_newBlockFilter", json!([])).await;
    let transactions = chain
        .ask("eth_newPendingTransactionFilter", json!([]))
        .await;
    let hash = chain.send(Wallet::new(1).transfer(0, TO, 1)).await;
    assert_eq!(
        chain.ask("eth_getFilterChanges", json!([blocks])).await,
        json!([])
    );
    assert_eq!(
        chain
            .ask("eth_getFilterChanges", json!([transactions]))
            .await,
        json!([hash])
    );
    chain.mine().await;
    chain.mine().await;
    let mined = json!([
        chain.block("0x1").await["hash"],
        chain.block("0x2").await["hash"]
    ]);
    assert_eq!(
        chain.ask("eth_getFilterChanges", json!([blocks])).await,
        mined
    );
    assert_eq!(
        chain
            .ask("eth_getFilterChanges", json!([transactions]))
            .await,
        json!([])
    );
    let no_logs = chain.fail("eth_getFilterLogs", json!([blocks])).await;
    assert_eq!(no_logs.message, "filter not found");
}

#[tokio::test]
async fn an_uninstalled_filter_is_not_found() {
    let chain = Chain::instant().await;
    let filter = chain.ask("eth_newBlockFilter", json!([])).await;
    assert_eq!(
        chain.ask("eth_uninstallFilter", json!([filter])).await,
        true
    );
    assert_eq!(
        chain.ask("eth_uninstallFilter", json!([filter])).await,
        false
    );
    for id in [filter, json!("0xabcdef")] {
        let failure = chain.fail("eth_getFilterChanges", json!([id])).await;
        assert_eq!(
            (failure.code, failure.message.as_str()),
            (-32000, "filter not found")
        );
    }
}
