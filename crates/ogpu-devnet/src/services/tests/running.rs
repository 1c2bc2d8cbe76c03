use std::io;

use super::*;
use crate::services::{Scripted, ServicesError};

async fn start_on(port: u16) -> Result<Services, ServicesError> {
    Services::start(ServicesConfig::new(async |_| Ok(None)).with_port(port)).await
}

fn port(services: &Services) -> u16 {
    let url = reqwest::Url::parse(&services.pin_url()).unwrap();
    url.port().unwrap()
}

#[tokio::test]
async fn the_urls_are_those_that_a_client_is_configured_with() {
    let services = start().await;
    let base = format!("http://127.0.0.1:{}", port(&services));
    assert_eq!(services.pin_url(), format!("{base}/file/create"));
    assert_eq!(services.gateway_url(), format!("{base}/ipfs"));
    assert_eq!(services.management_url(), format!("{base}/api/tasks"));
}

#[tokio::test]
async fn a_stopped_port_can_be_used_again_and_has_forgotten_everything() {
    let services = start().await;
    let port = port(&services);
    let link = services.put(GREETING, "text/plain");
    services.stop().await;
    assert!(get(&link).await.unwrap_err().is_connect());

    let restarted = start_on(port).await.unwrap();
    refused(get(&link).await.unwrap(), StatusCode::NOT_FOUND).await;
    assert_eq!(restarted.requests(Service::Gateway), 1);
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let services = start().await;
    let taken = port(&services);
    let error = start_on(taken).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "could not listen on 127.0.0.1:{taken} for the off-chain services; use port 0 for any free one"
        )
    );
    let ServicesError::Listen { port, source } = error;
    assert_eq!(port, taken);
    assert_eq!(source.kind(), io::ErrorKind::AddrInUse);
}

/// The lookup's call tells when the request is in work, and its end that it was given up.
#[tokio::test]
async fn dropping_the_services_breaks_the_requests_in_work() {
    let (called, mut calls) = tokio::sync::mpsc::unbounded_channel();
    let services = Services::start(ServicesConfig::new(move |_| {
        let called = called.clone();
        async move {
            called.send(()).unwrap();
            std::future::pending().await
        }
    }))
    .await
    .unwrap();
    let url = format!(
        "{}/{}",
        services.management_url(),
        ogpu_types::Address::ZERO
    );
    let request = tokio::spawn(get(url));
    calls.recv().await.unwrap();

    drop(services);
    let error = request.await.unwrap().unwrap_err();
    assert!(error.is_request(), "{error:?}");
    assert_eq!(calls.recv().await, None);
}

#[tokio::test]
async fn dropping_the_services_breaks_hung_requests_and_idle_connections() {
    let services = start().await;
    let link = services.put(GREETING, "text/plain");
    let client = Client::new();
    let first = client.get(&link).send().await.unwrap();
    assert_eq!(first.bytes().await.unwrap(), GREETING);
    services.script(Service::Gateway, [Scripted::hang()]);
    let (hung, ()) = tokio::join!(client.get(&link).send(), async {
        while services.requests(Service::Gateway) < 2 {
            tokio::task::yield_now().await;
        }
        drop(services);
    });
    assert!(hung.unwrap_err().is_request());
    assert!(client.get(&link).send().await.unwrap_err().is_connect());
}
