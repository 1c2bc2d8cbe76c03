//! One transaction for one call, whatever happens on the way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use ogpu_client::{
    Client, DeliveryMethod, Error, IdempotencyKey, Outcome, TaskStatus, TransactionRequest,
    TxError, Wei,
};
use ogpu_devnet::{
    Devnet, Mining,
    faults::{Fault, FaultPlan, Rule},
};

use crate::{
    network::{Network, PAYMENT, eventually, task_info},
    proxy::{Fate, proxied},
};

/// Meets the first `count` offers of a transaction with `fate`.
fn first_sends(mut count: u32, fate: Fate) -> impl FnMut(&str) -> Fate + Send + 'static {
    move |body| {
        if count > 0 && body.contains("eth_sendRawTransaction") {
            count -= 1;
            return fate;
        }
        Fate::Answered
    }
}

/// The account's transactions at a block, as the node itself counts them.
async fn count(network: &Network, block: &str) -> u64 {
    let params = (network.account.address(), block);
    let count: String = network
        .client
        .rpc()
        .call("eth_getTransactionCount", params)
        .await
        .unwrap();
    u64::from_str_radix(&count[2..], 16).unwrap()
}

async fn mined(network: &Network) -> u64 {
    count(network, "latest").await
}

/// Waits until so many of the account's transactions are waiting to be mined.
async fn waiting(network: &Network, transactions: u64) {
    eventually("the transactions in the pool", || async {
        let pending = count(network, "pending").await;
        (pending == mined(network).await + transactions).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_does_not_publish_twice() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    network.deposit(Wei::from_ether(1)).await;
    for fate in [Fate::AnswerLost, Fate::Lost, Fate::Hangs] {
        let before = mined(&network).await;
        let (proxy, client) = proxied(&network, first_sends(2, fate)).await;
        let task = client.publish_task(&task_info(source)).await.unwrap();
        assert_eq!(
            network.client.get_task_status(task.address).await.unwrap(),
            TaskStatus::New
        );
        assert_eq!(mined(&network).await, before + 1, "{fate:?}");
        assert!(proxy.sends() >= 1, "{fate:?}");
    }
    let frozen = network
        .client
        .vault()
        .frozen_payment_of(network.account.address())
        .await
        .unwrap();
    assert_eq!(frozen, PAYMENT.checked_mul(3).unwrap());
}

#[tokio::test]
async fn a_lost_receipt_is_asked_for_again() {
    let network = Network::start().await;
    let mut left = 5;
    let (_proxy, client) = proxied(&network, move |body| {
        if left > 0 && body.contains("eth_getTransactionReceipt") {
            left -= 1;
            return Fate::AnswerLost;
        }
        Fate::Answered
    })
    .await;
    let account = network.account.address();
    client
        .vault()
        .deposit(account, Wei::from(5_u64), &network.account)
        .await
        .unwrap();
    assert_eq!(
        network.client.vault().balance_of(account).await.unwrap(),
        Wei::from(5_u64)
    );
}

#[tokio::test]
async fn a_node_that_is_gone_is_not_a_failure_that_may_have_happened() {
    let network = Network::start().await;
    let (proxy, client) = proxied(&network, |_| Fate::Answered).await;
    // The chain is checked before the node goes.
    let account = network.account.address();
    client
        .vault()
        .deposit(account, Wei::from(1_u64), &network.account)
        .await
        .unwrap();
    drop(proxy);
    let error = client
        .vault()
        .deposit(account, Wei::from(1_u64), &network.account)
        .timeout(Duration::from_secs(2))
        .await
        .unwrap_err();
    assert!(error.outcome().is_not_sent(), "{error:?}");
}

#[tokio::test]
async fn what_was_turned_away_is_not_sent_later_either() {
    let network = Network::start().await;
    let (proxy, client) = proxied(&network, first_sends(u32::MAX, Fate::TurnedAway)).await;
    let before = mined(&network).await;
    let account = network.account.address();
    let deposit = |client: &Client, amount: u64| {
        client
            .vault()
            .deposit(account, amount.into(), &network.account)
            // Between the second try and the third.
            .timeout(Duration::from_millis(1_500))
    };
    let error = deposit(&client, 5).await.unwrap_err();
    assert!(error.outcome().is_not_sent(), "{error:?}");
    assert!(proxy.sends() > 1);

    // The nonce is free again, and nothing is left to be sent.
    deposit(&network.client, 7).await.unwrap();
    assert_eq!(mined(&network).await, before + 1);
    assert_eq!(
        network.client.vault().balance_of(account).await.unwrap(),
        Wei::from(7_u64)
    );
}

#[tokio::test]
async fn what_the_node_refuses_later_does_not_block_the_account() {
    let network = Network::start().await;
    let loses_sends = Arc::new(AtomicBool::new(true));
    let loses = Arc::clone(&loses_sends);
    let (_proxy, client) = proxied(&network, move |body| {
        if loses.load(Ordering::Relaxed) && body.contains("eth_sendRawTransaction") {
            return Fate::Lost;
        }
        Fate::Answered
    })
    .await;
    let account = network.account.address();
    let deposit = |amount| client.vault().deposit(account, amount, &network.account);
    let lost = deposit(Wei::from_ether(100)).timeout(Duration::from_secs(2));
    let error = lost.await.unwrap_err();
    assert!(matches!(error.outcome(), Outcome::Unknown { nonce: 0, .. }));
    loses_sends.store(false, Ordering::Relaxed);
    // What was never taken cannot be paid for any more, so that the node refuses it.
    network
        .devnet
        .set_balance(account, Wei::from_ether(1))
        .await
        .unwrap();
    deposit(Wei::from(3_u64)).await.unwrap();
    assert_eq!(
        network.client.vault().balance_of(account).await.unwrap(),
        Wei::from(3_u64)
    );
    // The nonce that it left was used by one that does nothing.
    assert_eq!(mined(&network).await, 2);
}

#[tokio::test]
async fn an_account_goes_on_after_its_chain_was_set_back() {
    let network = Network::start().await;
    let rpc = network.client.rpc();
    let snapshot: String = rpc.call("evm_snapshot", ()).await.unwrap();
    network.deposit(Wei::from(1_u64)).await;
    network.deposit(Wei::from(1_u64)).await;
    assert!(rpc.call::<bool>("evm_revert", [snapshot]).await.unwrap());
    // Providers see what is published in block numbers that were used before.
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let _provider = network.echo(source).await;
    let task = network.task(source).await;
    network.responses(task, 1).await;
    network.deposit(Wei::from(5_u64)).await;
    let balance = network
        .client
        .vault()
        .balance_of(network.account.address())
        .await;
    assert_eq!(balance.unwrap(), Wei::from(5_u64));
}

#[tokio::test]
async fn an_unknown_outcome_names_the_hash_that_settles_it() {
    let network = Network::start().await;
    let (_proxy, client) = proxied(&network, |body| {
        if body.contains("eth_sendRawTransaction") || body.contains("eth_getTransactionReceipt") {
            return Fate::AnswerLost;
        }
        Fate::Answered
    })
    .await;
    let account = network.account.address();
    let error = client
        .vault()
        .deposit(account, Wei::from(7_u64), &network.account)
        .timeout(Duration::from_secs(1))
        .await
        .unwrap_err();
    let Outcome::Unknown { hash, nonce } = error.outcome() else {
        panic!("{error:?}");
    };
    assert_eq!(error.transaction_hash(), Some(hash));
    // Asked without the faults, the chain knows it.
    let transaction: serde_json::Value = network
        .client
        .rpc()
        .call("eth_getTransactionByHash", [hash])
        .await
        .unwrap();
    assert_eq!(transaction["nonce"], format!("{nonce:#x}"));
    assert_eq!(
        network.client.vault().balance_of(account).await.unwrap(),
        Wei::from(7_u64)
    );
}

#[tokio::test]
async fn many_at_once_get_consecutive_nonces_and_all_succeed() {
    const COUNT: u64 = 40;
    let network = Network::start().await;
    let before = mined(&network).await;
    let account = network.account.address();
    let deposits = (0..COUNT).map(|_| {
        let (client, signer) = (network.client.clone(), network.account.clone());
        tokio::spawn(async move {
            client
                .vault()
                .deposit(signer.address(), Wei::from(1_u64), &signer)
                .await
        })
    });
    for deposit in join_all(deposits).await {
        deposit.unwrap().unwrap();
    }
    assert_eq!(mined(&network).await, before + COUNT);
    assert_eq!(
        network.client.vault().balance_of(account).await.unwrap(),
        Wei::from(COUNT)
    );
}

#[tokio::test]
async fn dropping_a_call_leaves_the_account_in_order() {
    let network = Network::start().await;
    let account = network.account.address();
    let deposit = || {
        network
            .client
            .vault()
            .deposit(account, Wei::from(1_u64), &network.account)
    };
    for millis in 0..30 {
        // Wherever it is by then: preparing, sending, or waiting.
        let _ = tokio::time::timeout(Duration::from_millis(millis), deposit()).await;
    }
    deposit().await.unwrap();
    // Each that was sent took effect once: one wei for each nonce.
    eventually("the last dropped call", || async {
        let balance = network.client.vault().balance_of(account).await.unwrap();
        (balance == Wei::from(mined(&network).await)).then_some(())
    })
    .await;
    assert_eq!(count(&network, "pending").await, mined(&network).await);
}

#[tokio::test]
async fn a_network_may_mine_by_hand_from_the_start() {
    let network = Network::start_with(Devnet::builder().mining(Mining::Manual)).await;
    let deposit = tokio::spawn({
        let (client, signer) = (network.client.clone(), network.account.clone());
        async move {
            client
                .vault()
                .deposit(signer.address(), Wei::from(1_u64), &signer)
                .await
        }
    });
    eventually("the deposit", || async {
        network.devnet.mine().await.unwrap();
        deposit.is_finished().then_some(())
    })
    .await;
    deposit.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_transaction_waits_for_its_block() {
    let builder = Devnet::builder().mining(Mining::Interval(Duration::from_secs(1)));
    let network = Network::start_with(builder).await;
    network.deposit(Wei::from(3_u64)).await;
    let balance = network
        .client
        .vault()
        .balance_of(network.account.address())
        .await;
    assert_eq!(balance.unwrap(), Wei::from(3_u64));
}

#[tokio::test]
async fn a_transaction_that_is_never_mined_is_pending_not_failed() {
    let network = Network::start().await;
    network.devnet.set_mining(Mining::Manual).await.unwrap();
    let account = network.account.address();
    let error = network
        .client
        .vault()
        .deposit(account, Wei::from(3_u64), &network.account)
        .timeout(Duration::from_millis(500))
        .await
        .unwrap_err();
    assert!(
        matches!(error.outcome(), Outcome::Unknown { .. }),
        "{error:?}"
    );
    let Error::Transaction { source } = &error else {
        panic!("{error:?}");
    };
    assert!(matches!(**source, TxError::Pending { .. }));

    // The next call goes behind it, and both take effect.
    let second = tokio::spawn({
        let (client, signer) = (network.client.clone(), network.account.clone());
        async move {
            client
                .vault()
                .deposit(signer.address(), Wei::from(4_u64), &signer)
                .await
        }
    });
    waiting(&network, 2).await;
    network.devnet.mine().await.unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(
        network.client.vault().balance_of(account).await.unwrap(),
        Wei::from(7_u64)
    );
}

#[tokio::test]
async fn a_revert_on_chain_is_an_error_with_its_receipt() {
    let network = Network::start().await;
    network.deposit(Wei::from(10_u64)).await;
    network.devnet.set_mining(Mining::Manual).await.unwrap();
    // Each passes its simulation alone; together they ask for more than there is.
    let withdraw = || {
        let call = ogpu_contracts::vault::WithdrawCall { amount: 10.into() };
        let data = ogpu_contracts::ContractCall::call_data(call);
        let vault = network.devnet.contracts().vault;
        let (client, signer) = (network.client.clone(), network.account.clone());
        tokio::spawn(async move {
            client
                .send_transaction(TransactionRequest::call(vault, data))
                .signer(&signer)
                .await
        })
    };
    let both = [withdraw(), withdraw()];
    waiting(&network, 2).await;
    network.devnet.mine().await.unwrap();
    let results = join_all(both).await;
    let errors: Vec<Error> = results
        .into_iter()
        .filter_map(|r| r.unwrap().err())
        .collect();
    assert_eq!(errors.len(), 1);
    let Outcome::Mined { receipt } = errors[0].outcome() else {
        panic!("{:?}", errors[0]);
    };
    assert!(!receipt.succeeded());
    assert!(receipt.gas_used > 21_000);
}

#[tokio::test]
async fn what_was_done_long_ago_is_never_called_not_sent() {
    let network = Network::start_with(Devnet::builder().faults(FaultPlan::none())).await;
    let key = IdempotencyKey::new("once").unwrap();
    let deposit = |amount| {
        let account = &network.account;
        network
            .client
            .vault()
            .deposit(account.address(), amount, account)
    };
    let again = || deposit(PAYMENT).idempotency_key(key.clone());
    again().await.unwrap();
    let unreadable = Rule::method(
        "eth_getTransactionReceipt",
        Fault::rpc_error(-32603, "internal error"),
    );
    let plan = FaultPlan::none().rule(unreadable);

    // As long as it is followed, its receipt is at hand; others' heads bury it.
    for _ in 0..70 {
        network.devnet.mine().await.unwrap();
    }
    let error = eventually("the transaction to be forgotten", || async {
        network.devnet.faults().clear();
        deposit(Wei::from(1_u64)).await.unwrap();
        network.devnet.faults().set(&plan);
        again().timeout(Duration::from_secs(2)).await.err()
    })
    .await;
    assert!(
        matches!(error.outcome(), Outcome::Unknown { .. }),
        "{error:?}"
    );
    network.devnet.faults().clear();
    again().await.unwrap();
    let balance = network.client.vault().balance_of(network.account.address());
    let balance = balance.await.unwrap();
    let twice = PAYMENT.checked_add(PAYMENT).unwrap();
    assert!(PAYMENT < balance && balance < twice, "{balance}");
}
