//! The ways to have a node perform many reads in one call, and which of them an endpoint takes.

use std::time::Duration;

use tokio::time::Instant;

/// How long it is remembered that a way failed: the node may only have been out of order, or be
/// replaced by one that takes it.
const MEMORY: Duration = Duration::from_secs(10 * 60);

/// How a program that performs reads is brought to a node, and its answer back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A state override puts the program at an address, and a call of it returns the answer.
    Override,
    /// The program is the code of a contract's creation, and the answer is what would be deployed.
    Creation,
    /// The same, but the creation reverts, with the answer as its reason.
    Reverting,
}

impl Way {
    /// All ways, the cheapest first.
    pub(crate) const ALL: [Self; 3] = [Self::Override, Self::Creation, Self::Reverting];
}

/// What an endpoint was seen to take.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ways([Standing; Way::ALL.len()]);

#[derive(Clone, Copy, Debug, Default)]
enum Standing {
    #[default]
    Untried,
    Works,
    FailsUntil(Instant),
}

impl Ways {
    /// Whether nothing speaks against this way.
    pub(super) fn takes(&self, way: Way) -> bool {
        match self.0[way as usize] {
            Standing::Untried | Standing::Works => true,
            Standing::FailsUntil(until) => until <= Instant::now(),
        }
    }

    pub(super) fn worked(&mut self, way: Way) {
        self.0[way as usize] = Standing::Works;
    }

    /// One failure of a way that has worked says little: a call may be too much for a node.
    pub(super) fn failed(&mut self, way: Way) {
        let standing = &mut self.0[way as usize];
        *standing = match standing {
            Standing::Works => Standing::Untried,
            Standing::Untried | Standing::FailsUntil(_) => {
                Standing::FailsUntil(Instant::now() + MEMORY)
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_way_that_failed_is_tried_again_after_a_while() {
        let mut ways = Ways::default();
        ways.failed(Way::Override);
        assert!(!ways.takes(Way::Override));
        assert!(ways.takes(Way::Creation));
        tokio::time::advance(MEMORY).await;
        assert!(ways.takes(Way::Override));
    }

    #[test]
    fn one_failure_does_not_end_a_way_that_has_worked() {
        let mut ways = Ways::default();
        ways.worked(Way::Creation);
        ways.failed(Way::Creation);
        assert!(ways.takes(Way::Creation));
        ways.failed(Way::Creation);
        assert!(!ways.takes(Way::Creation));
    }
}
