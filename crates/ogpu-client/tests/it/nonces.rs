//! Accounts that are stuck, and how they are freed.

use std::{
    future::IntoFuture,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ogpu_client::{Client, Outcome, TransactionRequest, Wei};
use ogpu_devnet::Mining;

use crate::{
    network::{Network, eventually},
    tap::Tap,
};

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

/// The nonces of two writes of one client between which another one writes, and how often the first
/// offered any. Before the second write it does as it is told.
async fn nonces_around_anothers(
    before_second: impl FnOnce(&Client, &Network),
) -> (Vec<u64>, usize) {
    let network = Network::start().await;
    network.devnet.set_mining(Mining::Manual).await.unwrap();
    let offers = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&offers);
    let tap = Tap::start(&network, move |call| {
        let is_offer = call["method"] == "eth_sendRawTransaction";
        counted.fetch_add(usize::from(is_offer), Ordering::Relaxed);
        None
    })
    .await;
    let own = tap.client(&network);
    let write = |client: &Client| {
        let target = ogpu_client::Address::new([7; 20]);
        let transfer = TransactionRequest::transfer(target, Wei::from(5_u64));
        tokio::spawn(client.send_transaction(transfer).into_future())
    };
    let pending = async |count| {
        eventually("transactions in the pool", || async {
            let info = network.client.nonce_info(network.account.address());
            (info.await.unwrap().pending == count).then_some(())
        })
        .await;
    };
    let first = write(&own);
    pending(1).await;
    let others = write(&network.client_with(|builder| builder));
    pending(2).await;
    before_second(&own, &network);
    let second = write(&own);
    eventually("its offer", || async {
        (offers.load(Ordering::Relaxed) > 1).then_some(())
    })
    .await;
    eventually("its block", || async {
        network.devnet.mine().await.unwrap();
        second.is_finished().then_some(())
    })
    .await;
    let mut nonces = Vec::new();
    for writing in [first, second] {
        let hash = writing.await.unwrap().unwrap().transaction_hash;
        let call = own.rpc().call("eth_getTransactionByHash", [hash]);
        let transaction: serde_json::Value = call.await.unwrap();
        let nonce = transaction["nonce"].as_str().unwrap();
        nonces.push(u64::from_str_radix(&nonce[2..], 16).unwrap());
    }
    others.await.unwrap().unwrap();
    (nonces, offers.load(Ordering::Relaxed))
}

#[tokio::test]
async fn a_reset_finds_what_another_program_has_just_sent_and_keeps_what_is_under_way() {
    let (nonces, offers) = nonces_around_anothers(|client, network| {
        client.reset_nonce_cache(network.account.address());
    })
    .await;
    assert_eq!((nonces, offers), (vec![0, 2], 2));
    let (nonces, offers) =
        nonces_around_anothers(|client, _| client.clear_all_nonce_caches()).await;
    assert_eq!((nonces, offers), (vec![0, 2], 2));
}

#[tokio::test]
async fn without_a_reset_it_is_found_out_by_an_offer() {
    let (nonces, offers) = nonces_around_anothers(|_, _| {}).await;
    assert_eq!(nonces, [0, 2]);
    assert!(offers > 2, "{offers}");
}
