//! JSON-RPC over HTTP: the one way to the node.

mod block;
mod error;
mod quantity;
mod receipt;
mod wire;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt, TryStreamExt, future::BoxFuture, stream};
use ogpu_chain::Endpoint;
use reqwest::header::CONTENT_TYPE;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};
use tokio::time::Instant;

use crate::{
    deadline::Deadline,
    http::{self, HttpError},
    retry::{Advice, Exhausted, RetryPolicy, with_retries},
};

pub use error::{NodeError, RpcCause, RpcError};

pub(crate) use block::{Block, BlockId};
pub(crate) use quantity::Quantity;
pub(crate) use receipt::RawReceipt;

/// The longest answer that is read.
const ANSWER_LIMIT: usize = 64 * 1024 * 1024;
/// How many characters of a node's message are kept.
const TEXT_LIMIT: usize = 1024;
/// Calls in one request; a server that refuses so many gets half of them.
const BATCH_SIZE: usize = 100;
/// Requests of one large read that are under way at a time.
const BATCH_CONCURRENCY: usize = 4;

/// A connection to a chain's node: raw access to everything that has no typed call.
///
/// Cheap to clone; clones share one connection pool.
///
/// Calls that only read are repeated on failures that pass (a lost connection, HTTP 429 and 5xx, a
/// node that lags behind); calls that may change something are sent once.
#[derive(Clone)]
pub struct Rpc {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    endpoint: Endpoint,
    timeout: Duration,
    retry: RetryPolicy,
    next_id: AtomicU64,
    /// Calls in one request, as many as the server was seen to take.
    batch_size: AtomicUsize,
}

impl fmt::Debug for Rpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rpc")
            .field("endpoint", &self.inner.endpoint)
            .finish_non_exhaustive()
    }
}

/// A method with its parameters, not sent yet.
pub(crate) struct Call {
    method: String,
    params: Box<RawValue>,
}

impl Call {
    /// A call with parameters that are JSON already.
    pub(crate) fn new(method: &str, params: &Value) -> Self {
        Self {
            method: method.to_owned(),
            params: to_raw_value(params).expect("a JSON value always has a JSON text"),
        }
    }

    fn with_params(method: &str, params: impl Serialize) -> Result<Self, RpcCause> {
        Ok(Self {
            method: method.to_owned(),
            params: to_raw_value(&params).map_err(|e| {
                RpcCause::malformed(format_args!("cannot write the parameters: {e}"))
            })?,
        })
    }
}

/// What a batch gives for each of its calls.
pub(crate) type Answer = Result<Box<RawValue>, RpcError>;

impl Rpc {
    pub(crate) fn new(
        http: reqwest::Client,
        endpoint: Endpoint,
        timeout: Duration,
        retry: RetryPolicy,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                http,
                endpoint,
                timeout,
                retry,
                next_id: AtomicU64::new(1),
                batch_size: AtomicUsize::new(BATCH_SIZE),
            }),
        }
    }

    /// The node's address; prints without credentials.
    pub fn endpoint(&self) -> &Endpoint {
        &self.inner.endpoint
    }

    /// Calls any method, with `params` as JSON-RPC wants them: a tuple, an array or a `Vec`.
    ///
    /// ```no_run
    /// # async fn example(client: ogpu_client::Client) -> Result<(), ogpu_client::RpcError> {
    /// let version: String = client.rpc().call("web3_clientVersion", ()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RpcError`] with the cause: the exchange failed, the node answered with an error, or the
    /// answer is not a `T`.
    #[tracing::instrument(name = "rpc", level = "debug", skip_all, fields(%method, endpoint = %self.inner.endpoint))]
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        params: impl Serialize + Send,
    ) -> Result<T, RpcError> {
        let started = Instant::now();
        let call = Call::with_params(method, params)
            .map_err(|cause| self.error(method, 0, started, cause))?;
        let raw = self.send_one(call, started).await?;
        self.read(method, started, &raw)
    }

    /// Sends one call that was put together before.
    pub(crate) async fn send(&self, call: Call) -> Answer {
        self.send_one(call, Instant::now()).await
    }

    async fn send_one(&self, call: Call, started: Instant) -> Answer {
        let retry = if is_safe_to_repeat(&call.method) {
            self.inner.retry
        } else {
            RetryPolicy::ONCE
        };
        with_retries(retry, self.deadline(), RpcCause::advice, || async {
            let id = self.take_ids(1);
            let body = self.exchange(wire::single_body(id, &call)).await?;
            wire::read_single(&body, id)
        })
        .await
        .map_err(|Exhausted { last, tries }| self.error(&call.method, tries, started, last))
    }

    /// Sends reading calls together, in as few requests as the server takes, and gives an answer
    /// for each, in order. The outer error means that nothing could be read.
    #[tracing::instrument(name = "rpc_batch", level = "debug", skip_all, fields(calls = calls.len(), endpoint = %self.inner.endpoint))]
    pub(crate) async fn batch(&self, mut calls: Vec<Call>) -> Result<Vec<Answer>, RpcError> {
        let size = self.inner.batch_size.load(Ordering::Relaxed);
        let deadline = self.deadline();
        let mut parts = Vec::new();
        while calls.len() > size {
            let rest = calls.split_off(size);
            parts.push(std::mem::replace(&mut calls, rest));
        }
        parts.push(calls);
        let parts: Vec<Vec<Answer>> = stream::iter(parts)
            .map(|part| self.batch_part(part, deadline))
            .buffered(BATCH_CONCURRENCY)
            .try_collect()
            .await?;
        Ok(parts.into_iter().flatten().collect())
    }

    /// [`batch`](Self::batch) for a number of calls that is known when the program is written.
    pub(crate) async fn batch_of<const N: usize>(
        &self,
        calls: [Call; N],
    ) -> Result<[Answer; N], RpcError> {
        let answers = self.batch(calls.into()).await?;
        Ok(answers
            .try_into()
            .expect("a batch has one answer for each call, whatever the server sends"))
    }

    /// One request; halved when the server refuses its size.
    fn batch_part(
        &self,
        mut calls: Vec<Call>,
        deadline: Deadline,
    ) -> BoxFuture<'_, Result<Vec<Answer>, RpcError>> {
        Box::pin(async move {
            let started = Instant::now();
            if calls.len() <= 1 {
                let mut answers = Vec::new();
                for call in calls {
                    answers.push(self.send_one(call, started).await);
                }
                return Ok(answers);
            }
            let sent = with_retries(self.inner.retry, deadline, RpcCause::advice, || async {
                let first_id = self.take_ids(calls.len() as u64);
                let body = self.exchange(wire::batch_body(first_id, &calls)).await?;
                wire::read_batch(&body, first_id, calls.len())
            })
            .await;
            match sent {
                Ok(answers) => {
                    let mut settled = Vec::with_capacity(answers.len());
                    for (answer, call) in answers.into_iter().zip(calls) {
                        settled.push(match answer {
                            Ok(result) => Ok(result),
                            Err(cause) if cause.advice() == Advice::Final => {
                                Err(self.error(&call.method, 1, started, cause))
                            }
                            // What passes for one item is asked again for that item alone.
                            Err(_) => self.send_one(call, started).await,
                        });
                    }
                    Ok(settled)
                }
                Err(Exhausted { last, .. }) if refuses_batch(&last) && !deadline.has_passed() => {
                    let half = calls.len() / 2;
                    self.inner.batch_size.fetch_min(half, Ordering::Relaxed);
                    let rest = calls.split_off(half);
                    let mut answers = self.batch_part(calls, deadline).await?;
                    answers.extend(self.batch_part(rest, deadline).await?);
                    Ok(answers)
                }
                Err(Exhausted { last, tries }) => Err(self.error("batch", tries, started, last)),
            }
        })
    }

    /// Reads a batch's answer as `T`.
    pub(crate) fn parse<T: DeserializeOwned>(
        &self,
        method: &str,
        answer: Answer,
    ) -> Result<T, RpcError> {
        self.read(method, Instant::now(), &answer?)
    }

    fn read<T: DeserializeOwned>(
        &self,
        method: &str,
        started: Instant,
        raw: &RawValue,
    ) -> Result<T, RpcError> {
        serde_json::from_str(raw.get())
            .map_err(|e| self.error(method, 1, started, RpcCause::malformed(e)))
    }

    /// One HTTP exchange; an error object may come with any status.
    async fn exchange(&self, body: Vec<u8>) -> Result<Vec<u8>, RpcCause> {
        let limit = self.inner.timeout;
        let exchange = async {
            let response = self
                .inner
                .http
                .post(self.inner.endpoint.as_url().clone())
                .header(CONTENT_TYPE, "application/json")
                .body(body)
                .send()
                .await
                .map_err(|error| HttpError::from_reqwest(error, limit))?;
            let status = response.status();
            if status.is_success() {
                return http::read_body(response, ANSWER_LIMIT, limit).await;
            }
            let retry_after = http::retry_after(response.headers());
            let body = http::read_body(response, ANSWER_LIMIT, limit).await?;
            let error = http::status_error(status, &body, retry_after);
            if error.advice() == Advice::Final && wire::is_error_answer(&body) {
                return Ok(body);
            }
            Err(error)
        };
        tokio::time::timeout(limit, exchange)
            .await
            .unwrap_or(Err(HttpError::Timeout { limit }))
            .map_err(RpcCause::Http)
    }

    fn take_ids(&self, count: u64) -> u64 {
        self.inner.next_id.fetch_add(count, Ordering::Relaxed)
    }

    /// All tries of one call together: each try has its own limit, so this only bounds the pauses.
    fn deadline(&self) -> Deadline {
        Deadline::after(self.inner.retry.longest(self.inner.timeout))
    }

    pub(crate) fn error(
        &self,
        method: &str,
        tries: u32,
        started: Instant,
        mut cause: RpcCause,
    ) -> RpcError {
        cause.redact(|text| self.inner.endpoint.redact(text));
        cause.rewrite(excerpt);
        RpcError {
            method: method.to_owned(),
            endpoint: self.inner.endpoint.clone(),
            tries,
            elapsed: started.elapsed(),
            cause,
        }
    }
}

/// A server's text, cut to what an error should carry.
fn excerpt(text: &str) -> String {
    match text.char_indices().nth(TEXT_LIMIT) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Whether a batch as a whole was refused, so that smaller ones may pass.
fn refuses_batch(cause: &RpcCause) -> bool {
    match cause {
        // Asking too often, or too early, is no matter of size.
        RpcCause::Node(_) => cause.advice() == Advice::Final,
        RpcCause::Malformed { .. } | RpcCause::Http(HttpError::TooLarge { .. }) => true,
        RpcCause::Http(HttpError::Status { status, .. }) => matches!(status, 400 | 413 | 414),
        RpcCause::Http(_) => false,
    }
}

/// Whether sending the same request twice changes nothing.
fn is_safe_to_repeat(method: &str) -> bool {
    let reads = ["eth_", "net_", "web3_"]
        .iter()
        .any(|prefix| method.starts_with(prefix));
    reads && !method.contains("send") && !method.contains("sign") && !method.contains("Filter")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reading_methods_are_repeated() {
        for method in ["eth_call", "eth_getLogs", "eth_estimateGas", "net_version"] {
            assert!(is_safe_to_repeat(method), "{method}");
        }
        for method in [
            "eth_sendRawTransaction",
            "eth_sendTransaction",
            "eth_signTransaction",
            "eth_newFilter",
            "eth_getFilterChanges",
            "evm_mine",
            "evm_increaseTime",
            "anvil_setBalance",
        ] {
            assert!(!is_safe_to_repeat(method), "{method}");
        }
    }
}
