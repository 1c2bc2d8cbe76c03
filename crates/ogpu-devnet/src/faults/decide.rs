//! Deciding the fate of each request, in the order in which they come.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::dice::Dice;
use super::fault::{Fault, Reach};
use super::log::Door;
use super::plan::FaultPlan;
use super::rule::{Rule, Target, When};

/// What is to happen to one request.
#[derive(Debug, Clone, Default)]
pub(super) struct Verdict {
    pub(super) delay: Duration,
    pub(super) stale: Option<u64>,
    /// What the new order of a batch's answers comes from.
    pub(super) order: Option<Dice>,
    pub(super) exchange: Option<Fault>,
    /// One for each call; empty if none has a fault.
    pub(super) calls: Vec<Option<Fault>>,
    /// All of the faults above, as the plan names them.
    pub(super) faults: Vec<Fault>,
}

impl Verdict {
    /// Waits as long as the request is delayed; even no time at all would take a timer's tick.
    pub(super) async fn wait(&self) {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
    }
}

/// A plan in force, and how often each of its rules was asked.
#[derive(Debug)]
pub(super) struct Decider {
    seed: u64,
    rules: Vec<Asked>,
}

/// A rule, and what came to it.
#[derive(Debug)]
struct Asked {
    rule: Rule,
    count: u64,
    /// When those came that a rate limit let pass, as far as they still count.
    passed: VecDeque<Instant>,
}

impl Decider {
    pub(super) fn new(plan: &FaultPlan) -> Self {
        Self {
            seed: plan.seed,
            rules: plan
                .rules
                .iter()
                .map(|rule| Asked {
                    rule: rule.clone(),
                    count: 0,
                    passed: VecDeque::new(),
                })
                .collect(),
        }
    }

    /// Decides about one request, with the methods of its calls if it is a JSON-RPC one.
    pub(super) fn decide(&mut self, door: Door, methods: &[&str]) -> Verdict {
        let mut verdict = Verdict::default();
        for index in 0..self.rules.len() {
            let rule = &self.rules[index].rule;
            if !is_at(&rule.target, door) {
                continue;
            }
            let concerned = |method: &&str| door != Door::Rpc || rule.target.covers_method(method);
            match rule.fault.reach() {
                Reach::Condition | Reach::Exchange
                    if door == Door::Rpc && !methods.iter().any(concerned) => {}
                Reach::Condition if is_idle(&rule.fault, methods) => {}
                Reach::Condition => {
                    if let Some(dice) = self.strike(index) {
                        self.apply_condition(index, dice, &mut verdict);
                    }
                }
                // A fault that has struck hides the request from the rules after it.
                Reach::Exchange | Reach::Call if verdict.exchange.is_some() => {}
                Reach::Exchange => {
                    let hidden = verdict.calls.iter().any(Option::is_some);
                    let idle = is_idle(&rule.fault, methods);
                    if !hidden && !idle && self.strike(index).is_some() {
                        verdict.exchange = Some(self.rules[index].rule.fault.clone());
                    }
                }
                Reach::Call => {
                    let meant: Vec<usize> = methods
                        .iter()
                        .enumerate()
                        .filter(|(_, method)| concerned(method))
                        .map(|(call, _)| call)
                        .collect();
                    verdict.calls.resize(methods.len(), None);
                    for call in meant {
                        if verdict.calls[call].is_none() && self.strike(index).is_some() {
                            verdict.calls[call] = Some(self.rules[index].rule.fault.clone());
                        }
                    }
                }
            }
        }
        let struck = verdict
            .exchange
            .iter()
            .chain(verdict.calls.iter().flatten());
        verdict.faults.extend(struck.cloned());
        verdict
    }

    /// Counts a request of a rule; if its fault strikes, the chance that goes with it.
    fn strike(&mut self, index: usize) -> Option<Dice> {
        let Asked {
            rule,
            count,
            passed,
        } = &mut self.rules[index];
        let before = *count;
        *count += 1;
        let nth = before.checked_sub(rule.after)?;
        let mut dice = Dice::new(self.seed, index as u64, nth);
        let strikes = match rule.when {
            When::Always => true,
            When::First(first) => nth < first,
            When::Every(every) => (nth + 1).is_multiple_of(every),
            When::Probability(probability) => dice.hits(probability),
            When::Above { count, per } => is_above(passed, count, per),
        };
        strikes.then_some(dice)
    }

    fn apply_condition(&self, index: usize, mut dice: Dice, verdict: &mut Verdict) {
        let fault = &self.rules[index].rule.fault;
        match fault {
            Fault::Delay { least, jitter } => verdict.delay += *least + dice.duration(*jitter),
            Fault::Stale { blocks } => {
                verdict.stale = Some(verdict.stale.unwrap_or(0).max(*blocks));
            }
            Fault::OutOfOrder => verdict.order = Some(dice),
            _ => return,
        }
        verdict.faults.push(fault.clone());
    }
}

/// Whether one more now is more than `count` in the time `per`; if not, it has passed.
fn is_above(passed: &mut VecDeque<Instant>, count: usize, per: Duration) -> bool {
    let now = Instant::now();
    while passed.front().is_some_and(|then| now - *then >= per) {
        passed.pop_front();
    }
    let above = passed.len() >= count;
    if !above {
        passed.push_back(now);
    }
    above
}

/// Whether a fault of batches would change nothing about a request with these calls.
const fn is_idle(fault: &Fault, methods: &[&str]) -> bool {
    match fault {
        Fault::BatchLimit(most) => methods.len() <= *most,
        Fault::OutOfOrder => methods.len() < 2,
        _ => false,
    }
}

fn is_at(target: &Target, door: Door) -> bool {
    match target {
        Target::Rpc | Target::Methods(_) => door == Door::Rpc,
        Target::WebSocket => door == Door::WebSocket,
        Target::Service(service) => door == Door::Service(*service),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Loss;

    fn fates(plan: &FaultPlan, requests: &[&[&str]]) -> Vec<Vec<Fault>> {
        let mut decider = Decider::new(plan);
        requests
            .iter()
            .map(|methods| decider.decide(Door::Rpc, methods).faults)
            .collect()
    }

    #[test]
    fn the_same_seed_decides_the_same_and_another_seed_otherwise() {
        let requests: Vec<&[&str]> = vec![&["eth_call", "eth_sendRawTransaction"]; 300];
        let of = |seed| fates(&FaultPlan::heavy(seed), &requests);
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn rules_are_a_script_when_each_is_for_the_first() {
        let lost = Fault::AnswerLost(Loss::Closed);
        let plan = FaultPlan::none()
            .rule(Rule::rpc(Fault::RequestLost).first(1))
            .rule(Rule::rpc(lost.clone()).first(1));
        assert_eq!(
            fates(&plan, &[&["a"], &["a"], &["a"]]),
            [vec![Fault::RequestLost], vec![lost], vec![]]
        );
    }

    #[test]
    fn a_fault_of_calls_strikes_those_that_are_meant_and_counts_each() {
        let plan = FaultPlan::none().rule(Rule::method("a", Fault::NullResult).every(2));
        let verdict = Decider::new(&plan).decide(Door::Rpc, &["a", "b", "a", "a"]);
        assert_eq!(verdict.calls, [None, None, Some(Fault::NullResult), None]);
    }

    #[test]
    fn a_fault_of_the_connection_hides_the_request_from_later_rules() {
        let plan = FaultPlan::none()
            .rule(Rule::method("b", Fault::RequestLost))
            .rule(Rule::rpc(Fault::NullResult).first(1));
        assert_eq!(
            fates(&plan, &[&["a", "b"], &["a"], &["a"]]),
            [vec![Fault::RequestLost], vec![Fault::NullResult], vec![]]
        );
    }

    #[test]
    fn a_fault_of_a_call_hides_the_request_from_later_rules_for_all_of_it() {
        let plan = FaultPlan::none()
            .rule(Rule::method("a", Fault::NullResult))
            .rule(Rule::rpc(Fault::RequestLost).first(1));
        assert_eq!(
            fates(&plan, &[&["a", "b"], &["b"], &["b"]]),
            [vec![Fault::NullResult], vec![Fault::RequestLost], vec![]]
        );
    }

    #[test]
    fn after_lets_requests_pass_before_anything_counts() {
        let plan = FaultPlan::none().rule(Rule::rpc(Fault::RequestLost).first(1).after(2));
        let requests: Vec<&[&str]> = vec![&["a"]; 4];
        let struck: Vec<bool> = fates(&plan, &requests)
            .iter()
            .map(|faults| !faults.is_empty())
            .collect();
        assert_eq!(struck, [false, false, true, false]);
    }

    #[test]
    fn a_batch_within_the_limit_passes() {
        let plan = FaultPlan::none().rule(Rule::rpc(Fault::BatchLimit(2)));
        assert_eq!(
            fates(&plan, &[&["a", "a"], &["a", "a", "a"]]),
            [vec![], vec![Fault::BatchLimit(2)]]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_limit_strikes_what_is_more_than_fits_into_the_time() {
        let second = Duration::from_secs(1);
        let limit = Rule::rpc(Fault::too_many_requests(1)).above(2, second);
        let mut decider = Decider::new(&FaultPlan::none().rule(limit));
        let mut strikes = || !decider.decide(Door::Rpc, &["a"]).faults.is_empty();
        assert_eq!([strikes(), strikes(), strikes()], [false, false, true]);
        tokio::time::advance(second / 2).await;
        assert!(strikes());
        tokio::time::advance(second / 2).await;
        assert_eq!([strikes(), strikes(), strikes()], [false, false, true]);
    }
}
