//! No key and no URL token is ever printed: a binary of its own, whose whole log is searched.

use std::{
    error::Error,
    io,
    sync::{Arc, Mutex},
};

use ogpu_client::{
    Client, DeliveryMethod, ImageEnvironments, RetryPolicy, Signer, SourceInfo, Wei,
};
use ogpu_devnet::Devnet;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt::MakeWriter,
    layer::SubscriberExt,
};

/// What was logged.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// An error with all its causes, in both ways of printing.
fn print_chain(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        text += &format!(" {error:?} {error}");
        next = error.source();
    }
    text
}

#[tokio::test]
async fn a_run_at_trace_level_prints_no_secret() {
    let captured = Captured::default();
    let log = tracing_subscriber::fmt::layer()
        .with_writer(captured.clone())
        .with_ansi(false);
    // The node's own log shows what it is sent; it is in this process only because this is a test.
    let ours = Targets::new()
        .with_default(LevelFilter::TRACE)
        .with_target("jsonrpsee-server", LevelFilter::OFF);
    let subscriber = tracing_subscriber::registry().with(log).with(ours);
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let key = [0x5e; 32];
    let signer = Signer::from_bytes(&key).unwrap();
    let devnet = Devnet::start().await.unwrap();
    devnet
        .set_balance(signer.address(), Wei::from_ether(10))
        .await
        .unwrap();
    let node = devnet.chain_spec().rpc_url().expose();
    let builder = Client::builder()
        .chain(devnet.chain_spec())
        .rpc_url(node.replace("://", "://canary-user:canary-pass@") + "canary-path")
        .signer(signer.clone());
    let misled = builder.clone().build().unwrap();
    let builder =
        builder.rpc_url(node.replace("://", "://canary-user:canary-pass@") + "?key=canary");
    let client = builder.clone().build().unwrap();
    let gone = builder
        .clone()
        .rpc_url("http://canary-user:canary-pass@127.0.0.1:1/canary-path?key=canary-query")
        .rpc_retry(RetryPolicy::ONCE)
        .build()
        .unwrap();

    let echo = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let echo_url = format!(
        "http://canary-user:canary-pass@{}/canary-path?key=canary-query",
        echo.local_addr().unwrap()
    );
    let router = axum::Router::new().fallback(|uri: axum::http::Uri, body: String| async move {
        let text = format!("cannot POST {uri}, key canary-query, body {body}");
        (axum::http::StatusCode::NOT_FOUND, text)
    });
    tokio::spawn(async move { axum::serve(echo, router).await });
    let echoing = builder.clone().rpc_url(&echo_url).build().unwrap();
    let bad_pin = builder.clone().pin_url(&echo_url).build().unwrap();

    let source = client
        .publish_source(&SourceInfo {
            name: "quiet".into(),
            description: "says nothing".into(),
            logo_url: String::new(),
            image_envs: ImageEnvironments::cpu("https://example.org/compose.yml"),
            min_payment: Wei::ZERO,
            min_available_lockup: Wei::ZERO,
            max_expiry_duration: 60,
            delivery_method: DeliveryMethod::ManualConfirmation,
        })
        .await
        .unwrap();
    let mut printed = format!("{builder:?} {client:?} {signer:?} {source:?}");
    let upload = ogpu_client::Upload::new("a.txt", "text/plain", "a");
    let error = bad_pin.publish_to_ipfs(&upload).await.unwrap_err();
    assert!(
        matches!(&error, ogpu_client::Error::Service { source } if format!("{:?}", source.cause).contains("404"))
    );
    printed += &print_chain(&error);
    for client in [misled, gone, echoing] {
        if let Err(error) = client.get_source_status(source.address).await {
            printed += &print_chain(&error);
        }
        let deposit = client.vault_deposit(signer.address(), Wei::from(1_u64), &signer);
        printed += &format!("{deposit:?}");
        if let Err(error) = deposit.timeout(std::time::Duration::from_secs(1)).await {
            printed += &print_chain(&error);
        }
    }
    let wrong = Signer::from_hex(&format!("{}zz", "5e".repeat(31))).unwrap_err();
    printed += &print_chain(&wrong);
    let log = captured.text();

    // The run was seen, down to the wire.
    assert!(
        log.contains("publish_source") && log.contains("hyper_util"),
        "{log}"
    );
    assert!(printed.contains("127.0.0.1:1/"), "{printed}");
    let in_decimal = format!("{key:?}");
    for secret in [
        "canary",
        &"5e".repeat(31),
        &"5E".repeat(31),
        in_decimal.trim_matches(['[', ']']),
        // "canary-user:canary-pass" in base64.
        "Y2FuYXJ5LXVzZXI6Y2FuYXJ5LXBhc3M",
    ] {
        let line = log
            .lines()
            .chain([printed.as_str()])
            .find(|line| line.contains(secret));
        assert_eq!(line, None, "`{secret}` was printed");
    }
}
