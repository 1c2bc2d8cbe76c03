//! Blocks, transactions, receipts and the state at old blocks.

use alloy_consensus::Header;
use alloy_primitives::{Address, B256};
use serde_json::{Value, json};

use crate::client::{Chain, number};
use crate::programs::counter;
use crate::wallet::{Wallet, call};

const TO: Address = Address::repeat_byte(0x70);

#[tokio::test]
async fn a_block_is_the_same_by_number_hash_and_tag() {
    let chain = Chain::instant().await;
    chain.send(Wallet::new(1).transfer(0, TO, 1)).await;
    let block = chain.block("0x1").await;
    assert_eq!(
        chain
            .ask("eth_getBlockByHash", json!([block["hash"], false]))
            .await,
        block
    );
    for tag in ["latest", "safe", "finalized"] {
        assert_eq!(chain.block(tag).await, block);
    }
    assert_eq!(chain.block("earliest").await, chain.block("0x0").await);
    assert_eq!(block["parentHash"], chain.block("0x0").await["hash"]);
    assert_eq!(block["uncles"], json!([]));
    assert_eq!(block["withdrawals"], json!([]));
}

#[tokio::test]
async fn a_blocks_hash_is_that_of_its_header() {
    let chain = Chain::instant().await;
    let contract = chain.deploy(0, &counter()).await;
    chain
        .send(Wallet::new(1).sign(call(1, contract, &[1])))
        .await;
    for id in ["0x0", "0x1", "0x2"] {
        let block = chain.block(id).await;
        let header: Header = serde_json::from_value(block.clone()).expect("a header");
        assert_eq!(json!(header.hash_slow()), block["hash"]);
    }
}

#[tokio::test]
async fn a_transaction_is_found_by_hash_and_by_place() {
    let chain = Chain::instant().await;
    let hash = chain.send(Wallet::new(1).transfer(0, TO, 1)).await;
    let block = chain
        .ask("eth_getBlockByNumber", json!(["0x1", true]))
        .await;
    let transaction = &block["transactions"][0];
    assert_eq!(transaction["hash"], hash);
    assert_eq!(transaction["chainId"], "0x2ec1d0a502");
    assert_eq!(
        chain.ask("eth_getTransactionByHash", json!([hash])).await,
        *transaction
    );
    let by_number = json!(["latest", "0x0"]);
    assert_eq!(
        chain
            .ask("eth_getTransactionByBlockNumberAndIndex", by_number)
            .await,
        *transaction
    );
    let by_hash = json!([block["hash"], "0x0"]);
    assert_eq!(
        chain
            .ask("eth_getTransactionByBlockHashAndIndex", by_hash)
            .await,
        *transaction
    );
    assert_eq!(
        chain
            .ask("eth_getBlockTransactionCountByNumber", json!(["0x1"]))
            .await,
        "0x1"
    );
    assert_eq!(
        chain
            .ask("eth_getBlockTransactionCountByHash", json!([block["hash"]]))
            .await,
        "0x1"
    );
    let receipts = chain.ask("eth_getBlockReceipts", json!(["0x1"])).await;
    assert_eq!(receipts, json!([chain.receipt(&hash).await]));
}

#[tokio::test]
async fn what_is_not_there_is_null_or_not_found() {
    let chain = Chain::instant().await;
    let nothing = B256::repeat_byte(0x11);
    for (method, params) in [
        ("eth_getBlockByNumber", json!(["0x99", false])),
        ("eth_getBlockByHash", json!([nothing, false])),
        ("eth_getBlockTransactionCountByNumber", json!(["0x99"])),
        ("eth_getTransactionByHash", json!([nothing])),
        (
            "eth_getTransactionByBlockNumberAndIndex",
            json!(["0x0", "0x0"]),
        ),
        ("eth_getTransactionReceipt", json!([nothing])),
        ("eth_getBlockReceipts", json!(["0x99"])),
    ] {
        assert_eq!(chain.ask(method, params).await, Value::Null, "{method}");
    }
    for (method, params) in [
        ("eth_getBalance", json!([TO, "0x99"])),
        ("eth_getCode", json!([TO, {"blockHash": nothing}])),
        ("eth_getTransactionCount", json!([TO, "0x99"])),
        ("eth_call", json!([{"to": TO}, "0x99"])),
        ("eth_estimateGas", json!([{"to": TO}, "0x99"])),
        ("eth_feeHistory", json!(["0x1", "0x99"])),
    ] {
        let failure = chain.fail(method, params).await;
        assert_eq!(
            (failure.code, failure.message.as_str()),
            (-32000, "header not found"),
            "{method}"
        );
    }
}

#[tokio::test]
async fn a_created_contract_has_code_storage_and_a_receipt() {
    let chain = Chain::instant().await;
    let hash = chain
        .send(Wallet::new(1).sign(crate::programs::deployment(0, &counter())))
        .await;
    let receipt = chain.receipt(&hash).await;
    assert!(receipt["to"].is_null());
    let contract: Address =
        serde_json::from_value(receipt["contractAddress"].clone()).expect("an address");
    assert_eq!(contract, Wallet::new(1).address.create(0));
    let code = alloy_primitives::hex::encode_prefixed(counter());
    assert_eq!(
        chain.ask("eth_getCode", json!([contract, "latest"])).await,
        code
    );
    assert_eq!(
        chain.ask("eth_getCode", json!([contract, "0x0"])).await,
        "0x"
    );
    chain
        .send(Wallet::new(1).sign(call(1, contract, &[1])))
        .await;
    let slot = json!([contract, B256::ZERO, {"blockHash": chain.block("latest").await["hash"]}]);
    assert_eq!(
        chain.ask("eth_getStorageAt", slot).await,
        json!(B256::with_last_byte(1))
    );
}

#[tokio::test]
async fn the_state_of_the_latest_256_blocks_before_the_head_can_be_read() {
    let chain = Chain::instant().await;
    let contract = chain.deploy(0, &counter()).await;
    for nonce in 1..=259_u64 {
        chain
            .send(Wallet::new(1).sign(call(nonce, contract, &[1])))
            .await;
    }
    assert_eq!(chain.height().await, 260);
    for block in 4..=260_u64 {
        let returned = chain
            .ask("eth_call", json!([{"to": contract}, format!("{block:#x}")]))
            .await;
        assert_eq!(returned, format!("0x{block:064x}"));
        assert_eq!(
            chain
                .number(
                    "eth_getTransactionCount",
                    json!([Wallet::new(1).address, format!("{block:#x}")])
                )
                .await,
            block.into()
        );
    }
    let pruned = chain.fail("eth_getBalance", json!([TO, "0x3"])).await;
    assert!(
        pruned.message.starts_with("missing trie node"),
        "{}",
        pruned.message
    );
    assert_eq!(
        number(&chain.block("0x3").await["number"]),
        3,
        "blocks are kept"
    );
}
