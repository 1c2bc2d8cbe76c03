//! JSON-RPC over HTTP: the one way to the chain's nodes.
//!
//! Calls gather in [`tick`], and leave through [`reading`] or [`offer`]; both ask one endpoint at a
//! time through [`core`].

mod block;
mod broadcast;
mod call;
mod core;
mod error;
mod heads;
mod hints;
mod lag;
mod node;
mod offer;
mod pace;
mod quantity;
mod reading;
mod receipt;
mod tick;
mod way;
mod wire;

use std::{fmt, future::pending, sync::Arc};

use futures::{StreamExt, future::join_all, stream};
use ogpu_chain::Endpoint;
use ogpu_types::ChainId;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use tokio::{sync::oneshot, time::Instant};

use self::{
    call::Kind,
    core::Core,
    hints::Hints,
    node::{BATCH_SIZE, Choice, Node, choose},
    tick::{Lane, Reply, submit},
};
use crate::http::HttpError;

pub use error::{NodeError, RpcCause, RpcError};

pub(crate) use block::{Block, BlockId};
pub(crate) use call::{Answer, Call};
pub(crate) use core::RpcOptions;
pub(crate) use quantity::{Quantity, as_u64};
pub(crate) use receipt::RawReceipt;
pub(crate) use way::Way;

/// Requests of one large read that are under way at a time.
const BATCH_CONCURRENCY: usize = 4;
/// The same where each call is a request of its own.
const CALL_CONCURRENCY: usize = 32;

/// A connection to a chain's nodes: raw access to everything that has no typed call.
///
/// Cheap to clone; clones share one connection pool, and what is known about the endpoints.
///
/// Calls that only read go to the best of the endpoints, and are repeated there and elsewhere on
/// failures that pass (a lost connection, HTTP 429 and 5xx, a node that lags behind). Every other
/// call is sent once, since it may change something: signed transactions to an endpoint of the
/// client's chain, all other methods that are not known to only read to the first endpoint.
///
/// Calls that are made at the same moment travel in one request. What is read at the head of the
/// chain is never older than what was read before, whichever endpoint answers.
#[derive(Clone)]
pub struct Rpc {
    core: Arc<Core>,
}

impl fmt::Debug for Rpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoints: Vec<_> = self.core.nodes.iter().map(|node| &node.endpoint).collect();
        f.debug_struct("Rpc")
            .field("endpoints", &endpoints)
            .finish_non_exhaustive()
    }
}

/// Why no endpoint can be used for transactions.
#[derive(Debug)]
pub(crate) enum ChainProblem {
    /// They serve another chain.
    Wrong { actual: ChainId, endpoint: Endpoint },
    /// They cannot be asked.
    Unknown(RpcError),
}

impl Rpc {
    /// A connection that is made when it is first used.
    pub(crate) fn new(http: reqwest::Client, options: RpcOptions) -> Self {
        Self {
            core: Arc::new(Core::new(http, options)),
        }
    }

    /// The first endpoint's address; prints without credentials.
    pub fn endpoint(&self) -> &Endpoint {
        &self.first().endpoint
    }

    fn first(&self) -> &Node {
        &self.core.nodes[0]
    }

    /// Ends at the next notice of a new head; never, without an endpoint that sends them. It only
    /// saves waiting: notices may be lost.
    pub(crate) fn hint(&self) -> impl Future<Output = ()> + Send + use<> {
        let notices = self.core.hints.as_ref().map(Hints::subscribe);
        async move {
            if let Some(mut notices) = notices
                && notices.changed().await.is_ok()
            {
                return;
            }
            pending().await
        }
    }

    /// Learns from elsewhere that a block exists: what is read from now on is as new.
    pub(crate) fn saw_block(&self, number: u64) {
        self.core.heads.saw_block(number);
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
    #[tracing::instrument(name = "rpc", level = "debug", skip_all, fields(%method))]
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        params: impl Serialize + Send,
    ) -> Result<T, RpcError> {
        let started = Instant::now();
        let call = Call::with_params(method, params)
            .map_err(|cause| self.error(method, 0, started, cause))?;
        let answer = self.send(call).await;
        self.parse(method, answer)
    }

    /// Sends one call that was put together before.
    pub(crate) async fn send(&self, call: Call) -> Answer {
        let started = Instant::now();
        let method = call.method.clone();
        let lane = match call.kind() {
            Kind::Read => Lane::Read,
            Kind::Offer => Lane::Offer(None),
            Kind::Other => Lane::Single,
        };
        let mut replies = submit(&self.core, lane, vec![call]);
        match replies.pop() {
            Some(reply) => self.reply(&method, started, reply).await,
            None => Err(self.interrupted(&method, started)),
        }
    }

    /// Sends reading calls together, in as few requests as the server takes, and gives an answer
    /// for each, in order. The outer error means that nothing could be read.
    #[tracing::instrument(name = "rpc_batch", level = "debug", skip_all, fields(calls = calls.len()))]
    pub(crate) async fn batch(&self, calls: Vec<Call>) -> Result<Vec<Answer>, RpcError> {
        let (size, concurrency) = if self.core.batching {
            (BATCH_SIZE, BATCH_CONCURRENCY)
        } else {
            (1, CALL_CONCURRENCY)
        };
        let mut calls = calls.into_iter();
        let parts = std::iter::from_fn(|| {
            let part: Vec<Call> = calls.by_ref().take(size).collect();
            (!part.is_empty()).then_some(part)
        });
        let parts: Vec<Vec<Answer>> = stream::iter(parts)
            .map(|part| self.part(part))
            .buffered(concurrency)
            .collect()
            .await;
        let mut answers: Vec<Answer> = parts.into_iter().flatten().collect();
        let is_lost = |answer: &Answer| {
            answer
                .as_ref()
                .is_err_and(|error| error.node_error().is_none())
        };
        if !answers.is_empty() && answers.iter().all(is_lost) {
            answers.swap_remove(0)?;
        }
        Ok(answers)
    }

    async fn part(&self, calls: Vec<Call>) -> Vec<Answer> {
        let started = Instant::now();
        let methods: Vec<String> = calls.iter().map(|call| call.method.clone()).collect();
        let replies = submit(&self.core, Lane::Read, calls);
        let answers = methods
            .iter()
            .zip(replies)
            .map(|(method, reply)| self.reply(method, started, reply));
        join_all(answers).await
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

    /// Sends reading calls in one request, as long as the server takes so many, and gives for each
    /// its answer and the place of the endpoint that gave it. Large ones share their request with no
    /// others.
    pub(crate) async fn request(&self, calls: Vec<Call>, is_large: bool) -> Vec<(usize, Answer)> {
        let started = Instant::now();
        let methods: Vec<String> = calls.iter().map(|call| call.method.clone()).collect();
        let lane = if is_large { Lane::Bulk } else { Lane::Read };
        let replies = submit(&self.core, lane, calls);
        let answers = methods
            .iter()
            .zip(replies)
            .map(async |(method, reply)| match reply.await {
                Ok(Reply { answer, place }) => (place, answer),
                Err(_) => (0, Err(self.interrupted(method, started))),
            });
        join_all(answers).await
    }

    /// The cheapest way to many reads that the endpoint takes which would be asked now, but for
    /// those that were just seen to fail; `None` when that is one call for each.
    pub(crate) fn way(&self, failed: &[(usize, Way)]) -> Option<Way> {
        let place = match choose(&self.core.nodes, self.core.chain, &[]) {
            Choice::Ask(place) => place,
            Choice::Wait { .. } | Choice::Nobody => 0,
        };
        let ways = self.core.nodes[place].ways();
        Way::ALL
            .into_iter()
            .find(|way| ways.takes(*way) && !failed.contains(&(place, *way)))
    }

    /// Learns that the endpoint at this place takes this way.
    pub(crate) fn way_worked(&self, place: usize, way: Way) {
        self.core.nodes[place].way_worked(way);
    }

    /// Learns that the endpoint at this place did not take this way.
    pub(crate) fn way_failed(&self, place: usize, way: Way) {
        self.core.nodes[place].way_failed(way);
    }

    async fn reply(
        &self,
        method: &str,
        started: Instant,
        reply: oneshot::Receiver<Reply>,
    ) -> Answer {
        match reply.await {
            Ok(reply) => reply.answer,
            Err(_) => Err(self.interrupted(method, started)),
        }
    }

    fn interrupted(&self, method: &str, started: Instant) -> RpcError {
        self.error(method, 1, started, RpcCause::Http(HttpError::Interrupted))
    }

    /// Reads an answer as `T`.
    pub(crate) fn parse<T: DeserializeOwned>(
        &self,
        method: &str,
        answer: Answer,
    ) -> Result<T, RpcError> {
        let raw: Box<RawValue> = answer?;
        serde_json::from_str(raw.get())
            .map_err(|e| self.error(method, 1, Instant::now(), RpcCause::malformed(e)))
    }

    /// An error that no single endpoint is to blame for.
    pub(crate) fn error(
        &self,
        method: &str,
        tries: u32,
        started: Instant,
        cause: RpcCause,
    ) -> RpcError {
        self.core.error(self.first(), method, tries, started, cause)
    }

    /// Makes sure that an endpoint serves the chain: a signature for the wrong one is worth nothing,
    /// or worse, something. Each endpoint is asked once in its life.
    pub(crate) async fn check_chain(&self) -> Result<(), ChainProblem> {
        self.core.endpoint_of_chain().await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use ogpu_devnet::Devnet;

    use super::*;
    use crate::Client;

    #[tokio::test]
    async fn reads_are_as_new_as_a_block_that_was_seen_elsewhere() {
        let devnet = Devnet::start().await.unwrap();
        let client = Client::builder()
            .chain(devnet.chain_spec())
            .build()
            .unwrap();
        let rpc = client.rpc();
        let head = async || {
            let head: Quantity = rpc.call("eth_blockNumber", ()).await.unwrap();
            head.to_u64().unwrap()
        };
        let before = head().await;
        rpc.saw_block(before + 1);
        let (after, mined) = tokio::join!(head(), devnet.mine());
        mined.unwrap();
        assert_eq!(after, before + 1);
    }
}
