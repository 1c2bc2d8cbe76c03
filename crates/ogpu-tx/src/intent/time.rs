//! What time, blocks and interruptions bring to an intent.

use super::{Intent, Replacing, Stage, Standing, Todo};
use crate::{Millis, Policy, Verdict};

impl Intent {
    /// What time alone brings.
    pub(crate) fn tick(&mut self, now: Millis, policy: &Policy, standing: Standing) -> Vec<Todo> {
        let mut todo = Vec::new();
        if self.stuck_at(policy, standing).is_some_and(|at| at <= now) {
            if standing.is_next {
                return self.price();
            }
            // Something is below that is not the account's own doing: what, the count tells.
            self.stuck_at = now.saturating_add(policy.reoffer_after);
            todo.push(Todo::Count);
        }
        if self.offered_again_at(standing).is_some_and(|at| at <= now) {
            todo.extend(self.offer());
        }
        todo
    }

    /// When [`tick`](Self::tick) has something to do next, if nothing else happens.
    pub(crate) fn next_tick(&self, policy: &Policy, standing: Standing) -> Option<Millis> {
        let stuck = self.stuck_at(policy, standing);
        stuck
            .into_iter()
            .chain(self.offered_again_at(standing))
            .min()
    }

    fn stuck_at(&self, policy: &Policy, standing: Standing) -> Option<Millis> {
        let can_be_replaced =
            self.may_have_arrived && self.versions.len() <= policy.most_replacements;
        (self.stage == Stage::Out(Replacing::No)
            && self.is_wanted(standing)
            && standing.is_first
            && (can_be_replaced || !standing.is_next))
            .then_some(self.stuck_at)
    }

    fn offered_again_at(&self, standing: Standing) -> Option<Millis> {
        (self.is_out() && self.is_wanted(standing) && self.unanswered == 0)
            .then(|| self.next_offer.unwrap_or(0))
    }

    /// Whether it is to be helped along.
    fn is_wanted(&self, standing: Standing) -> bool {
        !self.is_given_up && (self.is_followed() || standing.is_needed)
    }

    /// The head is at this block: it may be deep enough to conclude, or to be forgotten.
    pub(crate) fn head(&mut self, head: u64, policy: &Policy) -> Vec<Todo> {
        let Stage::Mined {
            hash,
            block,
            is_doubted: false,
        } = self.stage
        else {
            return Vec::new();
        };
        let Some(on_top) = head.checked_sub(block) else {
            return Vec::new();
        };
        let is_deep = on_top >= self.confirmations.saturating_sub(1);
        let is_buried = on_top >= policy.reorg_depth && (self.concluded || is_deep);
        let mut todo = Vec::new();
        if (is_deep || is_buried) && !std::mem::replace(&mut self.is_settled, true) {
            todo.push(Todo::Settle { hash });
        }
        if is_deep {
            todo.extend(self.conclude(Verdict::Included { hash }));
        }
        if is_buried {
            self.stage = Stage::Ended;
            todo.push(Todo::Forget);
        }
        todo
    }

    /// Blocks that were seen are gone: its own may be one of them.
    pub(crate) fn doubt(&mut self) -> Option<Todo> {
        match &mut self.stage {
            Stage::Mined { is_doubted, .. } => {
                *is_doubted = true;
                Some(Todo::FindReceipt)
            }
            _ => None,
        }
    }

    /// The process that did its work has ended, and another goes on: work under way is lost.
    pub(crate) fn interrupted(&mut self, now: Millis, policy: &Policy) -> Vec<Todo> {
        if self.unanswered > 0 {
            self.unanswered = 0;
            self.may_have_arrived = true;
            self.next_offer = Some(now);
        }
        match (self.stage, self.nonce, self.versions.last()) {
            (Stage::Signing, Some(nonce), _) => vec![Todo::Sign { nonce, fees: None }],
            (Stage::Storing | Stage::Out(Replacing::Storing), _, Some(version)) => {
                vec![Todo::Store { hash: version.hash }]
            }
            (Stage::Withdrawing(_), ..) => vec![Todo::Withdraw],
            (Stage::Out(Replacing::Pricing | Replacing::Signing), ..) => {
                self.not_replaced(now, policy)
            }
            (
                Stage::Mined {
                    is_doubted: true, ..
                },
                ..,
            ) => vec![Todo::FindReceipt],
            _ => Vec::new(),
        }
    }
}
