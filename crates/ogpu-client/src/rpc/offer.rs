//! Calls that are sent once: signed transactions, and what may change something otherwise.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    call::Call,
    core::{Core, refuses_batch},
    error::{RpcCause, RpcError},
    node::recipients,
    tick::{Item, Lane},
};
use crate::{deadline::Deadline, retry::RetryPolicy};

/// Sends the calls, in a task of its own.
pub(super) fn start(core: &Arc<Core>, lane: Lane, items: Vec<Item>) {
    let sending = Sending {
        core: Arc::clone(core),
        started: Instant::now(),
        deadline: core.deadline(RetryPolicy::ONCE),
    };
    tokio::spawn(async move {
        match sending.endpoint(lane).await {
            Ok(place) => sending.send_all(place, items).await,
            Err(error) => {
                for item in items {
                    let method = item.call.method;
                    let error = RpcError {
                        method,
                        ..error.clone()
                    };
                    // Nobody may be left to hear it.
                    let _ = item.reply.send(Err(error));
                }
            }
        }
    });
}

struct Sending {
    core: Arc<Core>,
    started: Instant,
    deadline: Deadline,
}

impl Sending {
    /// Whom to send to. Transactions go to an endpoint that is known to serve their chain.
    async fn endpoint(&self, lane: Lane) -> Result<usize, RpcError> {
        match lane {
            // What one node remembers, such as a filter, no other knows.
            Lane::Single | Lane::Read => Ok(0),
            Lane::Offer(Some(place)) => Ok(place),
            Lane::Offer(None) => self.best_of_the_chain().await,
        }
    }

    async fn best_of_the_chain(&self) -> Result<usize, RpcError> {
        let core = &self.core;
        let mut last = self.failed(0, RpcCause::other_chain());
        for place in recipients(&core.nodes, core.chain) {
            match core.identify(&core.nodes[place], core.retry).await {
                Ok(chain) if chain == core.chain => return Ok(place),
                Ok(_) => last = self.failed(place, RpcCause::other_chain()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Sends in as few requests as the endpoint takes.
    ///
    /// A batch that was refused as a whole is sent again in halves: the server has not looked at
    /// its items, and if it had, the same bytes would change nothing.
    async fn send_all(&self, place: usize, mut items: Vec<Item>) {
        let node = &self.core.nodes[place];
        let mut tries = 0;
        loop {
            // Nobody waits for it any more: it must not leave after its time.
            items.retain(|item| !item.reply.is_closed());
            if items.is_empty() {
                return;
            }
            let admission = match node.admit(self.deadline).await {
                Ok(admission) => admission,
                Err(refusal) => {
                    let cause = refusal.into_cause(node, self.deadline);
                    return self.fail(place, tries, items, cause);
                }
            };
            items.retain(|item| !item.reply.is_closed());
            let rest = items.split_off(items.len().min(node.batch_size()));
            let calls: Vec<&Call> = items.iter().map(|item| &item.call).collect();
            if calls.is_empty() {
                return;
            }
            tries += 1;
            let result = self.core.ask(node, &calls, self.deadline).await;
            drop(admission);
            match result {
                Ok(results) => {
                    for (item, result) in items.into_iter().zip(results) {
                        if may_set_back(&item.call) {
                            self.core.heads.forget();
                        }
                        let answer = result.map_err(|cause| self.error(place, tries, &item, cause));
                        let _ = item.reply.send(answer);
                    }
                    items = rest;
                }
                Err(cause) if items.len() > 1 && refuses_batch(&cause) => {
                    node.refused_batch(items.len());
                    items.extend(rest);
                }
                Err(cause) => {
                    self.fail(place, tries, items, cause);
                    items = rest;
                }
            }
        }
    }

    fn fail(&self, place: usize, tries: u32, items: Vec<Item>, cause: RpcCause) {
        for item in items {
            let error = self.error(place, tries, &item, cause.clone());
            let _ = item.reply.send(Err(error));
        }
    }

    fn error(&self, place: usize, tries: u32, item: &Item, cause: RpcCause) -> RpcError {
        let node = &self.core.nodes[place];
        self.core
            .error(node, &item.call.method, tries, self.started, cause)
    }

    /// An error from before anything was sent.
    fn failed(&self, place: usize, cause: RpcCause) -> RpcError {
        let node = &self.core.nodes[place];
        self.core.error(node, "eth_chainId", 0, self.started, cause)
    }
}

/// Whether a method is one of those with which development chains are set back.
fn may_set_back(call: &Call) -> bool {
    ["evm_", "anvil_", "hardhat_"]
        .iter()
        .any(|prefix| call.method.starts_with(prefix))
}
