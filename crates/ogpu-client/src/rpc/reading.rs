//! Calls that only read: asked of one endpoint after another until there is an answer that is whole,
//! final, and not older than what was read before.

use std::sync::Arc;

use serde_json::value::RawValue;
use tokio::time::Instant;

use super::{
    call::Call,
    core::{Core, Results, read_chain, refuses_batch},
    error::{RpcCause, RpcError},
    heads::{Head, Standing},
    lag::Lag,
    node::{Choice, Node, Refusal, choose},
    receipt,
    tick::Item,
};
use crate::{
    deadline::Deadline,
    http::HttpError,
    retry::{Advice, RetryPolicy},
};

/// Asks for the items, in a task of its own.
pub(super) fn start(core: &Arc<Core>, items: Vec<Item>) {
    let reading = Reading {
        core: Arc::clone(core),
        waiting: items.into_iter().map(Waiting::new).collect(),
        progress: Progress {
            started: Instant::now(),
            deadline: core.deadline(core.retry),
            tries: 0,
            rounds: 0,
            asked: Vec::new(),
            last_asked: 0,
            is_hopeless: true,
            is_behind: false,
            is_unheard: false,
            lag: None,
            unclear_batch: None,
        },
    };
    spawn(reading);
}

fn spawn(reading: Reading) {
    tokio::spawn(reading.run());
}

/// A call that has no answer yet.
struct Waiting {
    item: Item,
    reads_head: bool,
    tells_head: bool,
    looks_for_something: bool,
    /// Why there is none.
    last: Option<RpcCause>,
}

impl Waiting {
    fn new(item: Item) -> Self {
        Self {
            reads_head: item.call.reads_head(),
            tells_head: item.call.tells_head(),
            looks_for_something: item.call.looks_for_something(),
            item,
            last: None,
        }
    }

    /// Whether an answer is none from an endpoint that is behind. What such a one has found is there.
    fn needs_head(&self, result: &Result<Box<RawValue>, RpcCause>) -> bool {
        let finds_nothing = || result.as_ref().is_ok_and(|answer| answer.get() == "null");
        self.reads_head || (self.looks_for_something && finds_nothing())
    }

    /// Whether the last endpoint did not have the block that was asked about.
    fn lacks_block(&self) -> bool {
        self.last.as_ref().is_some_and(RpcCause::lacks_block)
    }
}

struct Reading {
    core: Arc<Core>,
    waiting: Vec<Waiting>,
    progress: Progress,
}

#[derive(Clone)]
struct Progress {
    started: Instant,
    deadline: Deadline,
    /// Requests that were made.
    tries: u32,
    /// How often every endpoint was asked in vain.
    rounds: u32,
    /// Who was asked in this round.
    asked: Vec<usize>,
    last_asked: usize,
    /// Whether nothing in this round failed in a way that may pass.
    is_hopeless: bool,
    /// Whether an answer of this round was older than others before.
    is_behind: bool,
    /// Whether an endpoint gave no answer in this round.
    is_unheard: bool,
    /// Whether, and for how long, the endpoints have been behind.
    lag: Option<Lag>,
    /// The size of the last batch, if its answer was none: it may have been too large.
    unclear_batch: Option<usize>,
}

/// A call and both questions.
const ROOM_TO_ASK_ALONG: usize = 3;

/// What a request carries besides the calls: questions about the endpoint itself, which come first.
struct Questions {
    head: bool,
    chain: bool,
}

impl Reading {
    async fn run(mut self) {
        loop {
            // Whose caller has gone needs no answer.
            self.waiting
                .retain(|waiting| !waiting.item.reply.is_closed());
            if self.waiting.is_empty() {
                return;
            }
            let core = Arc::clone(&self.core);
            let place = match choose(&core.nodes, core.chain, &self.progress.asked) {
                Choice::Ask(place) => place,
                Choice::Wait { until, .. } if self.may_wait(until) && self.is_alone_left() => {
                    tokio::time::sleep_until(until).await;
                    self.start_round();
                    continue;
                }
                Choice::Wait { answer, .. } if self.progress.asked.is_empty() => {
                    return self.give_up(&RpcCause::Http(answer));
                }
                choice => {
                    self.progress.is_unheard |= matches!(choice, Choice::Wait { .. });
                    if !self.end_round().await {
                        let cause = Refusal::OutOfTime;
                        let cause = cause.into_cause(&core.nodes[0], self.progress.deadline);
                        return self.give_up(&cause);
                    }
                    continue;
                }
            };
            let node = &core.nodes[place];
            if !self.knows(place, node).await {
                continue;
            }
            match node.admit(self.progress.deadline).await {
                Ok(()) => self.ask(place, node).await,
                Err(Refusal::Blocked) => {}
                Err(refusal) => {
                    let cause = refusal.into_cause(node, self.progress.deadline);
                    return self.give_up(&cause);
                }
            }
        }
    }

    /// Whether an endpoint that cannot be asked along with the calls serves the chain: the answers of
    /// another chain's would be none.
    async fn knows(&mut self, place: usize, node: &Node) -> bool {
        if !self.has_others() || node.chain().is_some() || self.room(node) >= ROOM_TO_ASK_ALONG {
            return true;
        }
        match self.core.identify(node, RetryPolicy::ONCE).await {
            Ok(_) => self.serves_chain(node),
            Err(error) => {
                self.progress.tries += error.tries;
                self.progress.last_asked = place;
                self.failed(place, 1, &error.cause);
                false
            }
        }
    }

    /// How many calls the endpoint takes in one request.
    fn room(&self, node: &Node) -> usize {
        if self.core.batching {
            node.batch_size()
        } else {
            1
        }
    }

    /// Whether waiting for an endpoint's own moment is all that is left to do in this round.
    fn is_alone_left(&self) -> bool {
        self.progress.asked.is_empty()
            || self.progress.rounds.saturating_add(1) >= self.core.retry.tries
    }

    /// Whether a pause until then is within what the policy and the deadline allow.
    fn may_wait(&self, until: Instant) -> bool {
        let pause = until.saturating_duration_since(Instant::now());
        pause <= self.core.retry.max_backoff && pause < self.progress.deadline.remaining()
    }

    /// One request to one endpoint.
    async fn ask(&mut self, place: usize, node: &Node) {
        let questions = self.divide(node);
        let chain_id = Call::chain_id();
        let head = Call::head();
        let mut calls = Vec::with_capacity(self.waiting.len() + 2);
        calls.extend(questions.head.then_some(&head));
        calls.extend(questions.chain.then_some(&chain_id));
        calls.extend(self.waiting.iter().map(|waiting| &waiting.item.call));
        let size = calls.len();

        let floor = self.core.heads.highest();
        self.progress.tries += 1;
        self.progress.last_asked = place;
        self.progress.unclear_batch = None;
        match self.core.ask(node, &calls, self.progress.deadline).await {
            Ok(mut results) => {
                let mut question = |asked: bool| asked.then(|| results.remove(0));
                let head = question(questions.head);
                let chain = question(questions.chain);
                if let Some(Ok(answer)) = chain
                    && let Ok(chain) = read_chain(&answer)
                {
                    node.learn_chain(chain);
                    if self.has_others() && !self.serves_chain(node) {
                        return;
                    }
                }
                let head = head.or_else(|| self.own_head(&results));
                self.settle(node, head.as_ref(), floor, results);
                self.progress.asked.push(place);
            }
            Err(cause) if size > 1 && refuses_batch(&cause) => node.refused_batch(size),
            Err(cause) => self.failed(place, size, &cause),
        }
    }

    fn has_others(&self) -> bool {
        self.core.nodes.len() > 1
    }

    /// Whether an endpoint serves the chain; one that does not is chosen again only if nobody does.
    fn serves_chain(&self, node: &Node) -> bool {
        let serves = node.chain() == Some(self.core.chain);
        if !serves {
            tracing::warn!(endpoint = %node.endpoint, chain = ?node.chain(), expected = %self.core.chain, "the endpoint serves another chain");
        }
        serves
    }

    /// Learns from a request that gave nothing at all.
    fn failed(&mut self, place: usize, size: usize, cause: &RpcCause) {
        // Cut short by the call's own time, a request says less than what was met before.
        let is_cut_short = self.progress.deadline.has_passed();
        for waiting in &mut self.waiting {
            if !(is_cut_short && waiting.last.is_some()) {
                waiting.last = Some(cause.clone());
            }
        }
        let progress = &mut self.progress;
        progress.is_unheard = true;
        let advice = cause.advice();
        progress.is_hopeless &= advice == Advice::Final;
        if let Advice::RetryAfter(_) = advice {
            // It is asked again when it allows that.
            return;
        }
        progress.asked.push(place);
        let broke_off = matches!(
            cause,
            RpcCause::Malformed { .. } | RpcCause::Http(HttpError::Transport { .. })
        );
        if broke_off && size > 1 {
            progress.unclear_batch = Some(size);
        }
    }

    /// Leaves as many calls as the endpoint takes in one request, with the questions that go with
    /// them; the others are asked for apart.
    fn divide(&mut self, node: &Node) -> Questions {
        let room = self.room(node);
        // What tells the head itself answers that question, if it comes first.
        if let Some(place) = self.waiting.iter().position(|waiting| waiting.tells_head) {
            self.waiting.swap(0, place);
        }
        let head = room > 1
            && self
                .waiting
                .iter()
                .any(|w| w.reads_head || w.looks_for_something)
            && !self.waiting[0].tells_head;
        let carried = usize::from(head) + self.waiting.len();
        // A lone call stays a plain request, unless another chain's endpoint could take its place.
        let is_asked = if self.has_others() {
            room >= ROOM_TO_ASK_ALONG
        } else {
            carried > 1 && carried < room
        };
        let chain = is_asked && node.chain().is_none();
        let taken = room - usize::from(head) - usize::from(chain);
        if self.waiting.len() > taken {
            spawn(Self {
                core: Arc::clone(&self.core),
                waiting: self.waiting.split_off(taken),
                progress: self.progress.clone(),
            });
        }
        Questions { head, chain }
    }

    fn own_head(&self, results: &Results) -> Option<Result<Box<RawValue>, RpcCause>> {
        self.waiting[0].tells_head.then(|| results[0].clone())
    }

    /// Hands out the answers that are final and new enough.
    fn settle(
        &mut self,
        node: &Node,
        head: Option<&Result<Box<RawValue>, RpcCause>>,
        floor: u64,
        results: Results,
    ) {
        // Why what was read at the head cannot be taken, if so.
        let objection = match head {
            Some(Ok(answer)) => Head::read(answer)
                .filter(|head| self.is_behind(head, floor))
                .map(|head| {
                    tracing::debug!(endpoint = %node.endpoint, head = head.number, seen = floor, "the node is behind");
                    node.lagged();
                    self.progress.is_behind = true;
                    RpcCause::Lagging {
                        head: head.number,
                        seen: floor,
                    }
                }),
            Some(Err(cause)) if cause.advice() != Advice::Final => Some(cause.clone()),
            // A node that cannot tell its head is taken as it is.
            Some(Err(_)) | None => None,
        };
        let waiting = std::mem::take(&mut self.waiting);
        for (mut waiting, result) in waiting.into_iter().zip(results) {
            let cause = match (&result, &objection) {
                (_, Some(objection)) if waiting.needs_head(&result) => Some(objection.clone()),
                (Err(cause), _) if cause.advice() != Advice::Final => Some(cause.clone()),
                _ => None,
            };
            if cause.is_some() {
                waiting.last = cause;
                self.waiting.push(waiting);
            } else {
                self.answer(waiting, result);
            }
        }
        self.progress.is_hopeless &= self.waiting.is_empty();
        if self.waiting.iter().any(Waiting::lacks_block) {
            node.lagged();
            self.lag().look();
        }
    }

    fn answer(&self, waiting: Waiting, result: Result<Box<RawValue>, RpcCause>) {
        let call = &waiting.item.call;
        if let Ok(answer) = &result
            && call.method == "eth_getTransactionReceipt"
            && let Some(block) = receipt::block_number(answer)
        {
            // What reads after one's own write has to see it.
            self.core.heads.saw_block(block);
        }
        let answer = result.map_err(|cause| self.error(&call.method, cause));
        waiting.item.answer(self.progress.last_asked, answer);
    }

    /// Whether answers from this head are older than others before, as far as can be told.
    fn is_behind(&mut self, head: &Head, floor: u64) -> bool {
        let heads = &self.core.heads;
        if heads.learn(head, floor) != Standing::Behind {
            return false;
        }
        let core = Arc::clone(&self.core);
        let lag = self.lag();
        lag.look();
        if lag.shows_reset(&core.heads) {
            tracing::warn!(head = head.number, seen = floor, "the chain was set back");
            core.heads.restart(head);
            return false;
        }
        true
    }

    fn lag(&mut self) -> &mut Lag {
        let patience = self.core.retry.pauses();
        self.progress.lag.get_or_insert_with(|| Lag::new(patience))
    }

    /// After everybody was asked in vain: pauses, unless that was the last time.
    async fn end_round(&mut self) -> bool {
        let retry = self.core.retry;
        let Progress {
            is_behind,
            is_unheard,
            ..
        } = self.progress;
        // Another endpoint's failure does not make it less of a lag, which passes by itself.
        let only_lags = is_behind || self.waiting.iter().all(Waiting::lacks_block);
        let pause = match &mut self.progress.lag {
            Some(lag) if only_lags => {
                // What is out of date is taken for the truth at last, if all say so; what is
                // lacking never comes.
                if !is_behind && lag.is_settled() {
                    return false;
                }
                if is_behind && is_unheard {
                    lag.doubt();
                }
                lag.pause(retry.backoff)
            }
            _ => {
                self.progress.rounds = self.progress.rounds.saturating_add(1);
                if self.progress.is_hopeless || self.progress.rounds >= retry.tries {
                    return self.halve();
                }
                retry.pause(self.progress.rounds, Advice::Retry)
            }
        };
        if pause >= self.progress.deadline.remaining() {
            return false;
        }
        tokio::time::sleep(pause).await;
        self.start_round();
        true
    }

    fn start_round(&mut self) {
        self.progress.asked.clear();
        self.progress.is_hopeless = true;
        self.progress.is_behind = false;
        self.progress.is_unheard = false;
    }

    /// Starts over with half as many calls, if the answer to the whole batch was none: some servers
    /// break off, or answer with a page, where a batch is too large.
    fn halve(&mut self) -> bool {
        let Some(size) = self.progress.unclear_batch.take() else {
            return false;
        };
        if self.progress.deadline.has_passed() {
            return false;
        }
        self.core.nodes[self.progress.last_asked].refused_batch(size);
        self.progress.rounds = 0;
        self.start_round();
        true
    }

    /// Ends all calls with their last trouble, or with this.
    fn give_up(&mut self, otherwise: &RpcCause) {
        for mut waiting in std::mem::take(&mut self.waiting) {
            let last = waiting.last.take();
            let cause = last.unwrap_or_else(|| otherwise.clone());
            self.answer(waiting, Err(cause));
        }
    }

    fn error(&self, method: &str, cause: RpcCause) -> RpcError {
        let Progress {
            last_asked,
            tries,
            started,
            ..
        } = self.progress;
        let node = &self.core.nodes[last_asked];
        self.core.error(node, method, tries, started, cause)
    }
}
