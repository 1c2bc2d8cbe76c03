//! What responses carry: behind a link, inline, missing, too long, or on a stranger's server.

use ogpu_client::{
    DeliveryMethod, Error, HttpError, Response, ServiceCause, ServiceOptions, types::ResponseStatus,
};
use ogpu_devnet::{
    ProviderBuilder,
    services::{Scripted, Service},
};
use serde_json::json;

use crate::network::{Network, PAYMENT};

/// The response of a provider with such conduct.
async fn response_of(
    network: &Network,
    conduct: impl FnOnce(ProviderBuilder) -> ProviderBuilder,
) -> Response {
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let provider = network.devnet.provider(|_| async { json!({ "n": 42 }) });
    let provider = conduct(provider).start().await.unwrap();
    provider.serve(source).await.unwrap();
    let task = network.task(source).await;
    network.responses(task, 1).await.remove(0)
}

fn cause(error: Error) -> ServiceCause {
    match error {
        Error::Service { source } => source.cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_link_leads_to_the_payload() {
    let network = Network::start().await;
    let response = response_of(&network, |provider| provider).await;
    assert!(
        response.data.starts_with("http://127.0.0.1:"),
        "{}",
        response.data
    );
    let payload = network.client.fetch(&response).await.unwrap();
    assert_eq!(
        payload.json::<serde_json::Value>().unwrap(),
        json!({ "n": 42 })
    );
}

#[tokio::test]
async fn an_inline_payload_needs_no_request() {
    let network = Network::start().await;
    let response = response_of(&network, ProviderBuilder::inline).await;
    let before = network.devnet.services().requests(Service::Gateway);
    let payload = network.client.fetch(&response).await.unwrap();
    assert_eq!(payload.as_text(), Some(r#"{"n":42}"#));
    assert_eq!(network.devnet.services().requests(Service::Gateway), before);
}

#[tokio::test]
async fn a_slow_provider_is_waited_for() {
    let network = Network::start().await;
    let slow = std::time::Duration::from_millis(300);
    let response = response_of(&network, |provider| provider.slow(slow)).await;
    assert_eq!(response.payment, PAYMENT);
    assert_eq!(response.status, ResponseStatus::Submitted);
}

#[tokio::test]
async fn a_dangling_link_is_an_error_with_the_gateways_answer() {
    let network = Network::start().await;
    let link = format!("{}/QmNothing", network.devnet.services().gateway_url());
    let response = response_of(&network, |provider| provider.wrong(link)).await;
    let error = network.client.fetch(&response).await.unwrap_err();
    assert!(matches!(
        cause(error),
        ServiceCause::Http(HttpError::Status { status: 404, .. })
    ));
}

#[tokio::test]
async fn a_link_to_a_strangers_server_is_not_followed() {
    let network = Network::start().await;
    // The management API plays the server inside the caller's network.
    let inside = format!("{}/0x00", network.devnet.services().management_url());
    let inside = inside.replace("127.0.0.1", "localhost");
    let response = response_of(&network, |provider| provider.wrong(inside)).await;
    let error = network.client.fetch(&response).await.unwrap_err();
    assert!(matches!(cause(error), ServiceCause::ForeignUrl { .. }));
    assert_eq!(network.devnet.services().requests(Service::Management), 0);

    let trusting = network.client_with(|builder| builder.allow_foreign_payload_urls(true));
    let error = trusting.fetch(&response).await.unwrap_err();
    assert!(matches!(
        cause(error),
        ServiceCause::Http(HttpError::Status { .. })
    ));
    assert_eq!(network.devnet.services().requests(Service::Management), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let network = Network::start().await;
    let response = response_of(&network, |provider| provider).await;
    network
        .devnet
        .services()
        .script(Service::Gateway, [Scripted::status(302)]);
    let error = network.client.fetch(&response).await.unwrap_err();
    assert!(matches!(
        cause(error),
        ServiceCause::Http(HttpError::Status { status: 302, .. })
    ));
}

#[tokio::test]
async fn a_payload_is_read_up_to_the_limit_only() {
    let network = Network::start().await;
    let long = "x".repeat(5_000);
    let link = network.devnet.services().put(long, "text/plain");
    let fetch = |limit| {
        let options = ServiceOptions::default().with_max_bytes(limit);
        let (client, link) = (network.client.clone(), link.clone());
        async move { client.fetch_data_with(&link, &options).await }
    };
    assert_eq!(fetch(5_000).await.unwrap().as_bytes().len(), 5_000);
    let error = fetch(4_999).await.unwrap_err();
    assert!(matches!(
        cause(error),
        ServiceCause::Http(HttpError::TooLarge { limit: 4_999 })
    ));
}

#[tokio::test]
async fn json_that_is_none_is_an_error_of_its_own() {
    let network = Network::start().await;
    let link = network.devnet.services().put("not json", "text/plain");
    let error = network
        .client
        .fetch_ipfs_json::<serde_json::Value>(&link)
        .await;
    assert!(matches!(error, Err(Error::Json { .. })));
    let error = network
        .client
        .fetch_ipfs_json::<serde_json::Value>("no url")
        .await;
    assert!(matches!(
        cause(error.unwrap_err()),
        ServiceCause::InvalidUrl { .. }
    ));
}
