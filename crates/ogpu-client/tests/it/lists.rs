//! Lists as ranges and as streams, with the holes and the quirks of the deployed contracts.

use futures::{StreamExt, TryStreamExt};
use ogpu_client::{Address, DeliveryMethod, Error, Signer, handles::Task};
use ogpu_contracts::{ContractCall as _, nexus, source};
use ogpu_devnet::{Role, SimulatedProvider};
use serde_json::json;

use crate::{
    network::{Network, source_info},
    reads::Counted,
    tap::{Tap, error, result},
    ways::{Manner, Mannered, Way, way_of},
};

const MANUAL: DeliveryMethod = DeliveryMethod::ManualConfirmation;

/// A provider that does nothing on its own.
async fn idle(network: &Network) -> SimulatedProvider {
    let builder = network.devnet.provider(|_| async { json!(null) }).idle();
    builder.start().await.unwrap()
}

#[tokio::test]
async fn tasks_are_listed_from_any_place_by_every_way() {
    let network = Network::start().await;
    let source = network.source(MANUAL).await;
    let mut tasks = Vec::new();
    for _ in 0..5 {
        tasks.push(network.task(source).await);
    }
    for taken in [Some(Way::Override), Some(Way::Creation), None] {
        let node = Mannered::start(&network, move |way| match way {
            Way::Plain => Manner::Takes,
            way if Some(way) == taken => Manner::Takes,
            _ => Manner::Refuses,
        })
        .await;
        let client = node.tap.client(&network);
        let source = client.source(source);
        let listed = async |range: std::ops::Range<u64>| {
            let listed = source.tasks(range.clone()).await.unwrap();
            let streamed: Vec<_> = source.tasks(range).stream().try_collect().await.unwrap();
            let addresses =
                |tasks: Vec<Task>| -> Vec<_> { tasks.iter().map(|task| task.address()).collect() };
            let listed = addresses(listed);
            assert_eq!(listed, addresses(streamed));
            listed
        };
        assert_eq!(listed(0..5).await, tasks);
        assert_eq!(listed(0..2).await, tasks[0..2]);
        assert_eq!(listed(2..4).await, tasks[2..4]);
        assert_eq!(listed(4..100).await, tasks[4..]);
        assert!(listed(5..100).await.is_empty());
        assert!(listed(3..3).await.is_empty());
    }
}

#[tokio::test]
async fn providers_that_have_left_are_left_out() {
    let network = Network::start().await;
    let source = network.source(MANUAL).await;
    let mut providers = Vec::new();
    for _ in 0..4 {
        let provider = idle(&network).await;
        provider.serve(source).await.unwrap();
        providers.push(provider);
    }
    let before = network.client.source(source).snapshot().await.unwrap();
    let call = nexus::UnregisterCall {
        source: source.into(),
        provider: providers[1].address().into(),
    };
    let nexus = network.devnet.contracts().nexus;
    network.send(providers[1].signer(), nexus, call).await;

    let handle = network.client.source(source);
    let expected: Vec<_> = [0, 2, 3].map(|n| providers[n].address()).into();
    let listed = async |range: std::ops::Range<u64>| -> Vec<Address> {
        let listed = handle.registrants(range).await.unwrap();
        listed.iter().map(|provider| provider.address()).collect()
    };
    assert_eq!(listed(0..4).await, expected);
    assert_eq!(listed(1..3).await, expected[1..2]);
    assert!(listed(1..2).await.is_empty());
    assert_eq!(listed(2..4).await, expected[1..]);
    assert!(handle.registrant_at(1).await.unwrap().is_none());
    let then = handle.registrants(..).at(before.block).await.unwrap();
    assert_eq!(then.len(), 4);
}

#[tokio::test]
async fn sources_are_listed_for_the_network_and_for_each_client() {
    let network = Network::start().await;
    let other: Signer = network
        .devnet
        .accounts()
        .of(Role::Client)
        .nth(1)
        .unwrap()
        .clone();
    let mut all = Vec::new();
    for signer in [&network.account, &other, &network.account] {
        let info = source_info(MANUAL);
        let published = network.client.publish_source(&info).signer(signer).await;
        all.push(published.unwrap().address);
    }
    // A nexus whose pages are not what is asked for, or are refused.
    let selector = nexus::GetSourcesCall::default().call_data().to_string()[..10].to_owned();
    let strict = Tap::start(&network, move |call| match way_of(call)? {
        Way::Plain if call["params"][0]["data"].as_str()?.starts_with(&selector) => {
            error(3, "execution reverted")
        }
        Way::Plain => None,
        _ => error(-32602, "invalid params"),
    })
    .await;
    for client in [network.client.clone(), strict.client(&network)] {
        let nexus = client.nexus();
        let listed = async |range: std::ops::Range<u64>| -> Vec<_> {
            let listed = nexus.sources(range).await.unwrap();
            listed.iter().map(|source| source.address()).collect()
        };
        assert_eq!(listed(0..3).await, all);
        assert_eq!(listed(0..1).await, all[..1]);
        assert_eq!(listed(1..9).await, all[1..]);
        let own = async |client: Address| -> Vec<_> {
            let listed = nexus.sources_of(client, ..).await.unwrap();
            listed.iter().map(|source| source.address()).collect()
        };
        assert_eq!(own(network.account.address()).await, [all[0], all[2]]);
        assert_eq!(own(other.address()).await, [all[1]]);
        assert!(own(Address::new([3; 20])).await.is_empty());
        let second = nexus.sources_of(network.account.address(), 1..2);
        assert_eq!(second.await.unwrap()[0].address(), all[2]);
    }
}

#[tokio::test]
async fn attempts_come_with_their_times() {
    let network = Network::start().await;
    let source = network.source(MANUAL).await;
    let task = network.task(source).await;
    let mut providers = Vec::new();
    for _ in 0..3 {
        let provider = idle(&network).await;
        provider.serve(source).await.unwrap();
        let call = nexus::AttemptCall {
            task: task.into(),
            provider: provider.address().into(),
            suggested_payment: 0.into(),
        };
        let nexus = network.devnet.contracts().nexus;
        network.send(provider.signer(), nexus, call).await;
        providers.push(provider);
    }
    let task = network.client.task(task);
    let attempts = task.attempts(..).await.unwrap();
    assert_eq!(attempts.len(), 3);
    for (place, (attempt, provider)) in (0..).zip(attempts.iter().zip(&providers)) {
        assert_eq!(attempt.provider.address(), provider.address());
        let time = task.attempt_timestamp_at(place).await.unwrap();
        assert_eq!(Some(attempt.timestamp), time);
    }
    let middle = task.attempts(1..2).await.unwrap();
    assert_eq!(middle[0].provider.address(), providers[1].address());
    assert_eq!(task.attempts(7..).await.unwrap().len(), 0);
    assert_eq!(
        task.responses(..).await.unwrap(),
        [],
        "nobody has responded"
    );
}

#[tokio::test]
async fn a_stream_reads_no_further_than_it_is_consumed() {
    const COUNT: usize = 1_100;
    let network = Network::start().await;
    let source = network.source(MANUAL).await;
    let task = network.task(source).await;
    let counted = Counted::start(&network).await;
    // A contract that claims to have had many tasks: each read of a place gives the same one.
    let claimed = Tap::start(&network, {
        let count = source::GetTaskCountCall.call_data().to_string();
        let item = source::TasksCall::default().call_data().to_string();
        let page = source::GetTasksCall::default().call_data().to_string();
        move |call| {
            if way_of(call)? != Way::Plain {
                return error(-32602, "invalid params");
            }
            let data = call["params"][0]["data"].as_str()?;
            if data == count {
                return result(format!("0x{COUNT:064x}"));
            }
            if data.starts_with(&item[..10]) {
                return result(format!("0x{:0>64}", &task.to_string()[2..]));
            }
            data.starts_with(&page[..10])
                .then(|| error(3, "execution reverted"))
                .flatten()
        }
    })
    .await;
    let client = claimed.client(&network);
    let mut tasks = std::pin::pin!(client.source(source).tasks(..).stream());
    let mut seen = 0;
    while let Some(found) = tasks.next().await {
        assert_eq!(found.unwrap().address(), task);
        seen += 1;
    }
    assert_eq!(seen, COUNT);

    let mut tasks = std::pin::pin!(counted.client.source(source).tasks(..).stream());
    assert_eq!(counted.take(), 0, "nothing is asked before it is polled");
    assert_eq!(tasks.try_next().await.unwrap().unwrap().address(), task);
    assert_eq!(counted.take(), 2);
    assert!(tasks.try_next().await.unwrap().is_none());
    assert_eq!(counted.take(), 0);
}

#[tokio::test]
async fn a_list_of_more_places_than_memory_should_hold_is_only_streamed() {
    let network = Network::start().await;
    let source = network.source(MANUAL).await;
    let count = source::GetTaskCountCall.call_data().to_string();
    let boasting = Tap::start(&network, move |call| {
        if way_of(call)? != Way::Plain {
            return error(-32602, "invalid params");
        }
        let is_count = call["params"][0]["data"] == count;
        is_count
            .then(|| result(format!("0x{:064x}", u64::MAX)))
            .flatten()
    })
    .await;
    let source = boasting.client(&network).source(source);
    let failure = source.tasks(..).await.unwrap_err();
    assert!(
        matches!(failure, Error::TooManyPlaces { contract, .. } if contract == source.address().address()),
        "{failure:?}"
    );
}
