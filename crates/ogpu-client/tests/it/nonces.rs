//! Accounts that are stuck, and how they are freed.

use std::{future::IntoFuture, time::Duration};

use ogpu_client::{Outcome, TransactionRequest, Wei};
use ogpu_devnet::Mining;

use crate::network::{Network, eventually};

#[tokio::test]
async fn an_account_at_rest_needs_no_fix() {
    let network = Network::start().await;
    network.deposit(Wei::from(1_u64)).await;
    let account = network.account.address();
    let info = network.client.nonce_info(account).await.unwrap();
    assert_eq!((info.mined, info.pending), (1, 1));
    assert!(info.waiting().is_empty());
    let fix = network.client.fix_nonce(&network.account).await.unwrap();
    assert!(fix.nonces().is_empty());
    assert_eq!(fix.max_cost(), Wei::ZERO);
    assert_eq!(fix.await.unwrap(), []);
}

#[tokio::test]
async fn what_another_client_left_waiting_is_replaced_by_transfers_of_nothing() {
    let network = Network::start().await;
    let account = network.account.address();
    network.devnet.set_mining(Mining::Manual).await.unwrap();
    let target = ogpu_client::Address::new([7; 20]);
    for _ in 0..2 {
        let waiting = network
            .client
            .send_transaction(TransactionRequest::transfer(target, Wei::from(5_u64)))
            .timeout(Duration::from_millis(700))
            .await;
        let outcome = waiting.unwrap_err().outcome();
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    }
    let under_way = network.client.nonce_info(account).await.unwrap().under_way;
    assert_eq!(under_way.len(), 2);

    let other = network.client_with(|builder| builder);
    let info = other.nonce_info(account).await.unwrap();
    assert_eq!((info.mined, info.pending), (0, 2));
    assert_eq!(info.under_way, []);
    let fix = other.fix_nonce(&network.account).await.unwrap();
    assert_eq!(fix.nonces(), 0..2);
    assert!(fix.cost() > Wei::ZERO && fix.max_cost() > fix.cost());
    let fixing = tokio::spawn(fix.into_future());
    for (_, hash) in under_way {
        eventually("its replacement", || async {
            let call = network
                .client
                .rpc()
                .call("eth_getTransactionByHash", [hash]);
            let transaction: Option<serde_json::Value> = call.await.unwrap();
            transaction.is_none().then_some(())
        })
        .await;
    }
    network.devnet.mine().await.unwrap();
    let receipts = fixing.await.unwrap().unwrap();
    assert_eq!(receipts.len(), 2);
    assert!(receipts.iter().all(|receipt| receipt.to == Some(account)));
    let balance: String = network
        .client
        .rpc()
        .call("eth_getBalance", (target, "latest"))
        .await
        .unwrap();
    assert_eq!(balance, "0x0");
}
