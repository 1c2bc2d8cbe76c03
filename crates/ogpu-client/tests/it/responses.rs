//! Reading responses, across the deployed contracts' quirks.

use futures::TryStreamExt as _;
use ogpu_client::{
    Address, DeliveryMethod, Error, Response, TaskAddress, TaskStatus, Wei, types::ResponseStatus,
};
use ogpu_contracts::{ContractCall as _, nexus, response, shared_types};
use ogpu_devnet::SimulatedProvider;
use serde_json::json;

use crate::{
    network::{Network, PAYMENT, eventually},
    proxy::{Fate, proxied},
    reads::Counted,
    ways::{Manner, Mannered, Way},
};

#[tokio::test]
async fn a_response_is_read_whole() {
    let network = Network::start().await;
    let (task, response, provider) = network.answered(DeliveryMethod::ManualConfirmation).await;
    assert_eq!(response.task, task);
    assert_eq!(response.provider, provider.address());
    assert_eq!(response.payment, PAYMENT);
    assert_eq!(response.status, ResponseStatus::Submitted);
    assert!(!response.confirmed);
    assert!(response.timestamp > 1_700_000_000);

    network
        .client
        .confirm_response(response.address)
        .await
        .unwrap();
    let confirmed = network.responses(task, 1).await.remove(0);
    assert_eq!(
        confirmed,
        Response {
            status: ResponseStatus::Confirmed,
            confirmed: true,
            ..response
        }
    );
}

#[tokio::test]
async fn ranges_are_half_open_and_places_without_a_response_are_skipped() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let silent = network
        .devnet
        .provider(|_| async { json!(null) })
        .silent()
        .start()
        .await
        .unwrap();
    silent.serve(source).await.unwrap();
    let task = network.task(source).await;
    attempted(&network, task).await;

    // The silent one has place 0; two more follow it by hand.
    let (a, b) = (idle(&network).await, idle(&network).await);
    for provider in [&a, &b] {
        provider.serve(source).await.unwrap();
        respond(&network, provider, task).await;
    }
    let providers = async |range: std::ops::Range<u64>| -> Vec<Address> {
        let found = network
            .client
            .get_task_responses(task, range)
            .await
            .unwrap();
        found
            .into_iter()
            .map(|response| response.provider)
            .collect()
    };
    assert_eq!(providers(0..1).await, []);
    assert_eq!(providers(0..2).await, [a.address()]);
    assert_eq!(providers(1..2).await, [a.address()]);
    assert_eq!(providers(1..3).await, [a.address(), b.address()]);
    assert_eq!(providers(2..1_000).await, [b.address()]);
    assert_eq!(providers(3..9).await, []);
    assert_eq!(providers(2..2).await, []);
    assert_eq!(
        network
            .client
            .get_task_responses(task, ..)
            .await
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn a_task_without_attempts_has_no_responses() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let task = network.task(source).await;
    assert_eq!(
        network.client.get_task_responses(task, ..).await.unwrap(),
        []
    );
    assert_eq!(
        network.client.get_task_responses(task, 3..9).await.unwrap(),
        []
    );
}

#[tokio::test]
async fn cancelled_and_expired_tasks_are_read_as_such() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let cancelled = network.task(source).await;
    network.cancel(cancelled).await;
    assert_eq!(
        network.client.get_task_status(cancelled).await.unwrap(),
        TaskStatus::Canceled
    );
    assert_eq!(
        network
            .client
            .get_confirmed_response(cancelled)
            .await
            .unwrap(),
        None
    );

    let expired = network.task(source).await;
    let late = idle(&network).await;
    late.serve(source).await.unwrap();
    network.devnet.increase_time(7200).await.unwrap();
    attempt(&network, &late, expired).await;
    assert_eq!(
        network.client.get_task_status(expired).await.unwrap(),
        TaskStatus::Expired
    );
    assert!(TaskStatus::Expired.is_final());
}

#[tokio::test]
async fn an_address_without_a_task_is_named() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let nobody = Address::new([0x33; 20]);
    for address in [nobody, network.account.address(), source.into()] {
        for error in [
            network.client.get_task_responses(address, ..).await.err(),
            network.client.get_task_status(address).await.err(),
        ] {
            assert!(
                matches!(error, Some(Error::TaskNotFound { address: named }) if named == address),
                "{error:?}"
            );
        }
    }
    let task = network.task(source).await;
    let error = network.client.get_source_status(task.address()).await;
    assert!(matches!(error, Err(Error::SourceNotFound { address }) if address == task.address()));
}

#[tokio::test]
async fn a_thousand_responses_are_read_completely_and_in_order_in_three_requests() {
    const COUNT: u64 = 1_000;
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let task = network.task(source).await;
    let crowd = futures::future::join_all((0..COUNT).map(|_| async {
        let provider = idle(&network).await;
        provider.serve(source).await.unwrap();
        respond(&network, &provider, task).await;
        provider
    }))
    .await;
    assert_eq!(crowd.len(), 1_000);

    let counted = Counted::start(&network).await;
    let all = counted.client.get_task_responses(task, ..).await.unwrap();
    assert_eq!(all.len(), 1_000);
    assert_eq!(
        counted.take(),
        3,
        "of a client that knows nothing of the node"
    );
    for taken in [Way::Creation, Way::Reverting, Way::Plain] {
        let node = Mannered::start(&network, move |way| match way {
            Way::Plain => Manner::Takes,
            way if way == taken => Manner::Takes,
            _ => Manner::Refuses,
        })
        .await;
        let client = node.tap.client(&network);
        let found = client.get_task_responses(task, ..).await.unwrap();
        assert!(found == all, "by {taken:?}");
    }
    let streamed = network.client.task(task).responses(..).stream();
    let streamed: Vec<Response> = streamed.try_collect().await.unwrap();
    assert!(streamed == all);
    let part = network
        .client
        .get_task_responses(task, 400..640)
        .await
        .unwrap();
    assert_eq!(part, all[400..640]);
    let mut providers: Vec<_> = all.iter().map(|response| response.provider).collect();
    let mut expected: Vec<_> = crowd.iter().map(SimulatedProvider::address).collect();
    providers.sort_unstable();
    expected.sort_unstable();
    assert_eq!(providers, expected);
}

#[tokio::test]
async fn an_answer_from_an_older_state_is_not_taken_for_the_tasks() {
    let network = Network::start().await;
    let (task, response, _provider) = network.answered(DeliveryMethod::ManualConfirmation).await;
    // The task's places are told, then nothing is at the response's address.
    let looks = response::GetResponseParamsCall.call_data().to_string();
    // As it stands among others in one call.
    let looks = looks.trim_start_matches("0x").to_owned();
    let mut stale = 2;
    let (_proxy, client) = proxied(&network, move |body| {
        if stale > 0 && body.contains(&looks) {
            stale -= 1;
            return Fate::OutOfDate;
        }
        Fate::Answered
    })
    .await;
    let responses = client.get_task_responses(task, ..).await.unwrap();
    assert_eq!(responses, [response]);
}

/// A provider that does nothing on its own.
pub(crate) async fn idle(network: &Network) -> SimulatedProvider {
    network
        .devnet
        .provider(|_| async { json!(null) })
        .idle()
        .start()
        .await
        .unwrap()
}

pub(crate) async fn attempt(network: &Network, provider: &SimulatedProvider, task: TaskAddress) {
    let account = network.client.provider(provider.address());
    let attempt = account.attempt(task, Wei::ZERO);
    attempt.signer(provider.signer()).await.unwrap();
}

pub(crate) async fn respond(network: &Network, provider: &SimulatedProvider, task: TaskAddress) {
    attempt(network, provider, task).await;
    submit(network, provider, task).await;
}

/// The response to a task that the provider has attempted.
pub(crate) async fn submit(network: &Network, provider: &SimulatedProvider, task: TaskAddress) {
    let call = nexus::SubmitResponseCall {
        response_params: shared_types::ResponseParams {
            task: task.into(),
            provider: provider.address().into(),
            data: format!("answer of {}", provider.address()),
            payment: PAYMENT.into(),
        },
    };
    let nexus = network.devnet.contracts().nexus;
    network.send(provider.signer(), nexus, call).await;
}

async fn attempted(network: &Network, task: TaskAddress) {
    eventually("the attempt", || async {
        let status = network.client.get_task_status(task).await.unwrap();
        (status == TaskStatus::Attempted).then_some(())
    })
    .await;
}
