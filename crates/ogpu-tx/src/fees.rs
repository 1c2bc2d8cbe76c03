//! What a transaction offers for its gas, and how much more its replacement has to offer.

use ogpu_types::Wei;
use serde::{Deserialize, Serialize};

/// What a transaction offers for each gas, in wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Fees {
    /// A chain without EIP-1559: one price.
    Legacy {
        /// The price of each gas.
        gas_price: Wei,
    },
    /// EIP-1559.
    Eip1559 {
        /// The most that each gas may cost, tip included.
        max_fee: Wei,
        /// What of that goes to the block's maker at most.
        tip: Wei,
    },
}

/// The most that a transaction may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeCaps {
    /// The most for each gas, in wei. Defaults to no limit.
    pub max_fee_per_gas: Option<Wei>,
    /// The most for the whole transaction, its value included, in wei. Defaults to no limit.
    pub max_total_cost: Option<Wei>,
}

impl FeeCaps {
    /// The most for each gas of a transaction with this gas limit and value; `None` is no limit.
    pub fn per_gas(&self, gas_limit: u64, value: Wei) -> Option<Wei> {
        let by_total = self.max_total_cost.map(|total| {
            total
                .saturating_sub(value)
                .checked_div(gas_limit.max(1))
                .unwrap_or(Wei::ZERO)
        });
        match (self.max_fee_per_gas, by_total) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, other) => one.or(other),
        }
    }
}

impl Fees {
    /// The most that each gas can cost, in wei.
    pub fn ceiling(self) -> Wei {
        match self {
            Self::Legacy { gas_price } => gas_price,
            Self::Eip1559 { max_fee, .. } => max_fee,
        }
    }

    /// The least that nodes take in place of these fees, or the market's when they are higher.
    ///
    /// Nodes ask for an eighth more on both fields (geth 10 %, others 12.5 %).
    pub fn replaced_by(self, market: Self) -> Self {
        match (self, market) {
            (Self::Legacy { gas_price }, market) => Self::Legacy {
                gas_price: an_eighth_more(gas_price).max(market.ceiling()),
            },
            (Self::Eip1559 { max_fee, tip }, market) => {
                let (market_fee, market_tip) = match market {
                    Self::Eip1559 { max_fee, tip } => (max_fee, tip),
                    Self::Legacy { gas_price } => (gas_price, gas_price),
                };
                let tip = an_eighth_more(tip).max(market_tip);
                Self::Eip1559 {
                    max_fee: an_eighth_more(max_fee).max(market_fee).max(tip),
                    tip,
                }
            }
        }
    }

    /// These fees, lowered to a limit for each gas.
    pub fn capped(self, per_gas: Option<Wei>) -> Self {
        let Some(cap) = per_gas else { return self };
        match self {
            Self::Legacy { gas_price } => Self::Legacy {
                gas_price: gas_price.min(cap),
            },
            Self::Eip1559 { max_fee, tip } => Self::Eip1559 {
                max_fee: max_fee.min(cap),
                tip: tip.min(cap),
            },
        }
    }

    /// Whether a node takes these fees in place of others.
    pub fn replaces(self, old: Self) -> bool {
        match (self, old) {
            (
                Self::Eip1559 { max_fee, tip },
                Self::Eip1559 {
                    max_fee: old_fee,
                    tip: old_tip,
                },
            ) => max_fee >= an_eighth_more(old_fee) && tip >= an_eighth_more(old_tip),
            (new, old) => new.ceiling() >= an_eighth_more(old.ceiling()),
        }
    }
}

/// At least 12.5 % more, and at least one wei.
fn an_eighth_more(wei: Wei) -> Wei {
    let eighth = wei
        .saturating_add(Wei::from(7_u64))
        .checked_div(8)
        .unwrap_or(Wei::ZERO);
    wei.saturating_add(eighth.max(Wei::from(1_u64)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wei(wei: u64) -> Wei {
        Wei::from(wei)
    }

    fn eip1559(max_fee: u64, tip: u64) -> Fees {
        Fees::Eip1559 {
            max_fee: wei(max_fee),
            tip: wei(tip),
        }
    }

    #[test]
    fn a_replacement_offers_an_eighth_more_on_both_fields() {
        assert_eq!(eip1559(80, 8).replaced_by(eip1559(1, 1)), eip1559(90, 9));
        assert_eq!(eip1559(1, 1).replaced_by(eip1559(1, 1)), eip1559(2, 2));
        assert_eq!(eip1559(0, 0).replaced_by(eip1559(0, 0)), eip1559(1, 1));
    }

    #[test]
    fn a_replacement_follows_a_market_that_rose_more() {
        assert_eq!(eip1559(80, 8).replaced_by(eip1559(800, 2)), eip1559(800, 9));
        let legacy = Fees::Legacy { gas_price: wei(80) };
        assert_eq!(
            legacy.replaced_by(eip1559(200, 1)),
            Fees::Legacy {
                gas_price: wei(200)
            }
        );
    }

    #[test]
    fn the_lower_of_two_caps_counts() {
        let caps = FeeCaps {
            max_fee_per_gas: Some(wei(100)),
            max_total_cost: Some(wei(5_000)),
        };
        assert_eq!(caps.per_gas(10, wei(1_000)), Some(wei(100)));
        assert_eq!(caps.per_gas(100, wei(1_000)), Some(wei(40)));
        assert_eq!(caps.per_gas(100, wei(9_000)), Some(Wei::ZERO));
        assert_eq!(FeeCaps::default().per_gas(1, wei(1)), None);
    }

    proptest! {
        #[test]
        fn a_replacement_is_taken_for_one_and_never_lowers_a_fee(
            fee: u64, tip: u64, market_fee: u64, market_tip: u64,
        ) {
            let old = eip1559(fee.max(tip), fee.min(tip));
            let new = old.replaced_by(eip1559(market_fee.max(market_tip), market_fee.min(market_tip)));
            prop_assert!(new.replaces(old));
            prop_assert!(!old.replaces(new));
            let Fees::Eip1559 { max_fee, tip } = new else { unreachable!() };
            prop_assert!(max_fee >= tip);
        }

        #[test]
        fn a_cap_is_never_exceeded(fee: u64, tip: u64, cap: u64) {
            let capped = eip1559(fee.max(tip), fee.min(tip)).capped(Some(wei(cap)));
            let Fees::Eip1559 { max_fee, tip } = capped else { unreachable!() };
            prop_assert!(max_fee <= wei(cap) && tip <= max_fee);
        }
    }
}
