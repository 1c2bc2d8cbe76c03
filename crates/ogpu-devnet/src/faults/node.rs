//! The node behind a door, and the door itself: a reverse proxy.

use std::sync::Arc;

use axum::body::{self, Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, HOST, UPGRADE};
use axum::http::response::Parts;
use axum::http::{HeaderMap, Request, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpStream;

use super::connection::{Cut, Line, serve, turned_away};
use super::exchange::Calls;
use super::fault::Fault;
use super::log::Door;
use super::warden::Warden;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A node, asked over HTTP.
#[derive(Debug, Clone)]
pub(super) struct Upstream {
    http: Client<HttpConnector, Body>,
    /// Host and port.
    address: String,
}

impl Upstream {
    /// The node at an `http://` URL without a path.
    pub(super) fn new(url: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            http: Client::builder(TokioExecutor::new()).build(connector),
            address: url
                .trim_start_matches("http://")
                .trim_end_matches('/')
                .to_owned(),
        }
    }

    /// Posts JSON; answers status, headers and the whole body.
    pub(super) async fn post(&self, json: Bytes) -> Result<(Parts, Bytes), BoxError> {
        let request = Request::post(format!("http://{}/", self.address))
            .header("content-type", "application/json")
            .body(Body::from(json))?;
        let (head, body) = self.http.request(request).await?.into_parts();
        Ok((head, body::to_bytes(Body::new(body), usize::MAX).await?))
    }

    /// Passes a request on as it is.
    async fn pass(
        &self,
        mut request: Request<Body>,
    ) -> Result<hyper::Response<Incoming>, BoxError> {
        let path = request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str());
        *request.uri_mut() = format!("http://{}{path}", self.address).parse::<Uri>()?;
        request.headers_mut().remove(HOST);
        Ok(self.http.request(request).await?)
    }
}

/// Serves a connection to the node's door, with the faults of the warden's plan.
pub(super) async fn serve_node(stream: TcpStream, upstream: Upstream, warden: Arc<Warden>) {
    serve(stream, |request, line| {
        let (upstream, warden) = (upstream.clone(), Arc::clone(&warden));
        async move {
            if is_websocket(request.headers()) {
                open_socket(request, line, &upstream, &warden).await
            } else {
                answer(request, line, &upstream, &warden).await
            }
        }
    })
    .await;
}

fn is_websocket(headers: &HeaderMap) -> bool {
    headers
        .get(UPGRADE)
        .is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

async fn answer(
    request: Request<Incoming>,
    line: Line,
    upstream: &Upstream,
    warden: &Warden,
) -> Result<Response, Cut> {
    let (head, body) = request.into_parts();
    let Ok(body) = body::to_bytes(Body::new(body), usize::MAX).await else {
        return Err(Cut);
    };
    let Some(calls) = Calls::parse(&body) else {
        // No JSON-RPC: the node says so itself.
        let request = Request::from_parts(head, Body::from(body));
        return Ok(match upstream.pass(request).await {
            Ok(response) => response.map(Body::new),
            Err(error) => unreachable_node(&error),
        });
    };
    let verdict = warden.judge(Door::Rpc, &calls.methods(), calls.transactions());
    verdict.wait().await;
    let fault = verdict.exchange.as_ref();
    if let Some(answer) = turned_away(fault) {
        return answer;
    }
    match calls.answered(body, upstream, &verdict).await {
        Ok((head, body)) => line.damage(head, body, fault).await,
        Err(error) => Ok(unreachable_node(&error)),
    }
}

async fn open_socket(
    mut request: Request<Incoming>,
    line: Line,
    upstream: &Upstream,
    warden: &Warden,
) -> Result<Response, Cut> {
    let verdict = warden.judge(Door::WebSocket, &[], Vec::new());
    verdict.wait().await;
    let fault = verdict.exchange.as_ref();
    if let Some(answer) = turned_away(fault) {
        return answer;
    }
    let client = hyper::upgrade::on(&mut request);
    match upstream.pass(request.map(Body::new)).await {
        Ok(mut response) => {
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                let limit = match fault {
                    Some(Fault::ClosedAfter(limit)) => Some(*limit),
                    _ => None,
                };
                let node = hyper::upgrade::on(&mut response);
                line.become_tunnel(client, node, limit);
                response.headers_mut().remove(CONTENT_LENGTH);
            }
            Ok(response.map(Body::new))
        }
        Err(error) => Ok(unreachable_node(&error)),
    }
}

fn unreachable_node(error: &BoxError) -> Response {
    tracing::debug!(%error, "the node behind a door did not answer");
    StatusCode::BAD_GATEWAY.into_response()
}
