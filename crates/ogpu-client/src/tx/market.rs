//! What gas costs now: read from the chain's own blocks, once for each block at most.

use std::time::Duration;

use ogpu_tx::Fees;
use ogpu_types::Wei;
use serde::Deserialize;
use serde_json::json;
use tokio::{sync::Mutex, time::Instant};

use crate::rpc::{Block, BlockId, Quantity, Rpc, RpcError};

/// The blocks that the tip is taken from.
const HISTORY_BLOCKS: u64 = 10;
/// Half of the transactions of a block paid no more than this tip.
const HISTORY_PERCENTILE: f64 = 50.0;

/// What the chain asks for gas.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quote {
    pub(crate) fees: Fees,
    /// What the head block burns for each gas; zero on chains without EIP-1559.
    pub(crate) base_fee: Wei,
    /// The most gas that a block holds.
    pub(crate) block_gas_limit: u64,
    read: Instant,
}

/// The chain's fees, shared by all that a client sends.
#[derive(Debug, Default)]
pub(crate) struct Market {
    quote: Mutex<Option<Quote>>,
}

impl Market {
    /// The fees of the head block, or of one not older than `max_age`. Who asks while another one
    /// reads waits for the same answer.
    pub(crate) async fn quote(&self, rpc: &Rpc, max_age: Duration) -> Result<Quote, RpcError> {
        let mut cached = self.quote.lock().await;
        if let Some(quote) = cached.filter(|quote| quote.read.elapsed() < max_age) {
            return Ok(quote);
        }
        let quote = read(rpc).await?;
        *cached = Some(quote);
        Ok(quote)
    }
}

async fn read(rpc: &Rpc) -> Result<Quote, RpcError> {
    let read = Instant::now();
    let history = json!([
        Quantity::from(HISTORY_BLOCKS),
        BlockId::Latest,
        [HISTORY_PERCENTILE]
    ]);
    let (head, gas_price, history) = tokio::join!(
        rpc.call::<Block>("eth_getBlockByNumber", (BlockId::Latest, false)),
        rpc.call::<Quantity>("eth_gasPrice", ()),
        rpc.call::<FeeHistory>("eth_feeHistory", history),
    );
    let head = head?;
    Ok(Quote {
        // Optional: chains without EIP-1559 have no such method.
        fees: choose(&head, gas_price?.wei(), history.ok()),
        base_fee: head.base_fee_per_gas.map_or(Wei::ZERO, Quantity::wei),
        block_gas_limit: head.gas_limit,
        read,
    })
}

/// `eth_feeHistory`, as far as the tip needs it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FeeHistory {
    #[serde(default)]
    reward: Option<Vec<Vec<Quantity>>>,
}

/// Chooses the fees.
///
/// The head block's base fee decides the kind: where there is one, even zero, the chain has
/// EIP-1559. `max_fee` leaves room for the base fee to double, which takes at least six full
/// blocks; what is not needed is not paid.
fn choose(head: &Block, gas_price: Wei, history: Option<FeeHistory>) -> Fees {
    let Some(base_fee) = head.base_fee_per_gas else {
        return Fees::Legacy { gas_price };
    };
    let base_fee = base_fee.wei();
    let tip = history
        .and_then(median_tip)
        .unwrap_or_else(|| gas_price.saturating_sub(base_fee))
        // Some nodes refuse a tip of nothing.
        .max(Wei::from(1_u64));
    Fees::Eip1559 {
        max_fee: base_fee.saturating_add(base_fee).saturating_add(tip),
        tip,
    }
}

/// The median of the blocks' tips; blocks without transactions report zero and say nothing.
fn median_tip(history: FeeHistory) -> Option<Wei> {
    let mut tips: Vec<Wei> = history
        .reward?
        .into_iter()
        .filter_map(|block| block.first().map(|tip| tip.wei()))
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
            number: 1,
            hash: ogpu_types::Hash32::ZERO,
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
                gas_price: Wei::from(7 * GWEI)
            }
        );
    }

    #[test]
    fn a_base_fee_of_zero_is_still_eip1559() {
        let fees = choose(&head(Some(0)), Wei::from(5_u64), None);
        assert_eq!(
            fees,
            Fees::Eip1559 {
                max_fee: Wei::from(5_u64),
                tip: Wei::from(5_u64)
            }
        );
    }

    #[test]
    fn the_tip_is_the_median_of_blocks_with_transactions() {
        let fees = choose(&head(Some(GWEI)), Wei::ZERO, history(&[0, 9, 0, 3, 5]));
        assert_eq!(
            fees,
            Fees::Eip1559 {
                max_fee: Wei::from(2 * GWEI + 5),
                tip: Wei::from(5_u64)
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
                    max_fee: Wei::from(2 * GWEI + 2),
                    tip: Wei::from(2_u64)
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
                max_fee: Wei::from(201_u64),
                tip: Wei::from(1_u64)
            }
        );
    }
}
