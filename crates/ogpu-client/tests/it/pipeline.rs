//! Many transactions of one account at a time.

use std::{num::NonZeroUsize, time::Duration};

use crate::{
    ledger::{COUNT, SEND, offered, trouble},
    network::{Network, eventually, task_info},
    tap::{Tap, result},
};
use futures::future::join_all;
use ogpu_client::{Client, DeliveryMethod, TransactionRequest, TxError, Wei};
use ogpu_contracts::{ContractCall, vault};
use ogpu_devnet::{
    Devnet, Mining,
    faults::{Endpoint, Fault, FaultPlan, Loss, Rule},
};

async fn door(network: &Network, plan: FaultPlan) -> (Endpoint, Client) {
    let endpoint = network.devnet.faults().endpoint(plan).await.unwrap();
    let client = network.client_with(|builder| builder.rpc_url(endpoint.http_url()));
    (endpoint, client)
}

#[tokio::test]
async fn lost_answers_publish_nothing_twice_and_nothing_never() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    network.deposit(Wei::from_ether(10)).await;
    let before = network.mined().await;
    for every in [1, 2, 5] {
        let lost = Fault::AnswerLost(Loss::Closed);
        let plan = FaultPlan::none().rule(Rule::method(SEND, lost).every(every));
        let (_endpoint, client) = door(&network, plan).await;
        let info = task_info(source);
        let publishing = (0..20).map(|_| client.publish_task(&info).into_future());
        let mut tasks = Vec::new();
        for published in join_all(publishing).await {
            tasks.push(published.unwrap().address);
        }
        tasks.sort();
        tasks.dedup();
        assert_eq!(tasks.len(), 20);
    }
    assert_eq!(network.published().await, 60);
    assert_eq!(network.mined().await, before + 60);
    assert_eq!(network.count("pending").await, before + 60);
}

#[tokio::test]
async fn a_thousand_at_once_ask_for_few_counts_and_never_collide() {
    const AT_ONCE: u64 = 1_000;
    let mining = Mining::Interval(Duration::from_millis(200));
    let network = Network::start_with(Devnet::builder().mining(mining)).await;
    let (endpoint, client) = door(&network, FaultPlan::none()).await;
    let before = network.mined().await;
    for sent in join_all((0..AT_ONCE).map(|_| network.sending(&client))).await {
        sent.unwrap().unwrap();
    }
    assert_eq!(network.mined().await, before + AT_ONCE);
    assert_eq!(network.effects().await, AT_ONCE);
    let log = endpoint.log();
    assert_eq!(log.transactions_offered(), AT_ONCE);
    assert_eq!(offered(&log).len() as u64, AT_ONCE);
    // One to begin with, and then by blocks, not by transactions.
    let counts = log.calls(COUNT);
    assert!(counts < AT_ONCE / 4, "{counts} counts");
}

#[tokio::test]
async fn a_refused_transaction_among_many_leaves_no_hole() {
    let mining = Mining::Interval(Duration::from_millis(200));
    let network = Network::start_with(Devnet::builder().mining(mining)).await;
    for refused in [0, 11, 29] {
        let before = (network.mined().await, network.effects().await);
        let refusal = Fault::rpc_error(-32000, "invalid sender");
        let rule = Rule::method(SEND, refusal).first(1).after(refused);
        let (_endpoint, client) = door(&network, FaultPlan::none().rule(rule)).await;
        let sent = join_all((0..30).map(|_| network.sending(&client))).await;
        let failed: Vec<_> = sent.into_iter().filter_map(|s| s.unwrap().err()).collect();
        let [error] = failed.as_slice() else {
            panic!("{failed:?}");
        };
        assert!(matches!(trouble(error), TxError::Rejected { .. }));
        assert!(error.outcome().is_not_sent());
        assert_eq!(network.effects().await, before.1 + 29);
        // The nonce that it left is used by the next, or by one that does nothing.
        network.one_wei(&client).await.unwrap();
        assert_eq!(network.effects().await, before.1 + 30);
        let mined = network.mined().await - before.0;
        assert!((30..=31).contains(&mined), "{mined}");
        assert_eq!(network.count("pending").await, network.mined().await);
    }
}

#[tokio::test]
async fn counts_of_a_node_that_lags_cost_no_transaction() {
    let network = Network::start().await;
    for _ in 0..3 {
        network.one_wei(&network.client).await.unwrap();
    }
    let mut asked = 0;
    let tap = Tap::start(&network, move |call| {
        asked += u32::from(call["method"] == COUNT);
        // Each second answer is of long ago.
        (call["method"] == COUNT && asked % 2 == 0)
            .then(|| result("0x1"))
            .flatten()
    })
    .await;
    let client = tap.client(&network);
    for round in 0..10 {
        for sent in join_all((0..5).map(|_| network.sending(&client))).await {
            sent.unwrap().unwrap_or_else(|e| panic!("{round}: {e:?}"));
        }
    }
    assert_eq!(network.effects().await, 53);
    assert_eq!(network.mined().await, 53);
}

#[tokio::test]
async fn no_more_wait_for_blocks_than_are_allowed() {
    const ALLOWED: u64 = 3;
    let network = Network::start().await;
    network.devnet.set_mining(Mining::Manual).await.unwrap();
    let (endpoint, _) = door(&network, FaultPlan::none()).await;
    let client = network.client_with(|builder| {
        let allowed = NonZeroUsize::new(ALLOWED.try_into().unwrap()).unwrap();
        builder.rpc_url(endpoint.http_url()).max_in_flight(allowed)
    });
    let sends: Vec<_> = (0..10).map(|_| network.sending(&client)).collect();
    let mut mined = 0;
    while mined < 10 {
        network.waiting(ALLOWED.min(10 - mined)).await;
        assert!(endpoint.log().transactions_offered() <= mined + ALLOWED);
        network.devnet.mine().await.unwrap();
        mined = network.mined().await;
    }
    for sent in join_all(sends).await {
        sent.unwrap().unwrap();
    }
    assert_eq!(network.effects().await, 10);
}

#[tokio::test]
async fn another_programs_transactions_in_between_fail_nothing() {
    let network = Network::start().await;
    let other = network.client_with(|builder| builder);
    for round in 1..=5 {
        network.one_wei(&network.client).await.unwrap();
        // It knows nothing of the first one, nor the first one of it.
        let both = [network.sending(&other), network.sending(&network.client)];
        for sent in join_all(both).await {
            sent.unwrap().unwrap();
        }
        // For a moment anvil may answer from the state before its newest block.
        eventually("both effects", || async {
            (network.effects().await == 3 * round).then_some(())
        })
        .await;
        assert_eq!(network.mined().await, 3 * round);
    }
}

#[tokio::test]
async fn what_the_contract_refuses_costs_no_nonce_and_no_gas() {
    let network = Network::start().await;
    let (endpoint, client) = door(&network, FaultPlan::none()).await;
    let balance = || async {
        let params = (network.account.address(), "latest");
        let balance: String = network
            .client
            .rpc()
            .call("eth_getBalance", params)
            .await
            .unwrap();
        balance
    };
    let before = balance().await;
    let withdrawal = vault::WithdrawCall { amount: 1.into() }.call_data();
    let vault = network.devnet.contracts().vault;
    let withdrawal = TransactionRequest::call(vault, withdrawal);
    let error = client.send_transaction(withdrawal).await.unwrap_err();
    assert!(error.outcome().is_not_sent(), "{error:?}");
    assert!(error.revert().is_some(), "{error:?}");
    assert_eq!(balance().await, before);
    assert_eq!(endpoint.log().transactions_offered(), 0);
    network.one_wei(&client).await.unwrap();
    assert_eq!(network.count("pending").await, 1);
}
