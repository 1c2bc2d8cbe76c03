//! What all calls of a client share, and one exchange with one endpoint.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt, future::join_all, stream::FuturesUnordered};
use ogpu_chain::Endpoint;
use ogpu_types::ChainId;
use reqwest::header::CONTENT_TYPE;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::{
    ChainProblem,
    call::Call,
    error::{RpcCause, RpcError},
    heads::Heads,
    hints::Hints,
    node::{Node, recipients},
    quantity::Quantity,
    tick::Ticks,
    wire,
};
use crate::{
    deadline::Deadline,
    http::{self, HttpError},
    retry::{Advice, Exhausted, RetryPolicy, with_retries},
};

/// The longest answer that is read.
const ANSWER_LIMIT: usize = 64 * 1024 * 1024;
/// The same with a status that is not success.
const ERROR_ANSWER_LIMIT: usize = 1024 * 1024;
/// How many characters of a node's message are kept.
const TEXT_LIMIT: usize = 1024;

/// The options of the transport.
#[derive(Debug)]
pub(crate) struct RpcOptions {
    /// At least one.
    pub(crate) endpoints: Vec<Endpoint>,
    /// Where notices of new heads come from.
    pub(crate) ws: Option<Endpoint>,
    pub(crate) chain: ChainId,
    pub(crate) timeout: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) batching: bool,
    pub(crate) requests_per_second: Option<NonZeroU32>,
}

/// What all clones of an [`Rpc`](super::Rpc) share.
pub(super) struct Core {
    http: reqwest::Client,
    pub(super) nodes: Vec<Node>,
    pub(super) chain: ChainId,
    pub(super) timeout: Duration,
    pub(super) retry: RetryPolicy,
    pub(super) batching: bool,
    pub(super) heads: Heads,
    pub(super) hints: Option<Hints>,
    pub(super) ticks: Ticks,
    next_id: AtomicU64,
    is_introduced: AtomicBool,
}

/// What one request gave for each of its calls.
pub(super) type Results = Vec<Result<Box<RawValue>, RpcCause>>;

impl Core {
    pub(super) fn new(http: reqwest::Client, options: RpcOptions) -> Self {
        let node = |endpoint| Node::new(endpoint, options.requests_per_second);
        Self {
            hints: options
                .ws
                .map(|endpoint| Hints::new(http.clone(), endpoint)),
            http,
            nodes: options.endpoints.into_iter().map(node).collect(),
            chain: options.chain,
            timeout: options.timeout,
            retry: options.retry,
            batching: options.batching,
            heads: Heads::default(),
            ticks: Ticks::default(),
            next_id: AtomicU64::new(1),
            is_introduced: AtomicBool::new(false),
        }
    }

    /// All tries of one call together: each try has its own limit, so this mostly bounds the pauses.
    pub(super) fn deadline(&self, retry: RetryPolicy) -> Deadline {
        Deadline::after(retry.longest(self.timeout))
    }

    /// Sends calls to one endpoint, in one request, and learns how the endpoint is doing.
    ///
    /// The outer error means that the request as a whole gave nothing.
    pub(super) async fn ask(
        &self,
        node: &Node,
        calls: &[&Call],
        deadline: Deadline,
    ) -> Result<Results, RpcCause> {
        let sent = Instant::now();
        let count = calls.len();
        let first_id = self.next_id.fetch_add(count as u64, Ordering::Relaxed);
        let limit = self.timeout.min(deadline.remaining());
        let result = if let [call] = calls {
            let body = wire::single_body(first_id, call);
            self.exchange(node, body, limit).await.and_then(|body| {
                match wire::read_single(&body, first_id) {
                    Ok(result) => Ok(vec![Ok(result)]),
                    Err(cause @ RpcCause::Node(_)) => Ok(vec![Err(cause)]),
                    Err(cause) => Err(cause),
                }
            })
        } else {
            let body = wire::batch_body(first_id, calls);
            self.exchange(node, body, limit)
                .await
                .and_then(|body| wire::read_batch(&body, first_id, count))
        };
        tracing::debug!(endpoint = %node.endpoint, calls = count, elapsed = ?sent.elapsed(), ok = result.is_ok(), "asked a node");
        let is_too_often = match &result {
            Ok(results) => results
                .iter()
                .any(|result| result.as_ref().is_err_and(RpcCause::is_too_often)),
            Err(cause) => cause.is_too_often(),
        };
        if is_too_often {
            node.asked_too_often(sent);
        }
        match &result {
            Ok(_) => node.succeeded(sent.elapsed()),
            Err(cause) if count > 1 && refuses_batch(cause) => {}
            Err(RpcCause::Http(answer)) => match answer.advice() {
                Advice::RetryAfter(wait) => node.asked_for_pause(wait, answer.clone()),
                _ => node.failed(sent),
            },
            // It is there, but overloaded.
            Err(RpcCause::Node(_)) => {}
            Err(_) => node.failed(sent),
        }
        result
    }

    /// One HTTP exchange. Some nodes send an error object with a status that is not success.
    async fn exchange(
        &self,
        node: &Node,
        body: Vec<u8>,
        limit: Duration,
    ) -> Result<Vec<u8>, RpcCause> {
        let exchange = async {
            let response = self
                .http
                .post(node.endpoint.as_url().clone())
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
            // A body that breaks off takes nothing from what the status says.
            let body = http::read_body(response, ERROR_ANSWER_LIMIT, limit)
                .await
                .unwrap_or_default();
            // Before it is cut: a key that is cut is not found.
            let text = node.endpoint.redact(&String::from_utf8_lossy(&body));
            let error = http::status_error(status, text.as_bytes(), retry_after);
            // Whoever refuses a key, or wants to be paid, has not asked the node.
            let is_the_nodes = !matches!(status.as_u16(), 401..=403 | 407);
            if is_the_nodes && error.advice() == Advice::Final && wire::is_error_answer(&body) {
                return Ok(body);
            }
            Err(error)
        };
        tokio::time::timeout(limit, exchange)
            .await
            .unwrap_or(Err(HttpError::Timeout { limit }))
            .map_err(RpcCause::Http)
    }

    /// The chain that an endpoint serves: asked once, unless an earlier request has told.
    pub(super) async fn identify(
        &self,
        node: &Node,
        retry: RetryPolicy,
    ) -> Result<ChainId, RpcError> {
        if let Some(chain) = node.chain() {
            return Ok(chain);
        }
        let started = Instant::now();
        let deadline = self.deadline(retry);
        let call = Call::chain_id();
        with_retries(retry, deadline, RpcCause::advice, || async {
            node.admit(deadline)
                .await
                .map_err(|refusal| refusal.into_cause(node, deadline))?;
            let answer = self.ask(node, &[&call], deadline).await?.pop();
            let answer = answer.ok_or_else(|| RpcCause::malformed("no answer"))??;
            let chain = read_chain(&answer)?;
            node.learn_chain(chain);
            Ok(chain)
        })
        .await
        .map_err(|Exhausted { last, tries }| self.error(node, &call.method, tries, started, last))
    }

    /// The best endpoint that is known to serve the chain. While there is none, all are asked at
    /// once, and the first to say so is it.
    pub(super) async fn endpoint_of_chain(&self) -> Result<usize, ChainProblem> {
        let places = recipients(&self.nodes, self.chain);
        let serves = |place: &&usize| self.nodes[**place].chain() == Some(self.chain);
        if let Some(place) = places.iter().find(serves) {
            return Ok(*place);
        }
        let mut asked: FuturesUnordered<_> = (0..self.nodes.len())
            .map(|place| async move {
                let answer = self.identify(&self.nodes[place], self.retry).await;
                (place, answer)
            })
            .collect();
        let mut problem = None;
        while let Some((place, answer)) = asked.next().await {
            match answer {
                Ok(chain) if chain == self.chain => return Ok(place),
                Ok(actual) => {
                    let endpoint = self.nodes[place].endpoint.clone();
                    problem = Some(ChainProblem::Wrong { actual, endpoint });
                }
                Err(error) => problem = problem.or(Some(ChainProblem::Unknown(error))),
            }
        }
        Err(problem.expect("there is at least one endpoint, and each has answered or failed"))
    }

    /// Asks all but the first endpoint, at the first call, which chain they serve: the answers also
    /// tell who is there and who is fast, before a call depends on it.
    pub(super) fn introduce(self: &Arc<Self>) {
        if self.nodes.len() < 2 || self.is_introduced.swap(true, Ordering::Relaxed) {
            return;
        }
        let core = Arc::clone(self);
        tokio::spawn(async move {
            let others = core.nodes.iter().skip(1);
            // Whoever does not answer is asked again when a call needs it.
            join_all(others.map(|node| core.identify(node, RetryPolicy::ONCE))).await;
        });
    }

    /// The reason why an endpoint is given no transaction.
    pub(super) fn other_chain(&self) -> RpcCause {
        RpcCause::OtherChain {
            expected: self.chain,
        }
    }

    pub(super) fn error(
        &self,
        node: &Node,
        method: &str,
        tries: u32,
        started: Instant,
        mut cause: RpcCause,
    ) -> RpcError {
        cause.rewrite(|text| node.endpoint.redact(text));
        if let Some(text) = cause.text() {
            *text = excerpt(text);
        }
        RpcError {
            method: method.to_owned(),
            endpoint: node.endpoint.clone(),
            tries,
            elapsed: started.elapsed(),
            cause,
        }
    }
}

/// The answer of `eth_chainId`; an id beyond 64 bits is certainly another chain's.
pub(super) fn read_chain(answer: &RawValue) -> Result<ChainId, RpcCause> {
    let id: Quantity = serde_json::from_str(answer.get()).map_err(RpcCause::malformed)?;
    Ok(ChainId::new(id.to_u64().unwrap_or(u64::MAX)))
}

/// Whether a batch as a whole was refused, so that smaller ones may pass.
pub(super) fn refuses_batch(cause: &RpcCause) -> bool {
    match cause {
        // Asking too often, or too early, is no matter of size.
        RpcCause::Node(_) => cause.advice() == Advice::Final,
        RpcCause::Http(HttpError::TooLarge { .. }) => true,
        RpcCause::Http(HttpError::Status { status, .. }) => matches!(status, 400 | 413 | 414),
        _ => false,
    }
}

/// A server's text, cut to what an error should carry.
fn excerpt(text: &str) -> String {
    match text.char_indices().nth(TEXT_LIMIT) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
