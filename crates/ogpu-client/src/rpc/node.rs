//! One endpoint: what it serves, how it is doing, and when it may be asked.

use std::{
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use ogpu_chain::Endpoint;
use ogpu_types::ChainId;
use tokio::time::Instant;

use super::{
    error::RpcCause,
    pace::Pace,
    way::{Way, Ways},
};
use crate::{deadline::Deadline, http::HttpError};

/// Calls in one request; a server that refuses so many gets half of them.
pub(super) const BATCH_SIZE: usize = 100;
/// How long an endpoint that failed is passed over, if another can be asked; it doubles with each
/// further failure of a request that was sent after the last one.
const COOL_DOWN: Duration = Duration::from_millis(500);
const LONGEST_COOL_DOWN: Duration = Duration::from_secs(30);
/// How long an endpoint that lagged is passed over, if another can be asked.
const LAG_COOL_DOWN: Duration = Duration::from_secs(2);
/// How long it is remembered that a batch was refused: the server may only have been out of order.
const BATCH_MEMORY: Duration = Duration::from_secs(10 * 60);
/// How long ago a latency was measured that counts for half.
const LATENCY_MEMORY: Duration = Duration::from_secs(10);
/// The shortest time that a server's wish to be left alone is granted.
const SHORTEST_BLOCK: Duration = Duration::from_millis(100);

/// One endpoint of a chain.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) endpoint: Endpoint,
    chain: OnceLock<ChainId>,
    health: Mutex<Health>,
    pace: Pace,
}

#[derive(Debug, Default)]
struct Health {
    /// Failures since the last success.
    failures: u32,
    failed_at: Option<Instant>,
    cooling_until: Option<Instant>,
    lagging_until: Option<Instant>,
    /// Calls in one request that were refused, halved, and until when this is remembered.
    smaller_batch: Option<(usize, Instant)>,
    /// When the server wants to be asked again at the earliest, and the answer in which it said so.
    blocked: Option<(Instant, HttpError)>,
    /// A moving average of the time that a request takes, and when it was last measured.
    latency: Option<(Duration, Instant)>,
    /// How many reads can be packed into one call.
    ways: Ways,
}

/// Why a request may not be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The server has asked to be left alone meanwhile.
    Blocked,
    /// The deadline comes first.
    OutOfTime,
}

impl Refusal {
    /// The refusal as a call's failure.
    pub(super) fn into_cause(self, node: &Node, deadline: Deadline) -> RpcCause {
        let answer = match self {
            Self::Blocked => node.blocked().map(|(_, answer)| answer),
            Self::OutOfTime => None,
        };
        RpcCause::Http(answer.unwrap_or(HttpError::Timeout {
            limit: deadline.budget(),
        }))
    }
}

impl Node {
    pub(super) fn new(endpoint: Endpoint, requests_per_second: Option<NonZeroU32>) -> Self {
        Self {
            endpoint,
            chain: OnceLock::new(),
            health: Mutex::default(),
            pace: Pace::new(requests_per_second),
        }
    }

    /// The chain that it serves, once it has said so.
    pub(super) fn chain(&self) -> Option<ChainId> {
        self.chain.get().copied()
    }

    pub(super) fn learn_chain(&self, chain: ChainId) {
        // Whoever was first got the same answer.
        let _ = self.chain.set(chain);
    }

    /// Calls in one request, as many as the server was seen to take.
    pub(super) fn batch_size(&self) -> usize {
        self.health().batch_size()
    }

    /// Learns that so many calls in one request were too many.
    pub(super) fn refused_batch(&self, calls: usize) {
        let mut health = self.health();
        let size = (calls / 2).max(1).min(health.batch_size());
        health.smaller_batch = Some((size, Instant::now() + BATCH_MEMORY));
    }

    /// How many reads can be packed into one call, as far as it was seen.
    pub(super) fn ways(&self) -> Ways {
        self.health().ways
    }

    pub(super) fn way_worked(&self, way: Way) {
        self.health().ways.worked(way);
    }

    pub(super) fn way_failed(&self, way: Way) {
        self.health().ways.failed(way);
    }

    pub(super) fn succeeded(&self, took: Duration) {
        self.pace.speed_up();
        let mut health = self.health();
        health.failures = 0;
        health.cooling_until = None;
        let mean = health
            .latency
            .map_or(took, |(mean, _)| (mean * 7 + took) / 8);
        health.latency = Some((mean, Instant::now()));
    }

    /// Learns that a request that was sent then has failed.
    pub(super) fn failed(&self, sent: Instant) {
        let now = Instant::now();
        let mut health = self.health();
        // However many are under way when a server fails: it failed once.
        if health.failed_at.is_some_and(|at| sent < at) {
            return;
        }
        health.failures = health.failures.saturating_add(1);
        health.failed_at = Some(now);
        health.cooling_until = Some(now + health.cool_down());
    }

    /// Learns that a request that was sent then was one too many.
    pub(super) fn asked_too_often(&self, sent: Instant) {
        self.pace.slow_down(sent);
    }

    /// Learns that the server wants to be left alone for so long.
    pub(super) fn asked_for_pause(&self, wait: Duration, answer: HttpError) {
        let now = Instant::now();
        // Further than that no clock needs to reach.
        let wait = wait.clamp(SHORTEST_BLOCK, Duration::from_secs(24 * 60 * 60));
        let mut health = self.health();
        let until = now + wait;
        if health
            .blocked
            .as_ref()
            .is_none_or(|(known, _)| *known < until)
        {
            health.blocked = Some((until, answer));
        }
    }

    pub(super) fn lagged(&self) {
        self.health().lagging_until = Some(Instant::now() + LAG_COOL_DOWN);
    }

    /// Until when the server wants to be left alone, if it does.
    pub(super) fn blocked(&self) -> Option<(Instant, HttpError)> {
        let health = self.health();
        let blocked = health.blocked.as_ref();
        blocked
            .filter(|(until, _)| *until > Instant::now())
            .cloned()
    }

    /// The lower, the better it is to ask.
    pub(super) fn rank(&self) -> (bool, bool, Duration) {
        let now = Instant::now();
        let lies_ahead = |moment: Option<Instant>| moment.is_some_and(|moment| moment > now);
        let health = self.health();
        (
            lies_ahead(health.cooling_until),
            lies_ahead(health.lagging_until),
            // In their given order, until they are known.
            health
                .expected_latency(now)
                .map_or(Duration::MAX, |latency| latency + self.pace.delay()),
        )
    }

    /// Whether nothing speaks against asking it.
    pub(super) fn is_well(&self) -> bool {
        !self.rank().0 && self.blocked().is_none()
    }

    /// Waits for leave to ask.
    pub(super) async fn admit(&self, deadline: Deadline) -> Result<(), Refusal> {
        if !self.pace.wait(deadline).await {
            return Err(Refusal::OutOfTime);
        }
        // Another request may have met a refusal while this one waited.
        if self.blocked().is_some() {
            return Err(Refusal::Blocked);
        }
        let mut health = self.health();
        if health.failures > 0 {
            // One request finds out whether it has recovered; the others pass it over meanwhile.
            health.cooling_until = Some(Instant::now() + health.cool_down());
        }
        Ok(())
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Health {
    fn batch_size(&self) -> usize {
        self.smaller_batch
            .filter(|(_, until)| *until > Instant::now())
            .map_or(BATCH_SIZE, |(size, _)| size)
    }

    /// Whoever was not asked for a while may have become faster: once in a while it is seen.
    fn expected_latency(&self, now: Instant) -> Option<Duration> {
        let (mean, measured) = self.latency?;
        let age = now.saturating_duration_since(measured);
        Some(mean.div_f64(1.0 + age.div_duration_f64(LATENCY_MEMORY)))
    }

    fn cool_down(&self) -> Duration {
        let doublings = self.failures.saturating_sub(1).min(16);
        (COOL_DOWN * 2_u32.pow(doublings)).min(LONGEST_COOL_DOWN)
    }
}

/// Whom to ask next.
#[derive(Debug)]
pub(super) enum Choice {
    /// The endpoint at this place.
    Ask(usize),
    /// Nobody before this moment; the answer says why.
    Wait { until: Instant, answer: HttpError },
    /// Everybody was asked.
    Nobody,
}

/// The best endpoint of the chain that was not asked yet.
///
/// Endpoints of another chain are passed over, unless there are no others: reads may then still be
/// what the caller wants, as on a chain that is described with a wrong id.
pub(super) fn choose(nodes: &[Node], chain: ChainId, asked: &[usize]) -> Choice {
    let serves = |node: &Node| node.chain().is_none_or(|served| served == chain);
    let any = nodes.iter().any(serves);
    let left = || {
        nodes
            .iter()
            .enumerate()
            .filter(|(place, node)| !asked.contains(place) && (!any || serves(node)))
    };
    let free = left().filter(|(_, node)| node.blocked().is_none());
    if let Some((place, _)) = free.min_by_key(|(_, node)| node.rank()) {
        return Choice::Ask(place);
    }
    left()
        .filter_map(|(_, node)| node.blocked())
        .min_by_key(|(until, _)| *until)
        .map_or(Choice::Nobody, |(until, answer)| Choice::Wait {
            until,
            answer,
        })
}

/// The endpoints that may be given a transaction, the best first: those that are well, and of these
/// the ones that are known to serve the chain.
pub(super) fn recipients(nodes: &[Node], chain: ChainId) -> Vec<usize> {
    let mut places: Vec<usize> = (0..nodes.len())
        .filter(|&place| nodes[place].chain().is_none_or(|served| served == chain))
        .collect();
    places.sort_by_key(|&place| {
        let node = &nodes[place];
        (!node.is_well(), node.chain().is_none(), node.rank())
    });
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAIN: ChainId = ChainId::OGPU_TESTNET;

    fn nodes(count: usize) -> Vec<Node> {
        (0..count)
            .map(|n| Node::new(Endpoint::parse(&format!("http://n{n}")).unwrap(), None))
            .collect()
    }

    fn chosen(nodes: &[Node], asked: &[usize]) -> Option<usize> {
        match choose(nodes, CHAIN, asked) {
            Choice::Ask(place) => Some(place),
            _ => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_fastest_healthy_endpoint_is_asked_first() {
        let nodes = nodes(3);
        for (node, millis) in nodes.iter().zip([30, 10, 20]) {
            node.succeeded(Duration::from_millis(millis));
        }
        assert_eq!(chosen(&nodes, &[]), Some(1));
        assert_eq!(chosen(&nodes, &[1]), Some(2));
        nodes[1].failed(Instant::now());
        assert_eq!(chosen(&nodes, &[]), Some(2));
        nodes[2].lagged();
        assert_eq!(chosen(&nodes, &[]), Some(0));
        assert_eq!(chosen(&nodes, &[0, 2]), Some(1), "rather than nobody");
        assert_eq!(chosen(&nodes, &[0, 1, 2]), None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_was_slow_is_seen_again_after_a_while() {
        let nodes = nodes(2);
        nodes[0].succeeded(Duration::from_millis(100));
        for _ in 0..8 {
            nodes[1].succeeded(Duration::from_millis(20));
            assert_eq!(chosen(&nodes, &[]), Some(1));
            tokio::time::advance(LATENCY_MEMORY / 2).await;
        }
        nodes[1].succeeded(Duration::from_millis(20));
        assert_eq!(chosen(&nodes, &[]), Some(0));
    }

    #[tokio::test(start_paused = true)]
    async fn one_request_finds_out_whether_an_endpoint_has_recovered() {
        let nodes = nodes(2);
        nodes[0].succeeded(Duration::from_millis(1));
        nodes[1].succeeded(Duration::from_millis(2));
        nodes[0].failed(Instant::now());
        assert_eq!(chosen(&nodes, &[]), Some(1));
        tokio::time::advance(COOL_DOWN).await;
        assert_eq!(chosen(&nodes, &[]), Some(0));
        let deadline = Deadline::after(Duration::from_secs(1));
        nodes[0].admit(deadline).await.unwrap();
        assert_eq!(chosen(&nodes, &[]), Some(1));
        nodes[0].succeeded(Duration::from_millis(1));
        assert_eq!(chosen(&nodes, &[]), Some(0));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_fail_together_are_one_failure() {
        let nodes = nodes(2);
        let sent = Instant::now();
        tokio::time::advance(Duration::from_millis(1)).await;
        for _ in 0..50 {
            nodes[0].failed(sent);
        }
        assert_eq!(chosen(&nodes, &[]), Some(1));
        tokio::time::advance(COOL_DOWN).await;
        assert_eq!(chosen(&nodes, &[]), Some(0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_batch_is_forgotten_after_a_while() {
        let node = nodes(1).remove(0);
        node.refused_batch(100);
        node.refused_batch(50);
        node.refused_batch(100);
        assert_eq!(node.batch_size(), 25);
        tokio::time::advance(BATCH_MEMORY).await;
        assert_eq!(node.batch_size(), BATCH_SIZE);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_a_queue_is_passed_over_for_who_is_a_little_slower() {
        let nodes = nodes(2);
        nodes[0].succeeded(Duration::from_millis(1));
        nodes[1].succeeded(Duration::from_millis(2));
        for _ in 0..2 {
            nodes[0].asked_too_often(Instant::now());
        }
        assert_eq!(chosen(&nodes, &[]), Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_asked_before_the_moment_it_named() {
        let nodes = nodes(2);
        let answer = HttpError::Interrupted;
        nodes[0].asked_for_pause(Duration::from_secs(5), answer.clone());
        assert_eq!(chosen(&nodes, &[]), Some(1));
        nodes[1].asked_for_pause(Duration::from_secs(3), answer);
        let start = Instant::now();
        let Choice::Wait { until, .. } = choose(&nodes, CHAIN, &[]) else {
            panic!("somebody is asked");
        };
        assert_eq!(until - start, Duration::from_secs(3));
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(chosen(&nodes, &[]), Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_of_another_chain_is_passed_over() {
        let nodes = nodes(2);
        nodes[0].learn_chain(ChainId::OGPU_MAINNET);
        assert_eq!(chosen(&nodes, &[]), Some(1));
        assert_eq!(chosen(&nodes, &[1]), None);
        nodes[1].learn_chain(ChainId::OGPU_MAINNET);
        assert_eq!(chosen(&nodes, &[]), Some(0), "rather than nobody");
    }

    #[tokio::test(start_paused = true)]
    async fn transactions_go_first_to_who_is_well_and_known_to_serve_the_chain() {
        let nodes = nodes(4);
        nodes[0].learn_chain(ChainId::OGPU_MAINNET);
        nodes[1].learn_chain(CHAIN);
        nodes[1].failed(Instant::now());
        nodes[3].learn_chain(CHAIN);
        assert_eq!(recipients(&nodes, CHAIN), [3, 2, 1]);
    }
}
