//! No key and no URL token is ever printed: a binary of its own, whose whole log is searched.

mod captured;
mod scan;
mod sources;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ogpu_client::{
    Address, Client, ClientBuilder, DeliveryMethod, Error, ImageEnvironments, RetryPolicy, Signer,
    SourceAddress, SourceInfo, TaskInfo, TaskInput, Upload, Wei,
};
use ogpu_devnet::Devnet;

use captured::{Captured, key};

fn source_info() -> SourceInfo {
    SourceInfo {
        name: "quiet".into(),
        description: "says nothing".into(),
        logo_url: String::new(),
        image_envs: ImageEnvironments::cpu("https://example.org/compose.yml"),
        min_payment: Wei::ZERO,
        min_available_lockup: Wei::ZERO,
        max_expiry_duration: 24 * 60 * 60,
        delivery_method: DeliveryMethod::ManualConfirmation,
    }
}

/// A server that repeats everything that it is sent, which the callers take for an error.
async fn echo_url() -> String {
    let echo = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://canary-user:canary-pass@{}/canary-path?key=canary-query",
        echo.local_addr().unwrap()
    );
    let router = axum::Router::new().fallback(|uri: axum::http::Uri, body: String| async move {
        let text = format!("cannot POST {uri}, key canary-query, body {body}");
        (axum::http::StatusCode::NOT_FOUND, text)
    });
    tokio::spawn(async move { axum::serve(echo, router).await });
    url
}

/// A task from publishing to payment.
async fn published_and_confirmed(
    devnet: &Devnet,
    client: &Client,
    signer: &Signer,
) -> SourceAddress {
    let source = client.publish_source(&source_info()).await.unwrap();
    let provider = devnet
        .provider(|_: TaskInput| async { serde_json::json!("done") })
        .start()
        .await
        .unwrap();
    provider.serve(source.address).await.unwrap();
    let payment = Wei::from(5_u64);
    client
        .vault()
        .deposit(signer.address(), payment, signer)
        .await
        .unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let task = TaskInfo {
        source: source.address,
        config: TaskInput::new("run", &serde_json::json!(null)).unwrap(),
        expiry_time: now.as_secs() + 3600,
        payment,
    };
    let task = client.publish_task(&task).await.unwrap().address;
    let answered = async {
        loop {
            if let Some(response) = client.get_task_responses(task, ..).await.unwrap().pop() {
                return response.address;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let response = tokio::time::timeout(Duration::from_secs(60), answered)
        .await
        .expect("the provider answers within a minute");
    client.confirm_response(response).await.unwrap();
    source.address
}

/// Clients whose node is elsewhere, absent, or repeats what it is sent.
async fn failures(captured: &Captured, builder: &ClientBuilder, node: &str, signer: &Signer) {
    let echo_url = echo_url().await;
    let bad_pin = builder.clone().pin_url(&echo_url).build().unwrap();
    let upload = Upload::new("a.txt", "text/plain", "a");
    let error = bad_pin.publish_to_ipfs(&upload).await.unwrap_err();
    assert!(
        matches!(&error, Error::Service { source } if format!("{:?}", source.cause).contains("404"))
    );
    captured.error(&error);

    let misled = builder.clone().rpc_url(format!("{node}canary-path"));
    let gone = builder
        .clone()
        .rpc_url("http://canary-user:canary-pass@127.0.0.1:1/canary-path?key=canary-query")
        .rpc_retry(RetryPolicy::ONCE);
    let echoing = builder.clone().rpc_url(&echo_url);
    for client in [misled, gone, echoing] {
        let client = client.build().unwrap();
        if let Err(error) = client.get_source_status(Address::new([1; 20])).await {
            captured.error(&error);
        }
        let deposit = client
            .vault()
            .deposit(signer.address(), Wei::from(1_u64), signer);
        captured.debug(&deposit);
        if let Err(error) = deposit.timeout(Duration::from_secs(1)).await {
            captured.error(&error);
        }
    }
}

#[tokio::test]
async fn a_run_at_trace_level_prints_no_secret() {
    let captured = Captured::default();
    tracing::subscriber::set_global_default(captured.subscriber()).unwrap();
    captured.watch_panics();

    let directory = tempfile::tempdir().unwrap();
    let signer = Signer::from_bytes(&key(1)).unwrap();
    let moody = sources::moody();
    let mut signers = sources::signers(directory.path()).await;
    signers.extend([signer.clone(), moody.clone()]);
    let devnet = Devnet::start().await.unwrap();
    for signer in &signers {
        devnet
            .set_balance(signer.address(), Wei::from_ether(10))
            .await
            .unwrap();
    }
    let node = devnet.chain_spec().rpc_url().expose();
    let node = node.replace("://", "://canary-user:canary-pass@");
    let builder = Client::builder()
        .chain(devnet.chain_spec())
        .rpc_url(format!("{node}?key=canary"))
        .signer(signer.clone());
    let client = builder.clone().build().unwrap();
    captured.debug(&(&builder, &client, &signers));

    published_and_confirmed(&devnet, &client, &signer).await;
    for _ in 0..2 {
        let write = client
            .vault()
            .deposit(moody.address(), Wei::from(1_u64), &moody);
        captured.error(&write.await.unwrap_err());
    }
    for signer in &signers {
        client
            .vault()
            .deposit(signer.address(), Wei::from(1_u64), signer)
            .await
            .unwrap();
    }
    failures(&captured, &builder, &node, &signer).await;
    sources::mistakes(directory.path(), &captured).await;

    let mut secrets = sources::secrets();
    secrets.text("a URL's secret", "canary");
    secrets.bytes("a URL's credentials", b"canary-user:canary-pass");
    let printed = captured.text();
    // The run was seen: down to the wire, and with its failures.
    for part in [
        "publish_source",
        "confirm_response",
        "hyper_util",
        "the device is on fire",
        "the device is locked",
        "127.0.0.1:1/",
        "the password is wrong",
    ] {
        assert!(printed.contains(part), "{part} is missing");
    }
    assert_eq!(secrets.leaks(&printed), [""; 0]);
}
