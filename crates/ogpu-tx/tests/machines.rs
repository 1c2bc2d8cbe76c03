//! The machines under random interleavings of all that the plumbing and the world can do.

mod model;

use model::{World, moves::moves};
use ogpu_tx::Policy;
use proptest::prelude::*;

fn policy() -> impl Strategy<Value = Policy> {
    let most_in_flight = prop_oneof![Just(1_usize), Just(2), Just(64)];
    let looks = prop_oneof![Just(1_u32), Just(5)];
    (most_in_flight, looks, 1..4_usize).prop_map(|(most_in_flight, looks, most_replacements)| {
        Policy {
            most_in_flight,
            looks,
            most_replacements,
            reorg_depth: model::chain::FINAL as u64,
            ..Policy::default()
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 2_000, failure_persistence: None, ..ProptestConfig::with_cases(1_200) })]

    #[test]
    fn an_intent_takes_effect_once_and_every_caller_hears_the_truth(
        moves in moves(150),
        policy in policy(),
    ) {
        let mut world = World::new(policy);
        for one in moves {
            world.go(one);
        }
        world.settle_down();
        world.replay();
    }
}
