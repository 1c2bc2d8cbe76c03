//! Servers that want to be asked less, that never answer, or that hang up.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures::future::join_all;
use ogpu_client::{ChainId, Client, HttpError, RetryPolicy, RpcCause};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    network::Network,
    server::{Reply, Server, client_of},
};

/// What a server that allows five requests in a second has seen.
#[derive(Default)]
struct Counter {
    window: Option<(Instant, u32)>,
    refused_at: Option<Instant>,
    refused: u32,
    too_soon: u32,
}

/// How long answers and requests may cross on the way.
const IN_FLIGHT: Duration = Duration::from_millis(300);
const RETRY_AFTER: u64 = 1;

impl Counter {
    fn reply(&mut self) -> Reply {
        let now = Instant::now();
        if let Some(refused_at) = self.refused_at {
            let since = now - refused_at;
            if since > IN_FLIGHT && since < Duration::from_secs(RETRY_AFTER) {
                self.too_soon += 1;
            }
        }
        let (start, count) = self
            .window
            .filter(|(start, _)| now - *start < Duration::from_secs(1))
            .unwrap_or((now, 0));
        self.window = Some((start, count + 1));
        if count < 5 {
            return Reply::Node;
        }
        self.refused += 1;
        self.refused_at = Some(now);
        Reply::Status(429, Some(RETRY_AFTER))
    }
}

async fn five_per_second(network: &Network) -> (Server, Arc<Mutex<Counter>>) {
    let counter = Arc::new(Mutex::new(Counter::default()));
    let shared = Arc::clone(&counter);
    let server = Server::start(network, move |_| shared.lock().unwrap().reply()).await;
    (server, counter)
}

async fn call_often(client: &Client, calls: usize) {
    let call = || client.rpc().call::<String>("web3_clientVersion", ());
    for answer in join_all((0..calls).map(|_| call())).await {
        answer.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_says_when_is_asked_no_sooner_and_everything_is_answered() {
    let network = Network::start().await;
    let (server, counter) = five_per_second(&network).await;
    let client = client_of(&network, [server.url()], |b| b.rpc_batching(false));
    call_often(&client, 12).await;
    let counter = counter.lock().unwrap();
    assert!(counter.refused > 0);
    assert_eq!(counter.too_soon, 0);
}

#[tokio::test]
async fn a_server_that_is_asked_too_often_is_asked_less_often_however_it_says_so() {
    let network = Network::start().await;
    let sayings: [fn(&Value) -> Reply; 2] = [
        |_| Reply::Status(429, None),
        |call| {
            let error = json!({ "code": 429, "message": "compute units per second exceeded" });
            Reply::Json(json!({ "jsonrpc": "2.0", "id": call["id"], "error": error }))
        },
    ];
    for says_so in sayings {
        let mut refusals = 2;
        let server = Server::start(&network, move |call| {
            if refusals > 0 {
                refusals -= 1;
                return says_so(call);
            }
            Reply::Node
        })
        .await;
        let client = client_of(&network, [server.url()], |b| b);
        call_often(&client, 1).await;
        let start = Instant::now();
        for _ in 0..5 {
            call_often(&client, 1).await;
        }
        assert!(start.elapsed() > Duration::from_millis(400));
    }
}

#[tokio::test]
async fn a_rate_limit_keeps_within_what_the_server_allows() {
    let network = Network::start().await;
    let (server, counter) = five_per_second(&network).await;
    let client = client_of(&network, [server.url()], |b| {
        b.rpc_batching(false)
            .rpc_rate_limit(NonZeroU32::new(4).unwrap())
    });
    let start = Instant::now();
    call_often(&client, 8).await;
    assert!(start.elapsed() >= Duration::from_millis(1_750));
    assert_eq!(counter.lock().unwrap().refused, 0);
}

/// A client of a server that speaks for itself.
fn client_at(listener: &TcpListener) -> Client {
    Client::builder()
        .chain(ChainId::OGPU_TESTNET)
        .rpc_url(format!("http://{}", listener.local_addr().unwrap()))
        .rpc_timeout(Duration::from_millis(300))
        .rpc_retry(RetryPolicy {
            tries: 2,
            backoff: Duration::from_millis(50),
            max_backoff: Duration::from_millis(50),
        })
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_black_hole_is_an_error_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client_at(&listener);
    let start = Instant::now();
    let error = client
        .rpc()
        .call::<String>("eth_blockNumber", ())
        .await
        .unwrap_err();
    // Two tries of 300 ms with a pause of 50 ms, and a tenth.
    assert!(start.elapsed() < Duration::from_millis(715), "{error:?}");
    assert!(matches!(
        error.cause,
        RpcCause::Http(HttpError::Timeout { .. })
    ));
    assert_eq!(error.tries, 2);
}

/// Answers one request after another, and hangs up after some, without a word.
async fn hang_up_after(mut stream: TcpStream, answers: u32) -> std::io::Result<()> {
    for _ in 0..answers {
        let mut request = Vec::new();
        let id = loop {
            if stream.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
            let text = String::from_utf8_lossy(&request);
            let body = text.split_once("\r\n\r\n").map(|(_, body)| body);
            if let Some(call) =
                body.and_then(|body| serde_json::from_str::<serde_json::Value>(body).ok())
            {
                break call["id"].clone();
            }
        };
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":"0x1"}}"#);
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json";
        let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn connections_that_the_server_closed_are_no_errors() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client_at(&listener);
    let server = tokio::spawn(async move {
        let mut connections = 0_u32;
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            connections += 1;
            tokio::spawn(hang_up_after(stream, 1 + connections % 3));
        }
    });
    for _ in 0..1_000 {
        let answer: String = client.rpc().call("web3_clientVersion", ()).await.unwrap();
        assert_eq!(answer, "0x1");
    }
    server.abort();
}
