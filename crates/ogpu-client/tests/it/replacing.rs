//! Fees: what is stuck is replaced, within limits.

use std::{collections::HashSet, time::Duration};

use futures::future::join_all;
use ogpu_client::{Client, Outcome, TxError, TxHash, Wei};
use ogpu_devnet::{
    Devnet, Mining,
    faults::{Endpoint, FaultPlan},
};

use crate::{
    ledger::{offered, trouble},
    network::{Network, eventually},
};

const GWEI: u64 = 1_000_000_000;

/// A client that soon replaces what is not mined, and the door that it uses.
async fn replacing(network: &Network, after: Duration, cap: Option<Wei>) -> (Endpoint, Client) {
    let endpoint = network.devnet.faults().endpoint(FaultPlan::none()).await;
    let endpoint = endpoint.unwrap();
    let client = network.client_with(|builder| {
        let builder = builder.rpc_url(endpoint.http_url()).replace_after(after);
        match cap {
            Some(cap) => builder.max_fee_per_gas(cap),
            None => builder,
        }
    });
    (endpoint, client)
}

/// The transactions at the door that the node still knows, with their nonces.
async fn known(network: &Network, hashes: &HashSet<TxHash>) -> Vec<(TxHash, String)> {
    let mut known = Vec::new();
    for hash in hashes {
        if let Some(transaction) = network.transaction(*hash).await {
            known.push((*hash, transaction["nonce"].as_str().unwrap().to_owned()));
        }
    }
    known
}

#[tokio::test]
async fn what_a_fee_spike_has_stranded_is_replaced_and_mined() {
    let network = Network::start().await;
    network.devnet.set_mining(Mining::Manual).await.unwrap();
    let (endpoint, client) = replacing(&network, Duration::from_millis(200), None).await;
    let sent = network.sending(&client);
    network.waiting(1).await;
    let first = offered(&endpoint.log());
    eventually("the replacement's block", || async {
        // It never comes down to what was offered at first.
        network.devnet.spike_base_fee(30 * GWEI).await.unwrap();
        network.devnet.mine().await.unwrap();
        sent.is_finished().then_some(())
    })
    .await;
    let receipt = sent.await.unwrap().unwrap();
    assert!(!first.contains(&receipt.transaction_hash));
    assert!(receipt.effective_gas_price >= Wei::from(30 * GWEI));
    assert_eq!(network.effects().await, 1);
    assert_eq!(network.mined().await, 1);
}

#[tokio::test]
async fn what_the_limit_strands_is_said_to_be_pending_and_followed() {
    let network = Network::start().await;
    network.devnet.set_mining(Mining::Manual).await.unwrap();
    let cap = Wei::from(3 * GWEI);
    let (endpoint, client) = replacing(&network, Duration::from_millis(100), Some(cap)).await;
    let call = network.one_wei(&client).timeout(Duration::from_secs(2));
    let sent = tokio::spawn(call.into_future());
    network.waiting(1).await;
    eventually("the call's end", || async {
        network.devnet.spike_base_fee(30 * GWEI).await.unwrap();
        network.devnet.mine().await.unwrap();
        sent.is_finished().then_some(())
    })
    .await;
    let error = sent.await.unwrap().unwrap_err();
    let outcome = error.outcome();
    assert!(
        matches!(outcome, Outcome::Unknown { nonce: 0, .. }),
        "{error:?}"
    );
    for hash in offered(&endpoint.log()) {
        if let Some(transaction) = network.transaction(hash).await {
            let fee = transaction["maxFeePerGas"].as_str().unwrap();
            assert!(u64::from_str_radix(&fee[2..], 16).unwrap() <= 3 * GWEI);
        }
    }
    // The nonce is still its own: the next one goes behind.
    let pending = error.pending().unwrap().clone();
    let resuming = tokio::spawn({
        let (client, pending) = (client.clone(), pending.clone());
        async move { client.resume(&pending).await }
    });
    eventually("the end of the wait", || async {
        network.devnet.spike_base_fee(GWEI).await.unwrap();
        network.devnet.mine().await.unwrap();
        resuming.is_finished().then_some(())
    })
    .await;
    let resumed = resuming.await.unwrap().unwrap();
    assert!(
        pending
            .hashes()
            .contains(&resumed.receipt().transaction_hash)
    );
    assert_eq!(network.effects().await, 1);
}

#[tokio::test]
async fn only_the_lowest_of_many_is_replaced_and_not_for_ever() {
    const MOST: usize = 10;
    let network = Network::start().await;
    network.devnet.set_mining(Mining::Manual).await.unwrap();
    let (endpoint, client) = replacing(&network, Duration::from_millis(40), None).await;
    let sends: Vec<_> = (0..10).map(|_| network.sending(&client)).collect();
    network.waiting(10).await;
    eventually("the last replacement", || async {
        (offered(&endpoint.log()).len() >= 10 + MOST).then_some(())
    })
    .await;
    // A whole look at the chain later there are no more.
    let looks = |endpoint: &Endpoint| endpoint.log().calls("eth_getTransactionCount");
    let before = looks(&endpoint);
    eventually("another look", || async {
        (looks(&endpoint) > before).then_some(())
    })
    .await;
    let hashes = offered(&endpoint.log());
    assert_eq!(hashes.len(), 10 + MOST);
    let known = known(&network, &hashes).await;
    let nonces: HashSet<_> = known.iter().map(|(_, nonce)| nonce).collect();
    // One each is left, so that all replacements were of one nonce, which is the lowest.
    assert_eq!((known.len(), nonces.len()), (10, 10));
    network.devnet.mine().await.unwrap();
    for sent in join_all(sends).await {
        sent.unwrap().unwrap();
    }
    assert_eq!(network.effects().await, 10);
}

#[tokio::test]
async fn a_limit_below_what_the_chain_asks_stops_before_signing() {
    let network = Network::start().await;
    let cap = Wei::from(1_u64);
    let (endpoint, client) = replacing(&network, Duration::from_secs(60), Some(cap)).await;
    let error = network.one_wei(&client).await.unwrap_err();
    assert!(
        matches!(trouble(&error), TxError::FeeCap { needed, cap: said } if *needed > cap && *said == cap),
        "{error:?}"
    );
    let cheap = network.client_with(|builder| {
        builder
            .rpc_url(endpoint.http_url())
            .max_total_cost(Wei::from(1_000_000_u64))
    });
    let error = network.one_wei(&cheap).await.unwrap_err();
    assert!(
        matches!(trouble(&error), TxError::FeeCap { .. }),
        "{error:?}"
    );
    assert!(error.outcome().is_not_sent());
    assert_eq!(endpoint.log().transactions_offered(), 0);
    network.one_wei(&network.client).await.unwrap();
    assert_eq!(network.mined().await, 1);
}

#[tokio::test]
async fn the_chains_own_blocks_decide_the_kind_of_its_transactions() {
    for (base_fee, kind) in [(None, "0x0"), (Some(0), "0x2"), (Some(100 * GWEI), "0x2")] {
        let network = Network::start_with(Devnet::builder().base_fee(base_fee)).await;
        let receipt = network.one_wei(&network.client).await.unwrap();
        let transaction = network.transaction(receipt.transaction_hash).await.unwrap();
        assert_eq!(transaction["type"], kind, "{base_fee:?}");
        assert_eq!(network.effects().await, 1);
    }
}
