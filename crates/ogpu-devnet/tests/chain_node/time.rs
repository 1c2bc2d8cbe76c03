//! Time, snapshots, and turning the chain in process.

use alloy_primitives::Address;
use ogpu_types::Wei;
use serde_json::json;

use crate::client::{Chain, number};
use crate::wallet::{FUNDS, Wallet};

const TO: Address = Address::repeat_byte(0x70);

async fn timestamp(chain: &Chain, block: &str) -> u128 {
    number(&chain.block(block).await["timestamp"])
}

#[tokio::test]
async fn increasing_the_time_moves_all_later_blocks() {
    let chain = Chain::instant().await;
    let start = timestamp(&chain, "latest").await;
    assert_eq!(chain.ask("evm_increaseTime", json!([3_600])).await, 3_600);
    assert_eq!(chain.ask("evm_increaseTime", json!(["0xa"])).await, 3_610);
    chain.mine().await;
    let moved = timestamp(&chain, "latest").await;
    assert!(
        (start + 3_610..start + 3_700).contains(&moved),
        "{moved} from {start}"
    );
    chain.mine().await;
    assert!(timestamp(&chain, "latest").await >= moved);
}

#[tokio::test]
async fn the_next_timestamp_can_be_set_but_not_into_the_past() {
    let chain = Chain::instant().await;
    let start = timestamp(&chain, "latest").await;
    chain
        .ask("evm_setNextBlockTimestamp", json!([start + 500]))
        .await;
    assert_eq!(timestamp(&chain, "pending").await, start + 500);
    chain.send(Wallet::new(1).transfer(0, TO, 1)).await;
    assert_eq!(timestamp(&chain, "latest").await, start + 500);
    chain.ask("evm_mine", json!([start + 900])).await;
    assert_eq!(timestamp(&chain, "latest").await, start + 900);
    chain
        .ask(
            "evm_mine",
            json!([{"timestamp": start + 1_000, "blocks": 2}]),
        )
        .await;
    assert_eq!(timestamp(&chain, "0x3").await, start + 1_000);
    assert!(timestamp(&chain, "0x4").await >= start + 1_000);
    let past = chain
        .fail("evm_setNextBlockTimestamp", json!([start]))
        .await;
    assert_eq!(past.code, -32602);
    assert!(
        past.message.contains("time only moves forward"),
        "{}",
        past.message
    );
    assert_eq!(chain.fail("evm_mine", json!([start])).await.code, -32602);
    assert_eq!(chain.height().await, 4, "a refused timestamp mines nothing");
}

#[tokio::test]
async fn many_blocks_are_mined_at_a_distance() {
    let chain = Chain::instant().await;
    chain.ask("anvil_mine", json!(["0x3", "0x3c"])).await;
    assert_eq!(chain.height().await, 3);
    let first = timestamp(&chain, "0x1").await;
    assert_eq!(timestamp(&chain, "0x2").await, first + 60);
    assert_eq!(timestamp(&chain, "0x3").await, first + 120);
}

#[tokio::test]
async fn a_revert_takes_everything_back() {
    let chain = Chain::instant().await;
    let wallet = Wallet::new(1);
    chain.send(wallet.transfer(0, TO, 1)).await;
    let before = chain.block("latest").await;
    let snapshot = chain.ask("evm_snapshot", json!([])).await;
    let raw = wallet.transfer(1, TO, 5);
    let hash = chain.send(raw.clone()).await;
    let undone = chain.block("latest").await;
    chain.ask("evm_increaseTime", json!([1_000])).await;
    chain.ask("anvil_setBalance", json!([TO, "0x3039"])).await;
    assert_eq!(chain.balance(TO, "latest").await, 12_345);
    assert_eq!(chain.ask("evm_revert", json!([snapshot])).await, true);
    assert_eq!(chain.block("latest").await, before);
    assert_eq!(chain.balance(TO, "latest").await, 1);
    assert!(chain.receipt(&hash).await.is_null());
    assert!(
        chain
            .ask("eth_getBlockByHash", json!([undone["hash"], false]))
            .await
            .is_null()
    );
    assert_eq!(
        chain
            .number("eth_getTransactionCount", json!([wallet.address, "latest"]))
            .await,
        1
    );
    assert_eq!(
        chain.send(raw).await,
        hash,
        "the same transaction can be sent again"
    );
    let again = chain.block("latest").await;
    assert!(number(&again["timestamp"]) < number(&before["timestamp"]) + 1_000);
    assert_ne!(again["hash"], undone["hash"], "but never in the same block");
}

#[tokio::test]
async fn a_snapshot_is_used_up_together_with_later_ones() {
    let chain = Chain::manual().await;
    let first = chain.ask("evm_snapshot", json!([])).await;
    chain.mine().await;
    let second = chain.ask("evm_snapshot", json!([])).await;
    assert_eq!(chain.ask("evm_revert", json!([first])).await, true);
    assert_eq!(chain.height().await, 0);
    for used in [first, second, json!("0x77")] {
        assert_eq!(chain.ask("evm_revert", json!([used])).await, false);
    }
}

#[tokio::test]
async fn waiting_transactions_belong_to_a_snapshot() {
    let chain = Chain::manual().await;
    let hash = chain.send(Wallet::new(1).transfer(0, TO, 1)).await;
    let snapshot = chain.ask("evm_snapshot", json!([])).await;
    chain.mine().await;
    assert_eq!(chain.receipt(&hash).await["status"], "0x1");
    chain.ask("evm_revert", json!([snapshot])).await;
    assert!(chain.receipt(&hash).await.is_null());
    chain.mine().await;
    assert_eq!(chain.receipt(&hash).await["status"], "0x1");
}

#[tokio::test]
async fn the_handle_turns_the_chain_in_process() {
    let chain = Chain::manual().await;
    let handle = chain.node.chain();
    assert_eq!(handle.chain_id(), 200_820_172_034);
    let snapshot = handle.snapshot();
    handle.set_balance(ogpu_types::Address::new(TO.into()), Wei::from_u128(77));
    assert_eq!(chain.balance(TO, "latest").await, 77);
    let start = handle.timestamp();
    handle.increase_time(100);
    assert_eq!(handle.mine(), 1);
    assert!(handle.timestamp() >= start + 100);
    assert_eq!(u128::from(handle.block_number()), chain.height().await);
    assert!(handle.revert(snapshot));
    assert!(!handle.revert(snapshot));
    assert_eq!(handle.block_number(), 0);
    assert_eq!(chain.balance(TO, "latest").await, 0);
    assert_eq!(chain.balance(Wallet::new(1).address, "latest").await, FUNDS);
}
