//! One key, one effect; and calls that are given up.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use futures::future::join_all;
use ogpu_client::{Client, Error, MemoryJournal, Outcome, Receipt, TxError, Wei};
use ogpu_devnet::{
    Mining,
    faults::{Fault, FaultPlan, Rule},
};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::{
    ledger::{COUNT, RECEIPT, SEND, key, trouble},
    network::{Network, eventually},
    tap::{Tap, error, result},
};

async fn keyed(network: &Network, client: &Client, text: &str) -> Result<Receipt, Error> {
    network.one_wei(client).idempotency_key(key(text)).await
}

#[tokio::test]
async fn calls_with_the_same_key_have_one_effect_and_the_same_result() {
    let network = Network::start().await;
    let client = &network.client;
    let mut hashes = Vec::new();
    for receipt in join_all((0..5).map(|_| keyed(&network, client, "order-7"))).await {
        hashes.push(receipt.unwrap().transaction_hash);
    }
    hashes.push(
        keyed(&network, client, "order-7")
            .await
            .unwrap()
            .transaction_hash,
    );
    // A key may also be taken from a call before it is made.
    let call = network.one_wei(client);
    let own = call.key().clone();
    let first = call.await.unwrap();
    let again = network.one_wei(client).idempotency_key(own).await.unwrap();
    assert_eq!(again, first);
    hashes.dedup();
    assert_eq!(hashes.len(), 1);
    assert_eq!(network.effects().await, 2);
    assert_eq!(network.mined().await, 2);
}

#[tokio::test]
async fn a_key_that_was_used_for_something_else_is_refused() {
    let network = Network::start().await;
    keyed(&network, &network.client, "order-7").await.unwrap();
    let other = network
        .client
        .vault()
        .deposit(
            network.account.address(),
            Wei::from(2_u64),
            &network.account,
        )
        .idempotency_key(key("order-7"));
    let error = other.await.unwrap_err();
    assert!(
        matches!(trouble(&error), TxError::KeyReused { key } if key.as_str() == "order-7"),
        "{error:?}"
    );
    assert_eq!(network.mined().await, 1);
}

#[tokio::test]
async fn a_key_is_free_again_after_a_call_that_sent_nothing() {
    let network = Network::start().await;
    let endpoint = network.devnet.faults().endpoint(FaultPlan::none()).await;
    let endpoint = endpoint.unwrap();
    let client = network.client_with(|builder| builder.rpc_url(endpoint.http_url()));
    let refusal = Fault::rpc_error(-32000, "invalid sender");
    endpoint.set(&FaultPlan::none().rule(Rule::method(SEND, refusal)));
    let error = keyed(&network, &client, "order-7").await.unwrap_err();
    assert!(error.outcome().is_not_sent(), "{error:?}");
    endpoint.clear();
    keyed(&network, &client, "order-7").await.unwrap();
    assert_eq!(network.effects().await, 1);
}

#[tokio::test]
async fn a_key_whose_call_is_under_way_is_never_reported_as_not_sent() {
    let network = Network::start().await;
    network.devnet.set_mining(Mining::Manual).await.unwrap();
    let first = tokio::spawn({
        let call = network.one_wei(&network.client);
        call.idempotency_key(key("order-7")).into_future()
    });
    network.waiting(1).await;
    let second = network.one_wei(&network.client);
    let second = second.idempotency_key(key("order-7"));
    let error = second
        .timeout(Duration::from_millis(100))
        .await
        .unwrap_err();
    assert!(
        matches!(error.outcome(), Outcome::Unknown { nonce: 0, .. }),
        "{error:?}"
    );
    assert!(error.pending().is_some());
    network.devnet.mine().await.unwrap();
    let receipt = first.await.unwrap().unwrap();
    assert_eq!(error.transaction_hash(), Some(receipt.transaction_hash));
    assert_eq!(network.effects().await, 1);
}

#[tokio::test]
async fn a_key_whose_receipt_cannot_be_had_is_not_reported_as_not_sent() {
    let network = Network::start().await;
    let journal = MemoryJournal::default();
    let first = network.client_with(|builder| builder.journal(journal.clone()));
    let receipt = keyed(&network, &first, "order-7").await.unwrap();
    drop(first);
    let plan = FaultPlan::none().rule(Rule::method(RECEIPT, Fault::status(503)));
    let endpoint = network.devnet.faults().endpoint(plan).await.unwrap();
    let client = network.client_with(|builder| {
        builder
            .rpc_url(endpoint.http_url())
            .journal(journal.clone())
    });
    let call = network.one_wei(&client).idempotency_key(key("order-7"));
    let error = call.timeout(Duration::from_millis(500)).await.unwrap_err();
    assert_eq!(
        error.transaction_hash(),
        Some(receipt.transaction_hash),
        "{error:?}"
    );
    endpoint.clear();
    assert_eq!(keyed(&network, &client, "order-7").await.unwrap(), receipt);
    assert_eq!(network.effects().await, 1);
}

#[tokio::test]
async fn a_call_dropped_anywhere_has_one_effect_at_most_and_leaves_no_gap() {
    let network = Network::start().await;
    for polls in 0..40 {
        let name = format!("order-{polls}");
        let call = network.one_wei(&network.client).idempotency_key(key(&name));
        {
            let mut call = pin!(call.into_future());
            let mut left = polls;
            poll_fn(|context| {
                if left == 0 {
                    return Poll::Ready(());
                }
                left -= 1;
                call.as_mut().poll(context).map(drop)
            })
            .await;
        }
        // Once more with the same key: the same effect, or the first.
        keyed(&network, &network.client, &name).await.unwrap();
        assert_eq!(network.effects().await, polls + 1);
    }
    assert_eq!(network.mined().await, 40);
    assert_eq!(network.count("pending").await, 40);
}

/// Nulls, and a node that keeps no old states: nobody can say who used the nonce.
#[tokio::test]
async fn a_receipt_that_does_not_come_is_no_reason_to_send_again() {
    let network = Network::start().await;
    // Longer than the node's states would reach.
    for _ in 0..140 {
        network.devnet.mine().await.unwrap();
    }
    let has_receipts = Arc::new(AtomicBool::new(false));
    let searches = Arc::new(AtomicBool::new(false));
    let tap = {
        let (has_receipts, searches) = (Arc::clone(&has_receipts), Arc::clone(&searches));
        Tap::start(&network, move |call| {
            let method = &call["method"];
            if method == RECEIPT && !has_receipts.load(Ordering::Relaxed) {
                return result(Value::Null);
            }
            let block = call["params"][1].as_str().unwrap_or_default();
            if method == COUNT && block.starts_with("0x") {
                searches.store(true, Ordering::Relaxed);
                let number = u64::from_str_radix(&block[2..], 16).unwrap();
                if number < 140 {
                    return error(-32000, "missing trie node");
                }
            }
            None
        })
        .await
    };
    let client = tap.client(&network);
    let sent = network.sending(&client);
    eventually("the search for who used the nonce", || async {
        searches.load(Ordering::Relaxed).then_some(())
    })
    .await;
    network.one_wei(&network.client).await.unwrap();
    assert!(!sent.is_finished());
    has_receipts.store(true, Ordering::Relaxed);
    sent.await.unwrap().unwrap();
    assert_eq!(network.effects().await, 2);
    assert_eq!(network.mined().await, 2);
}

#[tokio::test]
async fn what_another_program_has_superseded_is_said_so_and_by_what() {
    let network = Network::start().await;
    network.devnet.set_mining(Mining::Manual).await.unwrap();
    let first = network.client_with(|builder| builder);
    let call = network.one_wei(&first).timeout(Duration::from_secs(1));
    let error = call.await.unwrap_err();
    let pending = error.pending().unwrap().clone();
    drop(first);
    network.devnet.drop_pending(1).await.unwrap();
    network.devnet.set_mining(Mining::Instant).await.unwrap();
    // Another content: the same would be the same transaction.
    let account = network.account.address();
    let other = network
        .client
        .vault()
        .deposit(account, Wei::from(5_u64), &network.account);
    let other = other.await.unwrap();

    let reader = Client::builder().chain(network.devnet.chain_spec());
    let reader = reader.build().unwrap();
    let error = reader.resume(&pending).await.unwrap_err();
    let by = Some(other.transaction_hash);
    assert_eq!(error.outcome(), Outcome::NotSent { superseded_by: by });
    assert!(
        matches!(trouble(&error), TxError::Superseded { nonce: 0, by: found, .. } if *found == by),
        "{error:?}"
    );
    assert_eq!(network.effects().await, 5);
}

#[tokio::test]
async fn a_simulation_uploads_and_sends_nothing_and_says_what_it_would_cost() {
    let network = Network::start().await;
    let endpoint = network.devnet.faults().endpoint(FaultPlan::none()).await;
    let endpoint = endpoint.unwrap();
    let client = network.client_with(|builder| builder.rpc_url(endpoint.http_url()));
    let simulated = network.one_wei(&client).simulate().await.unwrap();
    assert_eq!(simulated.value, Wei::from(1_u64));
    assert!(simulated.gas_limit > 21_000);
    let gas = simulated.max_fee_per_gas.checked_mul(simulated.gas_limit);
    assert_eq!(
        simulated.max_cost,
        gas.unwrap().checked_add(simulated.value).unwrap()
    );
    assert_eq!(endpoint.log().transactions_offered(), 0);
    let receipt = network.one_wei(&client).await.unwrap();
    assert!(receipt.gas_used <= simulated.gas_limit);
}

/// A network that outlives the runtimes of the programs that use it.
fn elsewhere() -> (Runtime, Network) {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let network = runtime.block_on(Network::start());
    (runtime, network)
}

#[test]
fn each_call_may_have_a_runtime_of_its_own() {
    let (runtime, network) = elsewhere();
    let client = network.client_with(|builder| builder);
    for effects in 1..=3 {
        let own = Runtime::new().unwrap();
        own.block_on(network.one_wei(&client).into_future())
            .unwrap();
        drop(own);
        // And one that ends in the middle, wherever that is.
        let interrupted = Builder::new_current_thread().enable_all().build().unwrap();
        let call = network
            .one_wei(&client)
            .idempotency_key(key(&effects.to_string()));
        let call = interrupted.spawn(call.into_future());
        let nap = Duration::from_millis(effects * 15);
        interrupted.block_on(async {
            let _ = tokio::time::timeout(nap, std::future::pending::<()>()).await;
        });
        drop(interrupted);
        drop(call);
        let own = Runtime::new().unwrap();
        own.block_on(keyed(&network, &client, &effects.to_string()))
            .unwrap();
        let seen = runtime.block_on(network.effects());
        assert_eq!(seen, 2 * effects);
    }
    assert_eq!(runtime.block_on(network.mined()), 6);
}

#[test]
fn a_call_dropped_outside_of_its_runtime_is_given_up_as_well() {
    let (runtime, network) = elsewhere();
    let client = network.client_with(|builder| builder);
    runtime
        .block_on(network.one_wei(&client).into_future())
        .unwrap();
    runtime
        .block_on(network.devnet.set_mining(Mining::Manual))
        .unwrap();
    let mut call = Box::pin(network.one_wei(&client).into_future());
    let polled = runtime.block_on(async {
        tokio::select! {
            biased;
            done = &mut call => Some(done),
            () = network.waiting(1) => None,
        }
    });
    assert!(polled.is_none());
    drop(call);
    // Nobody waits for it: with its nonce mined, nothing is left to follow.
    runtime.block_on(network.devnet.mine()).unwrap();
    runtime
        .block_on(network.devnet.set_mining(Mining::Instant))
        .unwrap();
    runtime
        .block_on(network.one_wei(&client).into_future())
        .unwrap();
    assert_eq!(runtime.block_on(network.effects()), 3);
    assert_eq!(runtime.block_on(network.mined()), 3);
}
