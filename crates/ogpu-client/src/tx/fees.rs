//! What to pay for gas: decided from the chain's own blocks.

use ogpu_types::Wei;
use primitive_types::U256;
use serde::Deserialize;

use crate::rpc::{Block, Quantity};

/// The blocks that the tip is taken from.
pub(super) const HISTORY_BLOCKS: u64 = 10;
/// Half of the transactions of a block paid no more than this tip.
pub(super) const HISTORY_PERCENTILE: f64 = 50.0;

/// What a transaction offers for each gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fees {
    /// A chain without EIP-1559: one price.
    Legacy { gas_price: U256 },
    /// EIP-1559: at most `max_fee`, of which at most `tip` goes to the block's maker.
    Eip1559 { max_fee: U256, tip: U256 },
}

impl Fees {
    /// The most that each gas can cost.
    pub(crate) fn ceiling(self) -> U256 {
        match self {
            Self::Legacy { gas_price } => gas_price,
            Self::Eip1559 { max_fee, .. } => max_fee,
        }
    }
}

/// `eth_feeHistory`, as far as the tip needs it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FeeHistory {
    #[serde(default)]
    reward: Option<Vec<Vec<Quantity>>>,
}

/// Chooses the fees.
///
/// The head block's base fee decides the kind: where there is one, even zero, the chain has
/// EIP-1559. `max_fee` leaves room for the base fee to double, which takes at least six full
/// blocks; what is not needed is not paid.
pub(super) fn choose(head: &Block, gas_price: Wei, history: Option<FeeHistory>) -> Fees {
    let gas_price = U256::from(gas_price);
    let Some(base_fee) = head.base_fee_per_gas else {
        return Fees::Legacy { gas_price };
    };
    let base_fee = U256::from(base_fee.wei());
    let tip = history
        .and_then(median_tip)
        .unwrap_or_else(|| gas_price.saturating_sub(base_fee))
        // Some nodes refuse a tip of nothing.
        .max(U256::one());
    Fees::Eip1559 {
        max_fee: base_fee.saturating_mul(2.into()).saturating_add(tip),
        tip,
    }
}

/// The median of the blocks' tips; blocks without transactions report zero and say nothing.
fn median_tip(history: FeeHistory) -> Option<U256> {
    let mut tips: Vec<U256> = history
        .reward?
        .into_iter()
        .filter_map(|block| block.first().map(|tip| U256::from(tip.wei())))
        .filter(|tip| !tip.is_zero())
        .collect();
    tips.sort_unstable();
    tips.get(tips.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GWEI: u64 = 1_000_000_000;

    fn head(base_fee: Option<u64>) -> Block {
        Block {
            timestamp: 1,
            gas_limit: 30_000_000,
            base_fee_per_gas: base_fee.map(Quantity::from),
        }
    }

    fn history(tips: &[u64]) -> Option<FeeHistory> {
        Some(FeeHistory {
            reward: Some(tips.iter().map(|&tip| vec![tip.into()]).collect()),
        })
    }

    #[test]
    fn a_chain_without_base_fee_gets_its_gas_price() {
        let fees = choose(&head(None), Wei::from(7 * GWEI), history(&[1, 2]));
        assert_eq!(
            fees,
            Fees::Legacy {
                gas_price: (7 * GWEI).into()
            }
        );
    }

    #[test]
    fn a_base_fee_of_zero_is_still_eip1559() {
        let fees = choose(&head(Some(0)), Wei::from(5_u64), None);
        assert_eq!(
            fees,
            Fees::Eip1559 {
                max_fee: 5.into(),
                tip: 5.into()
            }
        );
    }

    #[test]
    fn the_tip_is_the_median_of_blocks_with_transactions() {
        let fees = choose(&head(Some(GWEI)), Wei::ZERO, history(&[0, 9, 0, 3, 5]));
        assert_eq!(
            fees,
            Fees::Eip1559 {
                max_fee: (2 * GWEI + 5).into(),
                tip: 5.into()
            }
        );
    }

    #[test]
    fn without_history_the_tip_is_what_the_gas_price_leaves() {
        for nothing in [
            None,
            history(&[]),
            history(&[0, 0]),
            Some(FeeHistory::default()),
        ] {
            let fees = choose(&head(Some(GWEI)), Wei::from(GWEI + 2), nothing);
            assert_eq!(
                fees,
                Fees::Eip1559 {
                    max_fee: (2 * GWEI + 2).into(),
                    tip: 2.into()
                }
            );
        }
    }

    #[test]
    fn there_is_no_floor_but_one_wei() {
        let fees = choose(&head(Some(100)), Wei::from(1_u64), None);
        assert_eq!(
            fees,
            Fees::Eip1559 {
                max_fee: 201.into(),
                tip: 1.into()
            }
        );
    }
}
