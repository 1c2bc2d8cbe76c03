//! The numbers that sending goes by.

use serde::{Deserialize, Serialize};

use crate::Millis;

/// The numbers that sending goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// How many transactions may wait for their blocks at a time. Defaults to 64.
    pub most_in_flight: usize,
    /// The pause before bytes whose fate is unclear are offered again; it doubles each time, up to
    /// 10 s. Defaults to 250 ms.
    pub offer_pause: Millis,
    /// After this time the bytes of a transaction that is not mined are offered again: a node may
    /// have dropped them. Defaults to 5 s.
    pub reoffer_after: Millis,
    /// After this time without a block, the lowest transaction is replaced by one that offers more.
    /// Defaults to 60 s.
    pub replace_after: Millis,
    /// How often a transaction is replaced at most. Defaults to 10.
    pub most_replacements: usize,
    /// After this time a nonce that was given back, below others in use, gets a transaction of its
    /// own. Defaults to 500 ms.
    pub fill_after: Millis,
    /// How many looks must find the same before it counts as the chain's state, and not as one node
    /// behind a balancer that lags. Defaults to 5.
    pub looks: u32,
    /// The pause between such looks. Defaults to 1 s.
    pub look_pause: Millis,
    /// How many blocks on top make a block final enough to be forgotten. Defaults to 64.
    pub reorg_depth: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            most_in_flight: 64,
            offer_pause: 250,
            reoffer_after: 5_000,
            replace_after: 60_000,
            most_replacements: 10,
            fill_after: 500,
            looks: 5,
            look_pause: 1_000,
            reorg_depth: 64,
        }
    }
}
