//! A node with faults: a proxy that loses what a rule says.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::post,
};
use ogpu_client::{Client, RetryPolicy};
use serde_json::{Value, json};

use crate::network::Network;

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is answered.
    Answered,
    /// It arrives, but its answer is lost.
    AnswerLost,
    /// It never arrives.
    Lost,
    /// It is turned away: the client asks too often, and is to come again in a second.
    TurnedAway,
    /// It arrives, and nobody ever answers.
    Hangs,
    /// Its calls are answered from the state of the chain's beginning.
    OutOfDate,
}

type Rule = Box<dyn FnMut(&str) -> Fate + Send>;

/// Decides the fate of each request from its body.
struct Faults {
    node: String,
    http: reqwest::Client,
    rule: Mutex<Rule>,
    sends: AtomicU32,
}

pub(crate) struct Proxy {
    url: String,
    faults: Arc<Faults>,
    server: tokio::task::AbortHandle,
}

impl Proxy {
    /// A proxy of `node`; `rule` sees each request's body.
    pub(crate) async fn start(node: &str, rule: impl FnMut(&str) -> Fate + Send + 'static) -> Self {
        let faults = Arc::new(Faults {
            node: node.to_owned(),
            http: reqwest::Client::new(),
            rule: Mutex::new(Box::new(rule)),
            sends: AtomicU32::new(0),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new()
            .route("/", post(forward))
            .with_state(Arc::clone(&faults));
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            url,
            faults,
            server: server.abort_handle(),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How many transactions were offered.
    pub(crate) fn sends(&self) -> u32 {
        self.faults.sends.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A client that reaches the network through a proxy.
fn through(network: &Network, proxy: &Proxy) -> Client {
    network.client_with(|builder| {
        builder
            .rpc_url(proxy.url())
            .rpc_timeout(Duration::from_millis(500))
            .rpc_retry(RetryPolicy {
                tries: 3,
                backoff: Duration::from_millis(5),
                max_backoff: Duration::from_millis(20),
            })
    })
}

pub(crate) async fn proxied(
    network: &Network,
    rule: impl FnMut(&str) -> Fate + Send + 'static,
) -> (Proxy, Client) {
    let node = network.devnet.chain_spec().rpc_url().expose().to_owned();
    let proxy = Proxy::start(&node, rule).await;
    let client = through(network, &proxy);
    (proxy, client)
}

async fn forward(State(faults): State<Arc<Faults>>, body: Bytes) -> Response {
    let text = String::from_utf8_lossy(&body).into_owned();
    if text.contains("eth_sendRawTransaction") {
        faults.sends.fetch_add(1, Ordering::Relaxed);
    }
    let fate = (faults.rule.lock().unwrap())(&text);
    if fate == Fate::Lost {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    if fate == Fate::TurnedAway {
        return (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "1")]).into_response();
    }
    let body = match fate {
        Fate::OutOfDate => at_the_beginning(&body),
        _ => body,
    };
    let answer = faults
        .http
        .post(&faults.node)
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    match fate {
        Fate::AnswerLost => StatusCode::GATEWAY_TIMEOUT.into_response(),
        Fate::Hangs => std::future::pending().await,
        _ => answer.into_response(),
    }
}

/// The request with each call's block replaced by the first one.
fn at_the_beginning(body: &Bytes) -> Bytes {
    let mut request: Value = serde_json::from_slice(body).unwrap();
    let calls = match &mut request {
        Value::Array(calls) => calls.as_mut_slice(),
        single => std::slice::from_mut(single),
    };
    for call in calls.iter_mut().filter(|call| call["method"] == "eth_call") {
        call["params"][1] = json!("0x0");
    }
    request.to_string().into()
}
