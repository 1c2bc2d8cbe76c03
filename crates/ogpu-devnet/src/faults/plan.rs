//! A plan: rules, what happens to the chain, and the seed of all chance in them.

use std::time::Duration;

use super::fault::{ChainFault, Fault, Loss};
use super::rule::{Rule, Target};
use crate::services::Service;

/// Which faults happen where and how often.
///
/// ```
/// use ogpu_devnet::faults::{Fault, FaultPlan, Loss, Rule};
/// use ogpu_devnet::services::Service;
///
/// let plan = FaultPlan::seeded(7)
///     .rule(Rule::method("eth_sendRawTransaction", Fault::AnswerLost(Loss::Closed)).every(2))
///     .rule(Rule::rpc(Fault::Stale { blocks: 3 }).with_probability(0.1))
///     .rule(Rule::new(Service::Pinning, Fault::status(503)).first(1));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a plan does nothing until a network or an endpoint has it"]
pub struct FaultPlan {
    pub(super) seed: u64,
    pub(super) rules: Vec<Rule>,
    pub(super) chain: Vec<(Duration, ChainFault)>,
}

impl FaultPlan {
    /// No faults: everything passes, and is counted.
    pub const fn none() -> Self {
        Self::seeded(0)
    }

    /// No faults yet, and the seed of all chance in the rules to come.
    pub const fn seeded(seed: u64) -> Self {
        Self {
            seed,
            rules: Vec::new(),
            chain: Vec::new(),
        }
    }

    /// Adds a rule behind the others.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Has something happen to the chain now and then: each time after half the mean time to one
    /// and a half of it.
    pub fn chain(mut self, mean: Duration, fault: ChainFault) -> Self {
        self.chain.push((mean, fault));
        self
    }

    /// The same without what happens to the chain: what remains is the same every time.
    pub fn without_chain_faults(mut self) -> Self {
        self.chain.clear();
        self
    }

    /// Whether any rule is about the node, over HTTP or WebSocket.
    pub(super) fn concerns_node(&self) -> bool {
        self.rules
            .iter()
            .any(|rule| !matches!(rule.target, Target::Service(_)))
    }

    /// Everything at once, at rates that a careful client survives: beside delays, nearly one
    /// request in five has a fault, one sent transaction in three, and the chain has a
    /// reorganisation of up to 2 blocks about every 2 seconds.
    ///
    /// One request in a thousand is never answered, so a client needs a time limit of its own.
    pub fn heavy(seed: u64) -> Self {
        let rpc = |fault, probability| Rule::rpc(fault).with_probability(probability);
        let on = |method: &str, fault, probability| {
            Rule::method(method, fault).with_probability(probability)
        };
        let send = "eth_sendRawTransaction";
        let receipt = "eth_getTransactionReceipt";
        let plan = [
            rpc(jitter(20), 0.2),
            rpc(Fault::OutOfOrder, 0.5),
            rpc(Fault::Stale { blocks: 2 }, 0.05),
            on(send, Fault::AnswerLost(Loss::Closed), 0.1),
            on(send, Fault::RequestLost, 0.03),
            on(send, Fault::TransactionForgotten, 0.03),
            on(receipt, Fault::NullResult, 0.05),
            rpc(Fault::RequestLost, 0.02),
            rpc(Fault::AnswerLost(Loss::Closed), 0.02),
            rpc(Fault::AnswerLost(Loss::GatewayTimeout), 0.01),
            rpc(Fault::AnswerLost(Loss::Hangs), 0.001),
            rpc(Fault::ResetMidBody, 0.02),
            rpc(Fault::status(503), 0.02),
            rpc(Fault::too_many_requests(1), 0.005),
            rpc(Fault::TruncatedJson, 0.01),
            rpc(Fault::NotJson, 0.01),
            rpc(Fault::WrongId, 0.01),
            rpc(Fault::rpc_error(-32603, "internal error"), 0.01),
            Rule::new(Target::WebSocket, Fault::ClosedAfter(SECOND)).with_probability(0.5),
            Rule::new(Target::WebSocket, Fault::RequestLost).with_probability(0.1),
        ]
        .into_iter()
        .fold(Self::seeded(seed), Self::rule);
        let faults_of_http = [
            (jitter(20), 0.2),
            (Fault::RequestLost, 0.03),
            (Fault::AnswerLost(Loss::Closed), 0.03),
            (Fault::ResetMidBody, 0.03),
            (Fault::status(503), 0.03),
            (Fault::too_many_requests(1), 0.005),
            (Fault::TruncatedJson, 0.01),
        ];
        [Service::Pinning, Service::Gateway, Service::Management]
            .into_iter()
            .flat_map(|service| {
                faults_of_http.iter().map(move |(fault, probability)| {
                    Rule::new(service, fault.clone()).with_probability(*probability)
                })
            })
            .fold(plan, Self::rule)
            .chain(2 * SECOND, ChainFault::Reorg { deepest: 2 })
            .chain(2 * SECOND, ChainFault::DropPending { most: 3 })
            .chain(10 * SECOND, ChainFault::BaseFeeSpike { wei: 10 * GWEI })
            .chain(5 * SECOND, ChainFault::ClockSkew { most: 5 })
    }
}

const SECOND: Duration = Duration::from_secs(1);
const GWEI: u64 = 1_000_000_000;

const fn jitter(millis: u64) -> Fault {
    Fault::Delay {
        least: Duration::ZERO,
        jitter: Duration::from_millis(millis),
    }
}

impl Default for FaultPlan {
    fn default() -> Self {
        Self::none()
    }
}
