//! An answer that a test prescribes.

use std::fmt;
use std::future;
use std::time::Duration;

use axum::body::{self, Body, Bytes};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::Value;

use crate::halved::halved;

/// How a service answers one request, prescribed by a test.
///
/// ```
/// use std::time::Duration;
///
/// use ogpu_devnet::services::Scripted;
/// use serde_json::json;
///
/// let overload_then_lies_then_a_lost_reply = [
///     Scripted::status(503).with_retry_after(2),
///     Scripted::status(201).with_json(&json!({ "link": "https://elsewhere.example/x" })),
///     Scripted::real().after(Duration::from_millis(20)).cut_off(),
/// ];
/// ```
#[derive(Debug, Clone)]
#[must_use = "an answer is given once it is in a service's script"]
pub struct Scripted {
    answer: Answer,
    delay: Duration,
    retry_after: Option<HeaderValue>,
    cut_off: bool,
}

#[derive(Debug, Clone)]
enum Answer {
    Real,
    Never,
    Made {
        status: StatusCode,
        body: Bytes,
        content_type: Option<HeaderValue>,
    },
}

impl Scripted {
    /// The answer that is given without a script, to place between others, to delay or to cut off.
    pub const fn real() -> Self {
        Self::new(Answer::Real)
    }

    /// No answer, with the connection kept open until the client gives up or the services stop.
    pub const fn hang() -> Self {
        Self::new(Answer::Never)
    }

    /// This status with an empty body.
    ///
    /// # Panics
    ///
    /// If the status is not 200 to 599, with which HTTP ends an exchange.
    pub fn status(status: u16) -> Self {
        assert!(
            (200..600).contains(&status),
            "the scripted status {status} is not 200 to 599"
        );
        Self::new(Answer::Made {
            status: StatusCode::from_u16(status).expect("200 to 599 are statuses"),
            body: Bytes::new(),
            content_type: None,
        })
    }

    const fn new(answer: Answer) -> Self {
        Self {
            answer,
            delay: Duration::ZERO,
            retry_after: None,
            cut_off: false,
        }
    }

    /// Gives the answer this body, without a content type.
    ///
    /// It makes a [`real`](Self::real) answer and a [`hang`](Self::hang) one of status 200.
    pub fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        self.made_of(body.into().into(), None)
    }

    /// Gives the answer this JSON as its body.
    ///
    /// It makes a [`real`](Self::real) answer and a [`hang`](Self::hang) one of status 200.
    pub fn with_json(self, json: &Value) -> Self {
        let content_type = HeaderValue::from_static("application/json");
        self.made_of(json.to_string().into(), Some(content_type))
    }

    fn made_of(mut self, body: Bytes, content_type: Option<HeaderValue>) -> Self {
        let status = match self.answer {
            Answer::Made { status, .. } => status,
            Answer::Real | Answer::Never => StatusCode::OK,
        };
        self.answer = Answer::Made {
            status,
            body,
            content_type,
        };
        self
    }

    /// Adds the header `Retry-After`: seconds, an HTTP date, or something that is neither.
    ///
    /// # Panics
    ///
    /// If it is more than visible ASCII and spaces, which a header cannot hold.
    pub fn with_retry_after(mut self, value: impl fmt::Display) -> Self {
        let text = value.to_string();
        let value = HeaderValue::from_str(&text);
        assert!(
            value.is_ok(),
            "the scripted Retry-After {text:?} is no header value"
        );
        self.retry_after = value.ok();
        self
    }

    /// Waits that long before the answer. A real one is looked up after the wait.
    pub const fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Closes the connection when half of the answer's body is sent.
    ///
    /// With a [`real`](Self::real) answer the request has its full effect: a file is pinned whose
    /// link the client never reads.
    pub const fn cut_off(mut self) -> Self {
        self.cut_off = true;
        self
    }

    /// Answers a request, for which `real` would be the answer without a script.
    pub(super) async fn give(self, real: impl Future<Output = Response> + Send) -> Response {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        let mut response = match self.answer {
            Answer::Real => real.await,
            Answer::Never => future::pending().await,
            Answer::Made {
                status,
                body,
                content_type,
            } => made(status, body, content_type),
        };
        if let Some(value) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, value);
        }
        if self.cut_off {
            let (head, body) = response.into_parts();
            let body = body::to_bytes(body, usize::MAX)
                .await
                .expect("the services' answers are in memory");
            response = halved(head, &body, || {});
        }
        response
    }
}

fn made(status: StatusCode, body: Bytes, content_type: Option<HeaderValue>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if let Some(value) = content_type {
        response.headers_mut().insert(CONTENT_TYPE, value);
    }
    response
}
