//! The confirmed response, whatever the management API says.

use std::time::Duration;

use ogpu_client::{Address, ConfirmedResponse, DeliveryMethod, Error, Response, TaskAddress};
use ogpu_devnet::services::{Scripted, Service};
use serde_json::json;

use crate::network::Network;

/// A task with a confirmed response.
async fn confirmed(network: &Network) -> (TaskAddress, Response) {
    let (task, response, _provider) = network.answered(DeliveryMethod::ManualConfirmation).await;
    network
        .client
        .confirm_response(response.address)
        .await
        .unwrap();
    (task, response)
}

async fn found(network: &Network, task: TaskAddress) -> Option<ConfirmedResponse> {
    network.client.get_confirmed_response(task).await.unwrap()
}

fn asked(network: &Network) -> u64 {
    network.devnet.services().requests(Service::Management)
}

#[tokio::test]
async fn the_api_is_asked_and_its_answer_believed_once_checked() {
    let network = Network::start().await;
    let (task, response) = confirmed(&network).await;
    assert_eq!(
        found(&network, task).await,
        Some(ConfirmedResponse {
            address: response.address,
            data: response.data,
        })
    );
    assert_eq!(asked(&network), 1);
}

#[tokio::test]
async fn nothing_is_confirmed_until_something_is() {
    let network = Network::start().await;
    let (task, ..) = network.answered(DeliveryMethod::ManualConfirmation).await;
    assert_eq!(found(&network, task).await, None);
}

#[tokio::test]
async fn a_first_response_is_found_as_well() {
    let network = Network::start().await;
    let (task, response, _) = network.answered(DeliveryMethod::FirstResponse).await;
    let chain_only = network.client_with(ogpu_client::ClientBuilder::without_management_api);
    let by_chain = chain_only.get_confirmed_response(task).await.unwrap();
    assert_eq!(by_chain.unwrap().address, response.address);
    assert_eq!(
        found(&network, task).await.unwrap().address,
        response.address
    );
}

#[tokio::test]
async fn the_chain_decides_when_the_api_fails() {
    let network = Network::start().await;
    let (task, response) = confirmed(&network).await;
    let other = network.answered(DeliveryMethod::FirstResponse).await.1;
    let lie = |address: Address| {
        Scripted::status(200).with_json(&json!({ "data": { "address": address } }))
    };
    for answer in [
        Scripted::status(500),
        Scripted::status(404),
        Scripted::status(200).with_body("<html>not json</html>"),
        Scripted::status(200).with_json(&json!({ "data": null })),
        Scripted::status(200).with_json(&json!({ "data": { "address": 7 } })),
        Scripted::status(200)
            .with_json(&json!({ "data": { "address": task } }))
            .cut_off(),
        // The task's own address is no answer.
        lie(task.into()),
        // Another task's confirmed response, and addresses without any response.
        lie(other.address.into()),
        lie(Address::new([0x55; 20])),
        lie(network.devnet.contracts().vault),
    ] {
        let text = format!("{answer:?}");
        network
            .devnet
            .services()
            .script(Service::Management, [answer]);
        let before = asked(&network);
        let confirmed = found(&network, task).await.expect(&text);
        assert_eq!(confirmed.address, response.address, "{text}");
        assert_eq!(asked(&network), before + 1, "{text}");
    }
}

#[tokio::test]
async fn a_lie_about_an_unconfirmed_response_is_not_believed() {
    let network = Network::start().await;
    let (task, response, _provider) = network.answered(DeliveryMethod::ManualConfirmation).await;
    let lie = Scripted::status(200).with_json(&json!({ "data": { "address": response.address } }));
    network.devnet.services().script(Service::Management, [lie]);
    assert_eq!(found(&network, task).await, None);
}

#[tokio::test]
async fn a_forged_response_is_not_believed() {
    let network = Network::start().await;
    let (task, response) = confirmed(&network).await;
    let (open, ..) = network.answered(DeliveryMethod::ManualConfirmation).await;
    let forger = network.devnet.accounts().provider().clone();
    for (task, genuine) in [(task, Some(response.address)), (open, None)] {
        let forged = network.forged_response(task, &forger).await;
        let lie = Scripted::status(200).with_json(&json!({ "data": { "address": forged } }));
        network.devnet.services().script(Service::Management, [lie]);
        let found = found(&network, task).await;
        assert_eq!(found.map(|response| response.address), genuine);
    }
}

#[tokio::test]
async fn an_api_that_never_answers_costs_seconds_only() {
    let network = Network::start().await;
    let (task, response) = confirmed(&network).await;
    network
        .devnet
        .services()
        .script(Service::Management, [Scripted::hang()]);
    let confirmed = tokio::time::timeout(Duration::from_secs(20), found(&network, task))
        .await
        .expect("the chain is asked after a few seconds");
    assert_eq!(confirmed.unwrap().address, response.address);
}

#[tokio::test]
async fn a_client_may_never_ask_the_api() {
    let network = Network::start().await;
    let (task, response) = confirmed(&network).await;
    let chain_only = network.client_with(ogpu_client::ClientBuilder::without_management_api);
    let confirmed = chain_only.get_confirmed_response(task).await.unwrap();
    assert_eq!(confirmed.unwrap().address, response.address);
    assert_eq!(asked(&network), 0);
}

#[tokio::test]
async fn an_address_without_a_task_is_named() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    for address in [Address::new([0x44; 20]), source.into()] {
        let error = network.client.get_confirmed_response(address).await;
        assert!(
            matches!(error, Err(Error::TaskNotFound { address: named }) if named == address),
            "{address}"
        );
    }
}
