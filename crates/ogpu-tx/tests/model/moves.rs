//! What the world and the plumbing can do, as data.

use proptest::prelude::*;

/// One step. Numbers choose among what there is at that moment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Move {
    Want {
        confirmations: u64,
        asks: bool,
        behind: usize,
        max_fee: u64,
    },
    /// Ends a piece of work that is under way.
    Work {
        which: usize,
        how: u8,
    },
    /// Ends the oldest pieces of work, well.
    WorkWell {
        pieces: usize,
    },
    /// The head is looked at; the account hears of it with the next poll.
    Look,
    Poll {
        behind: usize,
    },
    Tick {
        after: u64,
    },
    TickWhenDue,
    Abandon {
        which: usize,
    },
    Await {
        which: usize,
    },
    Interrupt {
        done: u8,
    },
    Restart {
        done: u8,
    },
    Mine {
        most: usize,
    },
    Reorganise {
        depth: usize,
        lost: u8,
        most: usize,
    },
    Foreign {
        max_fee: u64,
    },
    /// Another program takes the next nonce, whoever waits there.
    Rival,
    Drop {
        which: usize,
    },
    Resurface {
        which: usize,
    },
    Deliver {
        which: usize,
    },
    Market {
        min_fee: u64,
    },
}

pub(crate) fn moves(most: usize) -> impl Strategy<Value = Vec<Move>> {
    let behind = || prop_oneof![4 => Just(0_usize), 1 => 1..4_usize];
    let which = || 0..16_usize;
    let one = prop_oneof![
        6 => (1..4_u64, any::<bool>(), behind(), 5..40_u64).prop_map(
            |(confirmations, asks, behind, max_fee)| Move::Want { confirmations, asks, behind, max_fee }
        ),
        24 => (which(), any::<u8>()).prop_map(|(which, how)| Move::Work { which, how }),
        8 => (1..8_usize).prop_map(|pieces| Move::WorkWell { pieces }),
        2 => Just(Move::Look),
        6 => behind().prop_map(|behind| Move::Poll { behind }),
        5 => prop_oneof![Just(0), 1..600_u64, 1_000..20_000_u64, Just(61_000)]
            .prop_map(|after| Move::Tick { after }),
        5 => Just(Move::TickWhenDue),
        3 => which().prop_map(|which| Move::Abandon { which }),
        2 => which().prop_map(|which| Move::Await { which }),
        1 => any::<u8>().prop_map(|done| Move::Interrupt { done }),
        1 => any::<u8>().prop_map(|done| Move::Restart { done }),
        9 => (0..4_usize).prop_map(|most| Move::Mine { most }),
        2 => (1..4_usize, any::<u8>(), 0..3_usize)
            .prop_map(|(depth, lost, most)| Move::Reorganise { depth, lost, most }),
        2 => (5..60_u64).prop_map(|max_fee| Move::Foreign { max_fee }),
        2 => Just(Move::Rival),
        2 => which().prop_map(|which| Move::Drop { which }),
        1 => which().prop_map(|which| Move::Resurface { which }),
        2 => which().prop_map(|which| Move::Deliver { which }),
        1 => (1..50_u64).prop_map(|min_fee| Move::Market { min_fee }),
    ];
    proptest::collection::vec(one, 1..most)
}
