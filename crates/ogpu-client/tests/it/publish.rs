//! Publishing, end to end.

use ogpu_client::{
    DeliveryMethod, Signer, SourceStatus, TaskInput, TaskStatus, Wei,
    types::{SourceMetadata, TransactionStatus},
};
use ogpu_contracts::{source, task};
use ogpu_devnet::services::Service;
use serde_json::json;

use crate::network::{Network, PAYMENT, source_info, task_info};

#[tokio::test]
async fn a_published_source_is_on_chain_with_its_metadata_on_the_gateway() {
    let network = Network::start().await;
    let info = source_info(DeliveryMethod::FirstResponse);
    let published = network.client.publish_source(&info).await.unwrap();

    assert_eq!(published.receipt.status, TransactionStatus::Succeeded);
    assert_eq!(
        published.transaction_hash,
        published.receipt.transaction_hash
    );
    assert_eq!(
        network
            .client
            .get_source_status(published.address)
            .await
            .unwrap(),
        SourceStatus::Active
    );
    let params = network
        .read(published.address, source::GetSourceParamsCall)
        .await
        .0;
    assert_eq!(params.client, network.account.address().into());
    assert_eq!(params.image_environments, 1);
    assert_eq!(params.delivery_method, 1);
    assert!(!params.privacy_enabled && params.optional_params_url.is_empty());
    let metadata: SourceMetadata = network
        .client
        .fetch_ipfs_json(&params.image_metadata_url)
        .await
        .unwrap();
    assert_eq!(metadata, SourceMetadata::from(&info));
    let uploads = network.devnet.services().uploads();
    assert_eq!(uploads[0].file_name, "imageMetadata.json");
    assert_eq!(uploads[0].content_type, "application/json");
}

#[tokio::test]
async fn a_published_task_is_on_chain_with_its_exact_input_and_its_payment_frozen() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    network.deposit(Wei::from_ether(1)).await;
    let mut info = task_info(source);
    info.config = TaskInput::new("run", &json!({ "big": u64::MAX, "text": "ü" }))
        .and_then(|input| input.with_extra("priority", &7))
        .unwrap();
    let published = network.client.publish_task(&info).await.unwrap();

    assert_eq!(
        network
            .client
            .get_task_status(published.address)
            .await
            .unwrap(),
        TaskStatus::New
    );
    let params = network.read(published.address, task::TaskParamsCall).await;
    assert_eq!(params.source, source.into());
    assert_eq!(params.expiry_time, info.expiry_time.into());
    assert_eq!(Wei::from(params.payment), info.payment);
    let input: TaskInput = network
        .client
        .fetch_ipfs_json(&params.config)
        .await
        .unwrap();
    assert_eq!(input, info.config);
    assert_eq!(
        network.devnet.services().uploads()[1].file_name,
        "taskConfig.json"
    );

    let account = network.account.address();
    let left = Wei::from_ether(1).checked_sub(PAYMENT).unwrap();
    assert_eq!(
        network.client.vault().balance_of(account).await.unwrap(),
        left
    );
    assert_eq!(
        network
            .client
            .vault()
            .frozen_payment_of(account)
            .await
            .unwrap(),
        PAYMENT
    );
}

#[tokio::test]
async fn manual_confirmation_pays_the_chosen_one_of_several_providers() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let providers = [
        network.echo(source).await,
        network.echo(source).await,
        network.echo(source).await,
    ];
    let task = network.task(source).await;
    let responses = network.responses(task, 3).await;
    assert_eq!(
        network.client.get_task_status(task).await.unwrap(),
        TaskStatus::Responded
    );

    let chosen = &responses[1];
    let payload: serde_json::Value = network.client.fetch(chosen).await.unwrap().json().unwrap();
    assert_eq!(payload, json!({ "echo": { "n": 1 } }));
    network
        .client
        .confirm_response(chosen.address)
        .await
        .unwrap();

    assert_eq!(
        network.client.get_task_status(task).await.unwrap(),
        TaskStatus::Finalized
    );
    for provider in &providers {
        let earned = network
            .client
            .vault()
            .total_earnings_of(provider.address())
            .await
            .unwrap();
        let expected = if provider.address() == chosen.provider {
            PAYMENT
        } else {
            Wei::ZERO
        };
        assert_eq!(earned, expected);
    }
    let frozen = network
        .client
        .vault()
        .frozen_payment_of(network.account.address())
        .await
        .unwrap();
    assert_eq!(frozen, Wei::ZERO);
}

#[tokio::test]
async fn first_response_is_confirmed_and_paid_without_a_call() {
    let network = Network::start().await;
    let (task, response, provider) = network.answered(DeliveryMethod::FirstResponse).await;

    assert!(response.confirmed);
    assert_eq!(
        network.client.get_task_status(task).await.unwrap(),
        TaskStatus::Finalized
    );
    let earned = network
        .client
        .vault()
        .total_earnings_of(provider.address())
        .await;
    assert_eq!(earned.unwrap(), PAYMENT);
    let error = network
        .client
        .confirm_response(response.address)
        .await
        .unwrap_err();
    assert!(error.is_already_confirmed(), "{error}");
    assert!(error.outcome().is_not_sent());
}

#[tokio::test]
async fn each_write_may_name_its_own_signer() {
    let network = Network::start().await;
    let other: Signer = network.devnet.accounts().agent().clone();
    let published = network
        .client
        .publish_source(&source_info(DeliveryMethod::ManualConfirmation))
        .signer(&other)
        .await
        .unwrap();
    assert_eq!(published.receipt.from, other.address());
    let params = network
        .read(published.address, source::GetSourceParamsCall)
        .await;
    assert_eq!(params.0.client, other.address().into());
}

#[tokio::test]
async fn a_chain_without_eip1559_works_the_same() {
    let builder = ogpu_devnet::Devnet::builder().base_fee(None);
    let network = Network::start_with(builder).await;
    let (_, response, _provider) = network.answered(DeliveryMethod::ManualConfirmation).await;
    network
        .client
        .confirm_response(response.address)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_chain_id_beyond_32_bits_works_the_same() {
    let builder = ogpu_devnet::Devnet::builder().chain_id(200_820_172_034);
    let network = Network::start_with(builder).await;
    network.source(DeliveryMethod::ManualConfirmation).await;
}

#[tokio::test]
async fn two_equal_tasks_are_two_tasks() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    network.deposit(Wei::from_ether(1)).await;
    let info = task_info(source);
    let first = network.client.publish_task(&info).await.unwrap();
    let second = network.client.publish_task(&info).await.unwrap();
    assert_ne!(first.address, second.address);
    // Equal content has one address, but each publication pins it.
    assert_eq!(network.devnet.services().requests(Service::Pinning), 3);
}
