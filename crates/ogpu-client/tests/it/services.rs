//! Uploads through a pinning service that has bad days.

use std::time::{Duration, Instant};

use ogpu_client::{
    Client, ClientBuilder, DeliveryMethod, Error, HttpError, RetryPolicy, ServiceCause,
    ServiceOptions, Upload,
};
use ogpu_devnet::services::{Scripted, Service};
use serde_json::json;

use crate::network::{Network, source_info};

fn impatient(network: &Network) -> Client {
    let retry = RetryPolicy {
        tries: 3,
        backoff: Duration::from_millis(20),
        max_backoff: Duration::from_millis(100),
    };
    let options = ServiceOptions::default()
        .with_timeout(Duration::from_millis(500))
        .with_retry(retry);
    network.client_with(|builder: ClientBuilder| builder.service_options(options))
}

async fn upload(
    network: &Network,
    answers: impl IntoIterator<Item = Scripted>,
) -> Result<String, Error> {
    network.devnet.services().script(Service::Pinning, answers);
    let file = Upload::json("data.json", &json!({ "a": 1 })).unwrap();
    impatient(network).publish_to_ipfs(&file).await
}

fn cause(error: Error) -> ServiceCause {
    assert!(error.outcome().is_not_sent());
    match error {
        Error::Service { source } => source.cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_upload_survives_a_server_error() {
    let network = Network::start().await;
    let client = impatient(&network);
    network
        .devnet
        .services()
        .script(Service::Pinning, [Scripted::status(500)]);
    let info = source_info(DeliveryMethod::ManualConfirmation);
    client.publish_source(&info).await.unwrap();
    assert_eq!(network.devnet.services().requests(Service::Pinning), 2);
}

#[tokio::test]
async fn an_upload_whose_answer_is_lost_is_repeated_to_the_same_link() {
    let network = Network::start().await;
    let link = upload(&network, [Scripted::real().cut_off()])
        .await
        .unwrap();
    assert_eq!(link, upload(&network, []).await.unwrap());
    let content = network.devnet.services().content(&link).unwrap();
    assert_eq!(content, br#"{"a":1}"#);
}

#[tokio::test]
async fn an_upload_gives_up_after_its_tries_and_keeps_the_last_answer() {
    let network = Network::start().await;
    let answers = [500, 502, 503].map(|status| Scripted::status(status).with_body("down"));
    let error = upload(&network, answers).await.unwrap_err();
    let Error::Service { source } = &error else {
        panic!("{error:?}");
    };
    assert_eq!((source.service, source.tries), ("pinning", 3));
    assert!(matches!(
        cause(error),
        ServiceCause::Http(HttpError::Status { status: 503, body, .. }) if body == "down"
    ));
}

#[tokio::test]
async fn a_refused_upload_is_not_repeated() {
    let network = Network::start().await;
    let refusal = Scripted::status(413).with_body("x".repeat(100_000));
    let error = upload(&network, [refusal]).await.unwrap_err();
    assert!(matches!(
        cause(error),
        ServiceCause::Http(HttpError::Status { status: 413, body, .. }) if body.len() == 1024
    ));
    assert_eq!(network.devnet.services().requests(Service::Pinning), 1);
}

#[tokio::test]
async fn a_malformed_answer_is_an_error_of_its_own() {
    let network = Network::start().await;
    for answer in [
        Scripted::status(201).with_body("created"),
        Scripted::status(200).with_json(&json!({ "url": "https://example.org" })),
        Scripted::status(200).with_json(&json!({ "link": "javascript:alert(1)" })),
    ] {
        let error = upload(&network, [answer]).await.unwrap_err();
        assert!(matches!(cause(error), ServiceCause::Malformed { .. }));
    }
}

#[tokio::test]
async fn a_service_that_never_answers_costs_its_time_limit() {
    let network = Network::start().await;
    let error = upload(
        &network,
        [Scripted::hang(), Scripted::hang(), Scripted::hang()],
    )
    .await;
    assert!(matches!(
        cause(error.unwrap_err()),
        ServiceCause::Http(HttpError::Timeout { .. })
    ));
}

#[tokio::test]
async fn a_servers_wish_to_wait_is_granted() {
    let network = Network::start().await;
    let options = ServiceOptions::default();
    let file = Upload::new("note.txt", "text/plain", "hello");
    network.devnet.services().script(
        Service::Pinning,
        [Scripted::status(429).with_retry_after(1)],
    );
    let started = Instant::now();
    network
        .client
        .publish_to_ipfs_with(&file, &options)
        .await
        .unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_whole_call_ends_at_its_own_time_limit() {
    let network = Network::start().await;
    network
        .devnet
        .services()
        .script(Service::Pinning, [Scripted::hang()]);
    let budget = Duration::from_millis(300);
    let info = source_info(DeliveryMethod::ManualConfirmation);
    let error = network
        .client
        .publish_source(&info)
        .timeout(budget)
        .await
        .unwrap_err();
    assert!(matches!(
        &error,
        Error::OutOfTime { step: "uploading the metadata", budget: named } if *named == budget
    ));
    assert!(error.outcome().is_not_sent());
}
