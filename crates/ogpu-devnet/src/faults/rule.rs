//! Where and how often a fault happens.

use std::time::Duration;

use super::fault::Fault;
use crate::services::Service;

/// The requests that a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// Every JSON-RPC call over HTTP.
    Rpc,
    /// JSON-RPC calls over HTTP of these methods.
    Methods(Vec<String>),
    /// WebSocket connections to the node. The messages on them pass as they are.
    WebSocket,
    /// The requests to a service.
    Service(Service),
}

impl Target {
    /// JSON-RPC calls over HTTP of one method.
    pub fn method(name: impl Into<String>) -> Self {
        Self::Methods(vec![name.into()])
    }

    /// Whether a fault can happen to such requests at all.
    const fn can_have(&self, fault: &Fault) -> bool {
        match self {
            Self::Rpc | Self::Methods(_) => !matches!(fault, Fault::ClosedAfter(_)),
            Self::WebSocket => matches!(
                fault,
                Fault::Delay { .. }
                    | Fault::RequestLost
                    | Fault::Status { .. }
                    | Fault::ClosedAfter(_)
            ),
            Self::Service(_) => matches!(
                fault,
                Fault::Delay { .. }
                    | Fault::RequestLost
                    | Fault::Status { .. }
                    | Fault::AnswerLost(_)
                    | Fault::ResetMidBody
                    | Fault::TruncatedJson
                    | Fault::NotJson
            ),
        }
    }

    pub(super) fn covers_method(&self, method: &str) -> bool {
        match self {
            Self::Rpc => true,
            Self::Methods(methods) => methods.iter().any(|name| name == method),
            Self::WebSocket | Self::Service(_) => false,
        }
    }
}

impl From<Service> for Target {
    fn from(service: Service) -> Self {
        Self::Service(service)
    }
}

/// How often.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum When {
    Always,
    First(u64),
    Every(u64),
    Probability(f64),
    Above { count: usize, per: Duration },
}

/// A fault, where it happens, and how often.
///
/// A request is counted when it reaches the rule: the rules of a plan are asked in their order, and
/// once a fault has struck, later rules do not see the request. So `first(1)` of one fault before
/// `first(1)` of another strikes the first request with one and the second with the other. Delays,
/// staleness and the order of a batch are the exception: they add up, and hide nothing.
///
/// A fault of the connection or of HTTP strikes a batch as a whole if any call in it is meant; the
/// batch counts once. A fault of JSON-RPC strikes, and counts, each call that is meant; the other
/// calls are left to later rules of that kind.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a rule does nothing until it is in a plan"]
pub struct Rule {
    pub(super) target: Target,
    pub(super) fault: Fault,
    pub(super) when: When,
    pub(super) after: u64,
}

impl Rule {
    /// This fault happens to every request of the target.
    ///
    /// # Panics
    ///
    /// If it cannot happen there, as [`Fault`] says, or is a status that is not 200 to 599.
    pub fn new(target: impl Into<Target>, fault: Fault) -> Self {
        let target = target.into();
        assert!(
            target.can_have(&fault),
            "{fault:?} cannot happen to {target:?}"
        );
        if let Fault::Status { status, .. } = fault {
            assert!(
                (200..600).contains(&status),
                "the status {status} is not 200 to 599"
            );
        }
        Self {
            target,
            fault,
            when: When::Always,
            after: 0,
        }
    }

    /// This fault happens to every JSON-RPC call over HTTP.
    pub fn rpc(fault: Fault) -> Self {
        Self::new(Target::Rpc, fault)
    }

    /// This fault happens to every JSON-RPC call over HTTP of one method.
    pub fn method(name: impl Into<String>, fault: Fault) -> Self {
        Self::new(Target::method(name), fault)
    }

    /// Only to the first `count`.
    pub fn first(mut self, count: u64) -> Self {
        self.when = When::First(count);
        self
    }

    /// Only to every `nth`: to the last of each `nth` requests.
    ///
    /// # Panics
    ///
    /// If `nth` is 0.
    pub fn every(mut self, nth: u64) -> Self {
        assert!(nth > 0, "every 0th request is none; use 1 for all");
        self.when = When::Every(nth);
        self
    }

    /// Only with this probability, from 0 to 1, as the plan's seed decides.
    ///
    /// # Panics
    ///
    /// If it is not within 0 and 1.
    pub fn with_probability(mut self, probability: f64) -> Self {
        assert!(
            (0.0..=1.0).contains(&probability),
            "the probability {probability} is not within 0 and 1"
        );
        self.when = When::Probability(probability);
        self
    }

    /// Only to what is more than `count` in any time of this length: a rate limit. What the fault
    /// strikes counts as if it had never come. The clock decides about it, not the seed.
    pub fn above(mut self, count: usize, per: Duration) -> Self {
        self.when = When::Above { count, per };
        self
    }

    /// Only once `count` requests have passed; how often is counted from there.
    pub fn after(mut self, count: u64) -> Self {
        self.after = count;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic = "WrongId cannot happen to Service(Gateway)"]
    fn a_service_has_no_faults_of_json_rpc() {
        let _ = Rule::new(Service::Gateway, Fault::WrongId);
    }

    #[test]
    #[should_panic = "the status 700 is not 200 to 599"]
    fn a_status_must_be_one() {
        let _ = Rule::rpc(Fault::status(700));
    }

    #[test]
    #[should_panic = "the probability 1.5 is not within 0 and 1"]
    fn a_probability_must_be_one() {
        let _ = Rule::rpc(Fault::NullResult).with_probability(1.5);
    }
}
