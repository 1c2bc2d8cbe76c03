//! The machines under random interleavings of all that the plumbing and the world can do.

mod model;

use model::{World, moves::moves};
use ogpu_tx::Policy;
use proptest::prelude::*;

fn policy(most_in_flight: usize) -> Policy {
    Policy {
        most_in_flight,
        most_replacements: 3,
        reorg_depth: model::chain::FINAL as u64,
        ..Policy::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 2_000, failure_persistence: None, ..ProptestConfig::with_cases(1_500) })]

    #[test]
    fn an_intent_takes_effect_once_and_every_caller_hears_the_truth(
        moves in moves(150),
        most_in_flight in prop_oneof![Just(2_usize), Just(64)],
    ) {
        let mut world = World::new(policy(most_in_flight));
        for one in moves {
            world.go(one);
        }
        world.settle_down();
        world.replay();
    }
}
