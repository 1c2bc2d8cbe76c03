//! Notices of new heads over a WebSocket: they wake whoever waits, and nothing more. What happened
//! is always asked for over HTTP, so that a notice that is lost costs time at most.

use std::{
    error::Error as StdError,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{SinkExt, StreamExt};
use ogpu_chain::Endpoint;
use reqwest::{
    StatusCode, Upgraded,
    header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
};
use serde::Deserialize;
use tokio::{sync::watch, task::JoinHandle, time::timeout};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Bytes, Message,
        handshake::{client::generate_key, derive_accept_key},
        protocol::{Role, WebSocketConfig},
    },
};

/// A notice of a head is below a kilobyte.
const LONGEST_MESSAGE: usize = 64 * 1024;
/// Connecting and subscribing take a few round trips.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that is silent for so long is asked for a sign of life, and given up when it stays
/// silent for as long again.
const PING_AFTER: Duration = Duration::from_secs(15);
/// The pause before the second attempt to connect; it doubles with each one that brings no notice.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const SUBSCRIBE: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}"#;

type Socket = WebSocketStream<Upgraded>;
type BoxError = Box<dyn StdError + Send + Sync>;

/// One endpoint's notices; nothing is connected before they are first asked for.
#[derive(Debug)]
pub(super) struct Hints {
    http: reqwest::Client,
    endpoint: Endpoint,
    wake: Arc<watch::Sender<()>>,
    listener: Mutex<Option<JoinHandle<()>>>,
}

impl Hints {
    pub(super) fn new(http: reqwest::Client, endpoint: Endpoint) -> Self {
        Self {
            http,
            endpoint,
            wake: Arc::new(watch::Sender::new(())),
            listener: Mutex::new(None),
        }
    }

    /// Sees the notices that come from now on.
    pub(super) fn subscribe(&self) -> watch::Receiver<()> {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        // It never ends by itself, but with the runtime that it was started in.
        if listener.as_ref().is_none_or(JoinHandle::is_finished) {
            let wake = Arc::clone(&self.wake);
            let listening = listen(self.http.clone(), self.endpoint.clone(), wake);
            *listener = Some(tokio::spawn(listening));
        }
        self.wake.subscribe()
    }
}

impl Drop for Hints {
    fn drop(&mut self) {
        let listener = self
            .listener
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(listener) = listener {
            listener.abort();
        }
    }
}

/// Connects again and again.
async fn listen(http: reqwest::Client, endpoint: Endpoint, wake: Arc<watch::Sender<()>>) {
    let mut failures = 0_u32;
    loop {
        let mut notices = 0;
        if let Err(error) = follow(&http, &endpoint, &wake, &mut notices).await {
            let reason = endpoint.redact(&error.to_string());
            tracing::debug!(%endpoint, reason, "the connection for notices ended");
        }
        // A server that takes connections only to close them counts as failing.
        failures = if notices > 0 {
            1
        } else {
            failures.saturating_add(1)
        };
        tokio::time::sleep(pause(failures)).await;
    }
}

/// Half of it is drawn, so that many clients don't return at the same moment.
fn pause(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let ceiling = (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE);
    ceiling.mul_f64(f64::midpoint(1.0, fastrand::f64()))
}

/// One connection's life.
async fn follow(
    http: &reqwest::Client,
    endpoint: &Endpoint,
    wake: &watch::Sender<()>,
    notices: &mut u64,
) -> Result<(), BoxError> {
    let mut socket = timeout(CONNECT_TIMEOUT, connect(http, endpoint)).await??;
    // What came while there was no connection would otherwise be waited for.
    wake.send_replace(());
    let mut is_asked = false;
    loop {
        let Ok(message) = timeout(PING_AFTER, socket.next()).await else {
            if is_asked {
                return Err("the peer is silent".into());
            }
            is_asked = true;
            timeout(PING_AFTER, socket.send(Message::Ping(Bytes::new()))).await??;
            continue;
        };
        is_asked = false;
        match message {
            None | Some(Ok(Message::Close(_))) => return Ok(()),
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(Message::Text(text))) => {
                if is_notice(&text)? {
                    *notices += 1;
                    wake.send_replace(());
                }
            }
            // The library answers pings by itself.
            Some(Ok(_)) => {}
        }
    }
}

/// The handshake is an HTTP request like all others, over TLS and proxies as these are.
async fn connect(http: &reqwest::Client, endpoint: &Endpoint) -> Result<Socket, BoxError> {
    let mut url = endpoint.as_url().clone();
    let scheme = if url.scheme() == "wss" {
        "https"
    } else {
        "http"
    };
    url.set_scheme(scheme)
        .map_err(|()| "the URL is no WebSocket's")?;
    let key = generate_key();
    let response = http
        .get(url)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_KEY, &key)
        .send()
        .await
        .map_err(reqwest::Error::without_url)?;
    let status = response.status();
    let proof = response.headers().get(SEC_WEBSOCKET_ACCEPT);
    if status != StatusCode::SWITCHING_PROTOCOLS
        || proof
            .is_none_or(|proof| proof.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes())
    {
        return Err(format!("no WebSocket is there: it answers with status {status}").into());
    }
    let upgraded = response
        .upgrade()
        .await
        .map_err(reqwest::Error::without_url)?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE));
    let mut socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await;
    socket.send(Message::text(SUBSCRIBE)).await?;
    Ok(socket)
}

/// Whether a message is a notice; an error if it refuses the subscription.
fn is_notice(text: &str) -> Result<bool, BoxError> {
    #[derive(Deserialize)]
    struct Notice<'a> {
        #[serde(default)]
        method: Option<&'a str>,
        #[serde(default)]
        error: Option<serde::de::IgnoredAny>,
    }
    let notice: Notice<'_> = serde_json::from_str(text)?;
    if notice.error.is_some() {
        return Err("the server refuses the subscription".into());
    }
    Ok(notice.method == Some("eth_subscription"))
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use ogpu_devnet::Devnet;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };
    use tokio_tungstenite::accept_async;

    use super::*;
    use crate::{Client, http::connection_pool, types::Address};

    const SOON: Duration = Duration::from_secs(10);

    fn client(devnet: &Devnet, ws_url: &str) -> Client {
        Client::builder()
            .chain(devnet.chain_spec())
            .ws_url(ws_url)
            .build()
            .unwrap()
    }

    async fn server() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        (listener, url)
    }

    fn hints(url: &str) -> Hints {
        let endpoint = Endpoint::parse_websocket(url).unwrap();
        Hints::new(connection_pool().unwrap(), endpoint)
    }

    #[tokio::test]
    async fn a_new_block_wakes_whoever_waits() {
        let devnet = Devnet::start().await.unwrap();
        let client = client(&devnet, &devnet.ws_url());
        let waiting = async {
            // One is the connection's own; blocks before the subscription wake nobody.
            for _ in 0..3 {
                let mut hint = std::pin::pin!(client.rpc().hint());
                while timeout(Duration::from_millis(100), hint.as_mut())
                    .await
                    .is_err()
                {
                    devnet.mine().await.unwrap();
                }
            }
        };
        timeout(SOON, waiting).await.unwrap();
    }

    #[tokio::test]
    async fn a_server_that_always_hangs_up_holds_nobody_up() {
        let devnet = Devnet::start().await.unwrap();
        let (listener, url) = server().await;
        let hanging_up = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let mut socket = accept_async(stream).await.unwrap();
                socket.close(None).await.unwrap();
            }
        });
        let client = client(&devnet, &url);
        for _ in 0..3 {
            timeout(SOON, client.rpc().hint()).await.unwrap();
            client.vault().balance_of(Address::ZERO).await.unwrap();
        }
        hanging_up.abort();
    }

    #[tokio::test]
    async fn a_peer_that_gives_no_sign_of_life_is_given_up() {
        let (listener, url) = server().await;
        let hints = hints(&url);
        let _notices = hints.subscribe();
        let (stream, _) = listener.accept().await.unwrap();
        let _silent = accept_async(stream).await.unwrap();
        let connected = tokio::time::Instant::now();
        tokio::time::pause();
        listener.accept().await.unwrap();
        assert!(connected.elapsed() >= PING_AFTER * 2);
    }

    #[tokio::test]
    async fn the_connection_ends_with_the_last_clone() {
        let (listener, url) = server().await;
        let hints = hints(&url);
        let notices = hints.subscribe();
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = accept_async(stream).await.unwrap();
        let subscription = socket.next().await.unwrap().unwrap();
        assert_eq!(subscription.to_text().unwrap(), SUBSCRIBE);
        drop(hints);
        let end = timeout(SOON, socket.next()).await.unwrap();
        assert!(end.is_none_or(|message| message.is_err()));
        drop(notices);
    }

    #[tokio::test]
    async fn wss_begins_with_tls() {
        const HANDSHAKE: u8 = 0x16;
        let (listener, url) = server().await;
        let hints = hints(&url.replace("ws://", "wss://"));
        let _notices = hints.subscribe();
        let (mut stream, _) = listener.accept().await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), HANDSHAKE);
    }

    #[tokio::test]
    async fn a_server_that_cannot_prove_itself_is_not_listened_to() {
        let (listener, url) = server().await;
        let answering = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                stream.read_buf(&mut request).await.unwrap();
            }
            let answer = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n\
                upgrade: websocket\r\nsec-websocket-accept: bm8=\r\n\r\n";
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(request).unwrap()
        };
        let endpoint = Endpoint::parse_websocket(&format!("{url}/v3/token")).unwrap();
        let http = connection_pool().unwrap();
        let (socket, request) = tokio::join!(connect(&http, &endpoint), answering);
        let error = socket.unwrap_err().to_string();
        assert!(
            error.contains("no WebSocket") && !error.contains("token"),
            "{error}"
        );
        assert!(request.starts_with("GET /v3/token HTTP/1.1"), "{request}");
    }

    #[tokio::test]
    async fn without_notices_nobody_is_woken() {
        let client = Client::builder()
            .chain(crate::ChainId::OGPU_TESTNET)
            .build()
            .unwrap();
        assert!(client.rpc().hint().now_or_never().is_none());
    }

    #[test]
    fn pauses_grow_up_to_half_a_minute() {
        for (failures, ceiling) in [(1, FIRST_PAUSE), (3, FIRST_PAUSE * 4), (99, LONGEST_PAUSE)] {
            let pause = pause(failures);
            assert!(pause >= ceiling / 2 && pause <= ceiling, "{pause:?}");
        }
    }

    #[test]
    fn notices_are_told_from_other_messages() {
        let notice = r#"{"jsonrpc":"2.0","method":"eth_subscription","params":{}}"#;
        assert!(is_notice(notice).unwrap());
        assert!(!is_notice(r#"{"jsonrpc":"2.0","id":1,"result":"0x1"}"#).unwrap());
        assert!(is_notice(r#"{"id":1,"error":{"code":-32601,"message":"no"}}"#).is_err());
    }
}
