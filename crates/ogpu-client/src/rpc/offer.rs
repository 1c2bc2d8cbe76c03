//! Calls that are sent once: signed transactions, and what may change something otherwise.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    ChainProblem,
    call::{Call, SEND_RAW},
    core::{Core, refuses_batch},
    error::{RpcCause, RpcError},
    tick::{Item, Lane},
};
use crate::{deadline::Deadline, retry::RetryPolicy};

/// Sends the calls, in a task of its own.
pub(super) fn start(core: &Arc<Core>, lane: Lane, items: Vec<Item>) {
    let core = Arc::clone(core);
    let started = Instant::now();
    tokio::spawn(async move {
        match endpoint(&core, lane).await {
            Ok(place) => {
                let deadline = core.deadline(RetryPolicy::ONCE);
                let sending = Sending {
                    core,
                    started,
                    deadline,
                };
                sending.send_all(place, items).await;
            }
            Err(error) => {
                for item in items {
                    let error = RpcError {
                        method: item.call.method.clone(),
                        ..error.clone()
                    };
                    item.answer(0, Err(error));
                }
            }
        }
    });
}

/// Whom to send to. Transactions go to an endpoint that is known to serve their chain.
async fn endpoint(core: &Core, lane: Lane) -> Result<usize, RpcError> {
    let started = Instant::now();
    match lane {
        // What one node remembers, such as a filter, no other knows.
        Lane::Single | Lane::Read | Lane::Bulk => Ok(0),
        Lane::Offer(Some(place)) => Ok(place),
        Lane::Offer(None) => core
            .endpoint_of_chain()
            .await
            .map_err(|problem| match problem {
                ChainProblem::Unknown(error) => error,
                ChainProblem::Wrong { endpoint, .. } => RpcError {
                    endpoint,
                    ..core.error(&core.nodes[0], SEND_RAW, 0, started, core.other_chain())
                },
            }),
    }
}

struct Sending {
    core: Arc<Core>,
    started: Instant,
    deadline: Deadline,
}

impl Sending {
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
            if let Err(refusal) = node.admit(self.deadline).await {
                let cause = refusal.into_cause(node, self.deadline);
                return self.fail(place, tries, items, cause);
            }
            items.retain(|item| !item.reply.is_closed());
            let rest = items.split_off(items.len().min(node.batch_size()));
            let calls: Vec<&Call> = items.iter().map(|item| &item.call).collect();
            if calls.is_empty() {
                return;
            }
            tries += 1;
            let result = self.core.ask(node, &calls, self.deadline).await;
            match result {
                Ok(results) => {
                    for (item, result) in items.into_iter().zip(results) {
                        if may_set_back(&item.call) {
                            self.core.heads.forget();
                        }
                        let answer = result.map_err(|cause| self.error(place, tries, &item, cause));
                        item.answer(place, answer);
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
            item.answer(place, Err(error));
        }
    }

    fn error(&self, place: usize, tries: u32, item: &Item, cause: RpcCause) -> RpcError {
        let node = &self.core.nodes[place];
        let method = &item.call.method;
        let error = self.core.error(node, method, tries, self.started, cause);
        match item.call.raw_transaction() {
            // A server may echo what it was sent.
            Some(raw) => error.without(&raw),
            None => error,
        }
    }
}

/// Whether a method is one of those with which development chains are set back.
fn may_set_back(call: &Call) -> bool {
    ["evm_", "anvil_", "hardhat_"]
        .iter()
        .any(|prefix| call.method.starts_with(prefix))
}
