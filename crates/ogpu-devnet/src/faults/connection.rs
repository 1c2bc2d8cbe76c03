//! One TCP connection to a door: HTTP on it, how it breaks, and what it turns into.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, TRANSFER_ENCODING};
use axum::http::response::Parts;
use axum::http::{HeaderValue, Request, StatusCode};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::fault::{Fault, Loss};
use crate::halved::halved;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// In place of an answer: the connection closes.
#[derive(Debug, thiserror::Error)]
#[error("closed by the fault plan")]
pub(super) struct Cut;

/// What a WebSocket connection consists of once both handshakes are done.
struct Tunnel {
    client: OnUpgrade,
    node: OnUpgrade,
    limit: Option<Duration>,
}

/// The connection itself, for whoever answers a request on it.
#[derive(Clone)]
pub(super) struct Line {
    /// A second handle on the socket, which closes only when this is gone as well.
    socket: Arc<TcpStream>,
    tunnel: Arc<Mutex<Option<Tunnel>>>,
}

impl Line {
    /// Has the connection end by a reset in place of an orderly close.
    fn reset_when_closed(&self) {
        // A socket that is closed already needs none.
        let _ = self.socket.set_zero_linger();
    }

    /// Passes bytes both ways once both sides have changed to another protocol, for no longer than
    /// the limit.
    pub(super) fn become_tunnel(
        &self,
        client: OnUpgrade,
        node: OnUpgrade,
        limit: Option<Duration>,
    ) {
        let mut tunnel = self.tunnel.lock().unwrap_or_else(PoisonError::into_inner);
        *tunnel = Some(Tunnel {
            client,
            node,
            limit,
        });
    }

    /// Does to a complete answer what the fault of its exchange says.
    pub(super) async fn damage(
        &self,
        mut head: Parts,
        body: Bytes,
        fault: Option<&Fault>,
    ) -> Result<Response, Cut> {
        // The body is whole, and may change its length.
        head.headers.remove(CONTENT_LENGTH);
        head.headers.remove(TRANSFER_ENCODING);
        let body = match fault {
            Some(Fault::AnswerLost(Loss::Closed)) => return Err(Cut),
            Some(Fault::AnswerLost(Loss::GatewayTimeout)) => {
                return Ok(empty(StatusCode::GATEWAY_TIMEOUT));
            }
            Some(Fault::AnswerLost(Loss::Hangs)) => std::future::pending().await,
            Some(Fault::ResetMidBody) => {
                let line = self.clone();
                return Ok(halved(head, &body, move || line.reset_when_closed()));
            }
            Some(Fault::TruncatedJson) => body.slice(..body.len() / 2),
            Some(Fault::NotJson) => {
                head.status = StatusCode::OK;
                head.headers
                    .insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
                Bytes::from_static(b"<html><body>We will be back soon.</body></html>")
            }
            _ => body,
        };
        Ok(Response::from_parts(head, Body::from(body)))
    }
}

/// The answer to a request that is not forwarded, if its fault is such a one.
pub(super) fn turned_away(fault: Option<&Fault>) -> Option<Result<Response, Cut>> {
    match fault {
        Some(Fault::RequestLost) => Some(Err(Cut)),
        Some(Fault::Status {
            status,
            retry_after,
        }) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = empty(status);
            if let Some(seconds) = retry_after {
                response
                    .headers_mut()
                    .insert(RETRY_AFTER, HeaderValue::from(*seconds));
            }
            Some(Ok(response))
        }
        _ => None,
    }
}

pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Serves the requests of one connection, then the tunnel that it may have become.
pub(super) async fn serve<A, F>(stream: TcpStream, answer: A)
where
    A: Fn(Request<Incoming>, Line) -> F + Send + Sync,
    F: Future<Output = Result<Response, Cut>> + Send,
{
    if let Err(error) = serve_requests(stream, answer).await {
        tracing::debug!(%error, "a connection broke");
    }
}

async fn serve_requests<A, F>(stream: TcpStream, answer: A) -> Result<(), BoxError>
where
    A: Fn(Request<Incoming>, Line) -> F + Send + Sync,
    F: Future<Output = Result<Response, Cut>> + Send,
{
    stream.set_nodelay(true)?;
    let stream = stream.into_std()?;
    let line = Line {
        socket: Arc::new(TcpStream::from_std(stream.try_clone()?)?),
        tunnel: Arc::default(),
    };
    let service = service_fn(|request| answer(request, line.clone()));
    http1::Builder::new()
        .serve_connection(TokioIo::new(TcpStream::from_std(stream)?), service)
        .with_upgrades()
        .await?;
    let tunnel = line
        .tunnel
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let Some(tunnel) = tunnel {
        tunnel.run().await?;
    }
    Ok(())
}

impl Tunnel {
    async fn run(self) -> Result<(), BoxError> {
        let (client, node) = tokio::try_join!(self.client, self.node)?;
        let (mut client, mut node) = (TokioIo::new(client), TokioIo::new(node));
        let passing = tokio::io::copy_bidirectional(&mut client, &mut node);
        match self.limit {
            None => {
                passing.await?;
            }
            Some(limit) => {
                if let Ok(ended) = tokio::time::timeout(limit, passing).await {
                    ended?;
                }
            }
        }
        Ok(())
    }
}
