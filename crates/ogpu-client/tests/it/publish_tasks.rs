//! Many tasks at a time.

use std::{
    collections::HashSet,
    num::{NonZeroU64, NonZeroUsize},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::{Stream, StreamExt, future::join_all, stream};
use ogpu_client::{
    Address, Client, DeliveryMethod, Error, IdempotencyKey, Outcome, Progress, Signer,
    SourceAddress, TaskAddress, TaskInfo, TaskInput, TaskOutcome, Wei, types::HexBytes,
};
use ogpu_contracts::{ContractCall, event, nexus, task};
use ogpu_devnet::{Mining, Role, services::Service};
use serde_json::{Value, json};

use crate::network::{Network, PAYMENT, eventually, task_info};

/// A network with a source, and the client's vault filled.
async fn network_with_source() -> (Network, SourceAddress) {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    network.deposit(Wei::from_ether(100)).await;
    (network, source)
}

/// A task that says which one it is.
fn numbered(source: SourceAddress, number: u64) -> TaskInfo {
    TaskInfo {
        config: TaskInput::new("run", &json!({ "number": number })).unwrap(),
        ..task_info(source)
    }
}

/// A task that pays less than its source asks.
fn underpaid(source: SourceAddress) -> TaskInfo {
    TaskInfo {
        payment: Wei::from(1_u64),
        ..task_info(source)
    }
}

fn tasks(source: SourceAddress, count: u64) -> impl Stream<Item = TaskInfo> + Send {
    stream::iter(0..count).map(move |number| numbered(source, number))
}

/// Tasks with keys.
fn keyed(source: SourceAddress, count: u64) -> Vec<(TaskInfo, IdempotencyKey)> {
    let key = |number| IdempotencyKey::new(format!("order-{number}")).unwrap();
    (0..count).map(|n| (numbered(source, n), key(n))).collect()
}

fn at_once(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

fn times(count: u64) -> NonZeroU64 {
    NonZeroU64::new(count).unwrap()
}

async fn call<T: serde::de::DeserializeOwned>(network: &Network, method: &str, params: Value) -> T {
    network.client.rpc().call(method, params).await.unwrap()
}

async fn transactions_of(network: &Network, account: Address, block: &str) -> u64 {
    let count: String = call(network, "eth_getTransactionCount", json!([account, block])).await;
    u64::from_str_radix(&count[2..], 16).unwrap()
}

async fn frozen(network: &Network, account: Address) -> Wei {
    network
        .client
        .vault()
        .frozen_payment_of(account)
        .await
        .unwrap()
}

/// The numbers of all tasks that the chain has, in order.
async fn numbers_on_chain(network: &Network) -> Vec<u64> {
    let filter = json!([{
        "fromBlock": "0x0",
        "address": network.devnet.contracts().nexus,
        "topics": [event::topic::<nexus::TaskPublishedFilter>()],
    }]);
    let logs: Vec<Value> = call(network, "eth_getLogs", filter).await;
    let numbers = logs.iter().map(|log| {
        let task: TaskAddress = format!("0x{}", &log["data"].as_str().unwrap()[26..66])
            .parse()
            .unwrap();
        number_of(network, task)
    });
    let mut numbers = join_all(numbers).await;
    numbers.sort_unstable();
    numbers
}

/// The number in the configuration that the task's contract points to.
async fn number_of(network: &Network, task: TaskAddress) -> u64 {
    let params = json!([{ "to": task, "data": task::TaskParamsCall.call_data() }, "latest"]);
    let data: HexBytes = call(network, "eth_call", params).await;
    let params = task::TaskParamsCall::decode_output(data.as_ref()).unwrap();
    let config = network.devnet.services().content(&params.config).unwrap();
    let config: TaskInput = serde_json::from_slice(&config).unwrap();
    config.data::<Value>().unwrap()["number"].as_u64().unwrap()
}

#[tokio::test]
async fn one_signer_publishes_many_with_consecutive_nonces_and_each_payment_frozen_once() {
    const COUNT: u64 = 200;
    let (network, source) = network_with_source().await;
    let account = network.account.address();
    let first_nonce = transactions_of(&network, account, "latest").await;
    let outcomes: Vec<TaskOutcome> = network
        .client
        .publish_tasks(tasks(source, COUNT))
        .concurrency(at_once(32))
        .collect()
        .await;

    let mut indices: Vec<u64> = outcomes.iter().map(|o| o.task.index).collect();
    indices.sort_unstable();
    assert_eq!(indices, (0..COUNT).collect::<Vec<_>>());
    let keys: HashSet<_> = outcomes.iter().map(|o| &o.task.key).collect();
    assert_eq!(keys.len(), outcomes.len());
    let mut nonces = Vec::new();
    for outcome in &outcomes {
        let published = outcome.result.as_ref().unwrap();
        assert_eq!(outcome.task.signer, Some(account));
        assert_eq!(
            number_of(&network, published.address).await,
            outcome.task.index
        );
        let hash = json!([published.transaction_hash]);
        let transaction: Value = call(&network, "eth_getTransactionByHash", hash).await;
        let nonce = transaction["nonce"].as_str().unwrap();
        nonces.push(u64::from_str_radix(&nonce[2..], 16).unwrap());
    }
    nonces.sort_unstable();
    let expected: Vec<u64> = (first_nonce..first_nonce + COUNT).collect();
    assert_eq!(nonces, expected);
    assert_eq!(
        numbers_on_chain(&network).await,
        (0..COUNT).collect::<Vec<_>>()
    );
    let all = PAYMENT.checked_mul(COUNT).unwrap();
    assert_eq!(frozen(&network, account).await, all);
}

#[tokio::test]
async fn a_pool_shares_the_work_and_each_signer_pays_for_its_own() {
    const COUNT: u64 = 60;
    let (network, source) = network_with_source().await;
    let pool: Vec<Signer> = network
        .devnet
        .accounts()
        .of(Role::Client)
        .take(3)
        .cloned()
        .collect();
    for signer in &pool {
        let (account, amount) = (signer.address(), Wei::from_ether(5));
        let deposit = network.client.vault().deposit(account, amount, signer);
        deposit.await.unwrap();
    }
    let outcomes: Vec<TaskOutcome> = network
        .client
        .publish_tasks(tasks(source, COUNT))
        .signers(pool.clone())
        .concurrency(at_once(12))
        .collect()
        .await;

    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
    assert_eq!(
        numbers_on_chain(&network).await,
        (0..COUNT).collect::<Vec<_>>()
    );
    for signer in &pool {
        let account = signer.address();
        let its_own = outcomes.iter().filter(|o| o.task.signer == Some(account));
        let count = u64::try_from(its_own.count()).unwrap();
        // Even loads, though not all tasks take equally long.
        assert!((10..=30).contains(&count), "{count}");
        let payments = PAYMENT.checked_mul(count).unwrap();
        assert_eq!(frozen(&network, account).await, payments);
    }
}

#[tokio::test]
async fn without_a_consumer_what_was_started_goes_on_and_the_input_waits() {
    const AT_ONCE: u64 = 4;
    let (network, source) = network_with_source().await;
    let taken = AtomicU64::new(0);
    let input = tasks(source, 20).inspect(|_| {
        taken.fetch_add(1, Ordering::Relaxed);
    });
    let mut publishing = network.client.publish_tasks(input).concurrency(at_once(4));
    assert_eq!(taken.load(Ordering::Relaxed), 0);

    let mut delivered = 0;
    while publishing.next().await.is_some() {
        delivered += 1;
        let ahead = taken.load(Ordering::Relaxed) - delivered;
        assert!(ahead <= AT_ONCE, "{ahead}");
        if delivered == 1 {
            // Nobody polls: what was started goes on, and nothing else begins.
            eventually("what was started", || async {
                let found = numbers_on_chain(&network).await;
                (found == (0..=AT_ONCE).collect::<Vec<_>>()).then_some(())
            })
            .await;
            assert_eq!(taken.load(Ordering::Relaxed), 1 + AT_ONCE);
        }
    }
    assert_eq!(delivered, 20);
}

#[tokio::test]
async fn a_bad_task_fails_alone() {
    let (network, source) = network_with_source().await;
    let input = (0..12).map(|number| match number {
        5 => underpaid(source),
        _ => numbered(source, number),
    });
    let seen = Mutex::new(Vec::new());
    let publishing = network
        .client
        .publish_tasks(stream::iter(input))
        .on_progress(|progress: Progress| seen.lock().unwrap().push(progress));
    let outcomes: Vec<TaskOutcome> = publishing.collect().await;

    for outcome in &outcomes {
        match &outcome.result {
            Ok(_) => assert_ne!(outcome.task.index, 5),
            Err(error) => {
                assert_eq!(outcome.task.index, 5);
                assert!(matches!(error, Error::PaymentTooLow { .. }), "{error:?}");
            }
        }
    }
    assert_eq!(numbers_on_chain(&network).await.len(), 11);
    // One report for each start and each end, and the counts never go back.
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen.len(), 24);
    let sum = |p: &Progress| p.started + p.succeeded + p.failed + p.unknown;
    assert!(seen.iter().zip(1..).all(|(p, step)| sum(p) == step));
    let last = seen.last().unwrap();
    assert_eq!((last.succeeded, last.failed, last.unknown), (11, 1, 0));
    assert_eq!(last.under_way(), 0);
}

#[tokio::test]
async fn each_key_is_told_before_anything_of_its_task_happens() {
    let (network, source) = network_with_source().await;
    let uploads = || network.devnet.services().requests(Service::Pinning);
    let before = uploads();
    let told = Mutex::new(Vec::new());
    let outcomes: Vec<TaskOutcome> = network
        .client
        .publish_tasks(tasks(source, 3))
        .concurrency(at_once(1))
        .on_start(|task| {
            assert_eq!(uploads(), before + task.index);
            told.lock().unwrap().push(task.clone());
        })
        .collect()
        .await;
    let finished: Vec<_> = outcomes.into_iter().map(|outcome| outcome.task).collect();
    assert_eq!(told.into_inner().unwrap(), finished);
    assert_eq!(uploads(), before + 3);
}

#[tokio::test]
async fn the_same_key_is_one_task_in_one_run_and_in_the_next() {
    let (network, source) = network_with_source().await;
    let agent = network.devnet.accounts().agent().clone();
    let (account, amount) = (agent.address(), Wei::from_ether(5));
    let deposit = network.client.vault().deposit(account, amount, &agent);
    deposit.await.unwrap();
    let orders = keyed(source, 9);
    let twice_each = |count| {
        let some = orders.iter().take(count).cloned();
        stream::iter(some.flat_map(|order| [order.clone(), order]))
    };
    let mut addresses = HashSet::new();
    // Another order of the signers is the same pool, and the second run goes further.
    for (count, pool) in [
        (6, [agent.clone(), network.account.clone()]),
        (9, [network.account.clone(), agent.clone()]),
    ] {
        let mut publishing = network
            .client
            .publish_tasks(twice_each(count))
            .signers(pool);
        while let Some(outcome) = publishing.next().await {
            addresses.insert(outcome.result.unwrap().address);
        }
    }
    assert_eq!(addresses.len(), 9);
    assert_eq!(numbers_on_chain(&network).await, (0..9).collect::<Vec<_>>());
}

#[tokio::test]
async fn after_an_early_stop_those_under_way_are_finished_and_no_more_are_taken() {
    let (network, source) = network_with_source().await;
    let endless = || stream::iter(0..).map(|number| numbered(source, number));
    let publish = || {
        network
            .client
            .publish_tasks(endless())
            .concurrency(at_once(3))
    };
    let failing = stream::iter(0..).map(|_| underpaid(source));
    let after_failures = network
        .client
        .publish_tasks(failing)
        .concurrency(at_once(3))
        .stop_after_failures(times(2));
    let outcomes: Vec<TaskOutcome> = after_failures.collect().await;
    // Three to begin with, and one more after the first failure.
    assert_eq!(outcomes.len(), 4);

    let outcomes: Vec<TaskOutcome> = publish().stop_on(|o| o.task.index == 0).collect().await;
    assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
    let published = outcomes.len();
    assert_eq!(numbers_on_chain(&network).await.len(), published);

    let mut publishing = publish();
    publishing.next().await.unwrap();
    publishing.stop();
    let started = publishing.progress().started;
    let rest: Vec<TaskOutcome> = publishing.by_ref().collect().await;
    assert_eq!((started, rest.len()), (4, 3));
    assert_eq!(publishing.progress().succeeded, 4);
    assert_eq!(numbers_on_chain(&network).await.len(), published + 4);
}

#[tokio::test]
async fn dropped_midway_no_task_is_there_twice_and_the_account_is_in_order() {
    let (network, source) = network_with_source().await;
    let account = network.account.address();
    let before = transactions_of(&network, account, "latest").await;
    let mut publishing = network
        .client
        .publish_tasks(tasks(source, 100))
        .concurrency(at_once(8));
    for _ in 0..10 {
        publishing.next().await.unwrap().result.unwrap();
    }
    let started = publishing.progress().started;
    assert_eq!(started, 18);
    drop(publishing);

    // Whatever has left goes first, and takes effect.
    let last = network.client.publish_task(&numbered(source, 1_000)).await;
    last.unwrap();
    let settled = eventually("the last dropped task", || async {
        let mined = transactions_of(&network, account, "latest").await;
        let pending = transactions_of(&network, account, "pending").await;
        let numbers = numbers_on_chain(&network).await;
        let is_settled = mined == pending && numbers.len() as u64 == mined - before;
        is_settled.then_some(numbers)
    })
    .await;
    let distinct: HashSet<_> = settled.iter().collect();
    assert_eq!(distinct.len(), settled.len());
    assert!((11..=19).contains(&settled.len()), "{settled:?}");
    assert!(settled.iter().all(|n| *n < started || *n == 1_000));
}

#[tokio::test]
async fn what_was_not_seen_mined_is_unknown_and_its_key_finds_it_again() {
    let (network, source) = network_with_source().await;
    network.devnet.set_mining(Mining::Manual).await.unwrap();
    let input = keyed(source, 3);
    let mut publishing = network
        .client
        .publish_tasks(stream::iter(input.clone()))
        .timeout(Duration::from_secs(2));
    while let Some(outcome) = publishing.next().await {
        let error = outcome.result.unwrap_err();
        assert!(
            matches!(error.outcome(), Outcome::Unknown { .. }),
            "{error:?}"
        );
    }
    let progress = publishing.progress();
    assert_eq!((progress.unknown, progress.failed), (3, 0));

    network.devnet.set_mining(Mining::Instant).await.unwrap();
    network.devnet.mine().await.unwrap();
    let again: Vec<TaskOutcome> = network
        .client
        .publish_tasks(stream::iter(input))
        .collect()
        .await;
    assert!(again.iter().all(|outcome| outcome.result.is_ok()));
    assert_eq!(numbers_on_chain(&network).await, [0, 1, 2]);
}

#[tokio::test]
async fn without_a_key_to_sign_with_each_task_says_so() {
    let (network, source) = network_with_source().await;
    let reader = Client::builder().chain(network.devnet.chain_spec());
    let reader = reader.build().unwrap();
    let outcomes: Vec<TaskOutcome> = reader.publish_tasks(tasks(source, 3)).collect().await;
    assert_eq!(outcomes.len(), 3);
    for outcome in outcomes {
        assert_eq!(outcome.task.signer, None);
        let error = outcome.result.unwrap_err();
        assert!(matches!(error, Error::Signer { .. }), "{error:?}");
    }
}
