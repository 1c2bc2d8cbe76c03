//! Which transactions are accepted, and what the others are told.

use alloy_consensus::{TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_primitives::{Address, B256, TxKind, U256};
use serde_json::json;

use crate::client::{Chain, number};
use crate::programs::creation;
use crate::wallet::{CHAIN_ID, FUNDS, GWEI, Wallet, call};

const TO: Address = Address::repeat_byte(0x70);

fn legacy(chain_id: Option<u64>) -> TxLegacy {
    TxLegacy {
        chain_id,
        gas_price: 2 * GWEI,
        gas_limit: 21_000,
        to: TxKind::Call(TO),
        value: U256::from(5),
        ..TxLegacy::default()
    }
}

#[tokio::test]
async fn legacy_access_list_and_dynamic_fee_transactions_are_mined() {
    let chain = Chain::instant().await;
    let wallet = Wallet::new(1);
    let access_list = AccessList(vec![AccessListItem {
        address: TO,
        storage_keys: vec![B256::ZERO],
    }]);
    let with_list = TxEip2930 {
        chain_id: CHAIN_ID,
        nonce: 1,
        gas_price: 2 * GWEI,
        gas_limit: 30_000,
        to: TxKind::Call(TO),
        value: U256::from(5),
        access_list,
        ..TxEip2930::default()
    };
    let sent = [
        wallet.sign(legacy(Some(CHAIN_ID))),
        wallet.sign(with_list),
        wallet.transfer(2, TO, 5),
    ];
    for (kind, raw) in ["0x0", "0x1", "0x2"].into_iter().zip(sent) {
        let hash = chain.send(raw).await;
        let receipt = chain.receipt(&hash).await;
        assert_eq!(receipt["status"], "0x1");
        assert_eq!(receipt["type"], kind);
        assert_eq!(receipt["from"], json!(wallet.address));
        let transaction = chain.ask("eth_getTransactionByHash", json!([hash])).await;
        assert_eq!(transaction["type"], kind);
        assert_eq!(transaction["blockHash"], receipt["blockHash"]);
    }
    assert_eq!(chain.balance(TO, "latest").await, 15);
}

#[tokio::test]
async fn the_sender_pays_the_effective_price_and_the_value() {
    let chain = Chain::instant().await;
    let wallet = Wallet::new(1);
    let receipt = chain
        .receipt(&chain.send(wallet.transfer(0, TO, 7)).await)
        .await;
    let base_fee = number(&chain.block("0x1").await["baseFeePerGas"]);
    assert_eq!(number(&receipt["effectiveGasPrice"]), base_fee + GWEI);
    let paid = 21_000 * (base_fee + GWEI) + 7;
    assert_eq!(chain.balance(wallet.address, "latest").await, FUNDS - paid);
}

#[tokio::test]
async fn another_chains_transaction_is_refused() {
    let chain = Chain::instant().await;
    let wallet = Wallet::new(1);
    assert_eq!(
        chain.refusal(wallet.sign(legacy(Some(1)))).await,
        "invalid sender: invalid chain id for signer: have 1 want 200820172034"
    );
    // The id's lower 32 bits alone are another chain's.
    let truncated = TxEip1559 {
        chain_id: CHAIN_ID & 0xffff_ffff,
        ..call(0, TO, &[])
    };
    assert!(
        chain
            .refusal(wallet.sign(truncated))
            .await
            .contains("invalid chain id")
    );
    assert_eq!(
        chain.refusal(wallet.sign(legacy(None))).await,
        "only replay-protected (EIP-155) transactions allowed over RPC"
    );
}

#[tokio::test]
async fn a_nonce_below_the_next_one_is_refused() {
    let chain = Chain::instant().await;
    let wallet = Wallet::new(1);
    let raw = wallet.transfer(0, TO, 1);
    chain.send(raw.clone()).await;
    assert_eq!(
        chain.refusal(raw).await,
        "nonce too low: next nonce 1, tx nonce 0"
    );
}

#[tokio::test]
async fn a_waiting_transaction_is_already_known() {
    let chain = Chain::manual().await;
    let raw = Wallet::new(1).transfer(0, TO, 1);
    chain.send(raw.clone()).await;
    assert_eq!(chain.refusal(raw).await, "already known");
}

#[tokio::test]
async fn the_sender_must_own_value_and_gas() {
    let chain = Chain::manual().await;
    let poor = Wallet::new(9).transfer(0, TO, 1);
    assert_eq!(
        chain.refusal(poor).await,
        "insufficient funds for gas * price + value: balance 0, tx cost 63000000000001, overshot 63000000000001"
    );
    let wallet = Wallet::new(1);
    chain.send(wallet.transfer(0, TO, FUNDS / 2)).await;
    let second = chain.refusal(wallet.transfer(1, TO, FUNDS / 2)).await;
    assert!(
        second.contains("queued cost 500000063000000000000"),
        "{second}"
    );
    assert!(second.ends_with("overshot 126000000000000"), "{second}");
}

#[tokio::test]
async fn gas_must_cover_the_start_and_fit_into_a_block() {
    let chain = Chain::instant().await;
    let wallet = Wallet::new(1);
    let with_gas = |gas_limit, data: &[u8]| {
        wallet.sign(TxEip1559 {
            gas_limit,
            ..call(0, TO, data)
        })
    };
    assert_eq!(
        chain.refusal(with_gas(20_999, &[])).await,
        "intrinsic gas too low: gas 20999, minimum needed 21000"
    );
    assert_eq!(
        chain.refusal(with_gas(30_000, &[0xff; 500])).await,
        "insufficient gas for floor data gas cost: gas 30000, minimum needed 41000"
    );
    assert_eq!(
        chain.refusal(with_gas(60_000_001, &[])).await,
        "exceeds block gas limit"
    );
}

#[tokio::test]
async fn fees_must_be_consistent_and_cover_the_base_fee() {
    let chain = Chain::instant().await;
    let wallet = Wallet::new(1);
    let with_fees = |max_fee_per_gas, max_priority_fee_per_gas| {
        wallet.sign(TxEip1559 {
            max_fee_per_gas,
            max_priority_fee_per_gas,
            ..call(0, TO, &[])
        })
    };
    assert_eq!(
        chain.refusal(with_fees(GWEI / 2, 0)).await,
        format!(
            "max fee per gas less than block base fee: address {}, maxFeePerGas: 500000000, baseFee: 875000000",
            wallet.address
        )
    );
    let tip = chain.refusal(with_fees(GWEI, 2 * GWEI)).await;
    assert!(
        tip.starts_with("max priority fee per gas higher than max fee per gas"),
        "{tip}"
    );
}

#[tokio::test]
async fn oversized_and_malformed_data_is_refused() {
    let chain = Chain::instant().await;
    let wallet = Wallet::new(1);
    let large = wallet.sign(TxEip1559 {
        gas_limit: 50_000_000,
        ..call(0, TO, &[0; 131_072])
    });
    let size = large.len();
    assert_eq!(
        chain.refusal(large).await,
        format!("oversized data: transaction size {size}, limit 131072")
    );
    let initcode = wallet.sign(TxEip1559 {
        to: TxKind::Create,
        gas_limit: 50_000_000,
        ..call(0, TO, &[0; 49_153])
    });
    assert_eq!(
        chain.refusal(initcode).await,
        "max initcode size exceeded: code size 49153, limit 49152"
    );
    assert!(chain.refusal(vec![0xc0, 0x01]).await.starts_with("rlp: "));
    let mut trailing = wallet.transfer(0, TO, 1);
    trailing.push(0);
    assert!(chain.refusal(trailing).await.starts_with("rlp: "));
    assert_eq!(
        chain
            .fail("eth_sendRawTransaction", json!(["0x1"]))
            .await
            .code,
        -32602
    );
}

#[tokio::test]
async fn blob_and_set_code_transactions_are_refused() {
    let chain = Chain::instant().await;
    let set_code = TxEip7702 {
        chain_id: CHAIN_ID,
        gas_limit: 100_000,
        max_fee_per_gas: 3 * GWEI,
        ..TxEip7702::default()
    };
    assert_eq!(
        chain.refusal(Wallet::new(1).sign(set_code)).await,
        "transaction type not supported"
    );
    assert_eq!(
        chain.refusal(vec![0x05, 0xc0]).await,
        "transaction type not supported"
    );
}

#[tokio::test]
async fn code_above_the_size_limit_is_not_deployed() {
    let chain = Chain::instant().await;
    let deploy = |nonce, size: usize| {
        let tx = TxEip1559 {
            to: TxKind::Create,
            gas_limit: 10_000_000,
            ..call(nonce, TO, &creation(&vec![0; size]))
        };
        Wallet::new(1).sign(tx)
    };
    let largest = chain.receipt(&chain.send(deploy(0, 24_576)).await).await;
    assert_eq!(largest["status"], "0x1");
    let code = chain
        .ask("eth_getCode", json!([largest["contractAddress"], "latest"]))
        .await;
    assert_eq!(code.as_str().map(str::len), Some(2 + 2 * 24_576));
    let larger = chain.receipt(&chain.send(deploy(1, 24_577)).await).await;
    assert_eq!(larger["status"], "0x0");
    assert!(larger["contractAddress"].is_null());
    assert_eq!(larger["gasUsed"], json!("0x989680"));
}
