//! The responses of a task, fetched and judged a few at a time, and the best of them so far.

use std::{
    collections::{HashSet, VecDeque},
    future::pending,
    sync::Arc,
    time::Duration,
};

use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use ogpu_types::{Response, ResponseAddress};
use tokio::time::sleep;

use super::{
    RunProgress,
    judge::{Candidate, Judging},
};
use crate::{Client, ServiceError, deadline::Deadline};

/// Payloads that are fetched and judged at a time: each may take as much memory as an answer of the
/// gateway may be long.
const AT_A_TIME: usize = 4;
/// The pause before a payload is asked for again, after all tries in a row have failed: others are
/// fetched meanwhile.
const LATER: Duration = Duration::from_secs(1);

/// The responses of a task, and the best of them so far.
pub(super) struct Candidates<'a> {
    client: Client,
    deadline: Deadline,
    judging: Judging<'a>,
    known: HashSet<ResponseAddress>,
    queue: VecDeque<Response>,
    in_hand: FuturesUnordered<BoxFuture<'a, Judgement>>,
    accepted: usize,
    best: Option<(f64, Arc<Candidate>)>,
    /// Until when others are compared with the first accepted one.
    closing: Option<Deadline>,
}

enum Judgement {
    Scored(Arc<Candidate>, Option<f64>),
    Unfetchable(ResponseAddress, ServiceError),
    /// Its payload may be had later.
    Later(Response),
}

impl<'a> Candidates<'a> {
    pub(super) fn new(client: &Client, deadline: Deadline, judging: Judging<'a>) -> Self {
        Self {
            client: client.clone(),
            deadline,
            judging,
            known: HashSet::new(),
            queue: VecDeque::new(),
            in_hand: FuturesUnordered::new(),
            accepted: 0,
            best: None,
            closing: None,
        }
    }

    /// Adds a response; whether it is a new one.
    pub(super) fn add(&mut self, response: &Response) -> bool {
        let is_new = self.known.insert(response.address);
        if is_new {
            self.queue.push_back(response.clone());
        }
        is_new
    }

    /// Starts anew if one of them is not among these, which are all that there are.
    pub(super) fn forget_unless_among(&mut self, responses: &[Response]) {
        let there: HashSet<_> = responses.iter().map(|response| response.address).collect();
        if !self.known.is_subset(&there) {
            *self = Self::new(&self.client, self.deadline, self.judging.clone());
        }
    }

    /// How many responses there are.
    pub(super) fn count(&self) -> usize {
        self.known.len()
    }

    pub(super) fn best(&self) -> Option<ResponseAddress> {
        self.best
            .as_ref()
            .map(|(_, candidate)| candidate.response.address)
    }

    /// Whether all are judged.
    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.in_hand.is_empty()
    }

    /// Until when others are compared with what there is.
    pub(super) fn closing(&self) -> Option<Deadline> {
        self.closing
    }

    /// The best, if there is nothing more to wait for; `is_closed` says that nobody responds any
    /// more.
    pub(super) fn choice(&self, is_closed: bool) -> Option<Arc<Candidate>> {
        let is_enough = self.accepted >= self.judging.enough.get();
        let is_late = self.closing.is_some_and(|closing| closing.has_passed());
        let is_all = is_closed && self.is_idle();
        self.best
            .as_ref()
            .filter(|_| is_enough || is_late || is_all)
            .map(|(_, best)| Arc::clone(best))
    }

    /// What became of the next one. It may be dropped and called again.
    pub(super) async fn next(&mut self) -> RunProgress {
        loop {
            while self.in_hand.len() < AT_A_TIME
                && let Some(response) = self.queue.pop_front()
            {
                self.in_hand.push(self.judgement(response));
            }
            let Some(judgement) = self.in_hand.next().await else {
                return pending().await;
            };
            match judgement {
                Judgement::Scored(candidate, score) => {
                    let response = candidate.response.address;
                    if let Some(score) = score {
                        self.accept(candidate, score);
                    }
                    return RunProgress::Judged { response, score };
                }
                Judgement::Unfetchable(response, error) => {
                    let error = Arc::new(error);
                    return RunProgress::Unfetchable { response, error };
                }
                Judgement::Later(response) => self.queue.push_back(response),
            }
        }
    }

    fn accept(&mut self, candidate: Arc<Candidate>, score: f64) {
        self.accepted += 1;
        self.closing
            .get_or_insert_with(|| Deadline::after(self.judging.within));
        if self.best.as_ref().is_none_or(|(best, _)| score > *best) {
            self.best = Some((score, candidate));
        }
    }

    fn judgement(&self, response: Response) -> BoxFuture<'a, Judgement> {
        let (client, judging, deadline) =
            (self.client.clone(), self.judging.clone(), self.deadline);
        Box::pin(async move {
            let options = client.service_options();
            let fetched = client
                .services()
                .payload(&response.data, options, deadline)
                .await;
            match fetched {
                Ok(payload) => {
                    let candidate = Arc::new(Candidate { response, payload });
                    let score = judging.score(&candidate).await;
                    Judgement::Scored(candidate, score)
                }
                Err(error) if error.is_transient() => {
                    tracing::debug!(response = %response.address, error = %error.cause, "the payload is asked for again later");
                    sleep(LATER).await;
                    Judgement::Later(response)
                }
                Err(error) => Judgement::Unfetchable(response.address, error),
            }
        })
    }
}
