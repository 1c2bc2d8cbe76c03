//! Answers that break off.

use std::future;
use std::io;

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_LENGTH;
use axum::http::response::Parts;
use axum::response::Response;
use futures::{StreamExt, stream};

/// An answer with the first half of its body, after which `at_break` is called and the connection
/// breaks.
pub(crate) fn halved(
    mut head: Parts,
    body: &Bytes,
    at_break: impl FnOnce() + Send + 'static,
) -> Response {
    // An empty body is announced as one byte, which then is missing.
    let announced = body.len().max(1);
    head.headers
        .insert(CONTENT_LENGTH, HeaderValue::from(announced));
    let half = body.slice(..body.len() / 2);
    let fault = stream::once(async {
        // Without this pause the server drops what it has not yet written, the head included.
        tokio::task::yield_now().await;
        at_break();
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    let broken = stream::once(future::ready(Ok(half))).chain(fault);
    Response::from_parts(head, Body::from_stream(broken))
}
