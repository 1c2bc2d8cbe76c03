//! Fee rules: the base fee's movement, suggested prices, and the history of both.

use alloy_consensus::Header;
use alloy_eips::eip1559::{BaseFeeParams, calc_next_block_base_fee};
use alloy_rpc_types_eth::FeeHistory;

use super::block::Block;
use super::history::History;
use super::tx;

/// The suggested tip, and the suggested price on a chain without a base fee: 1 gwei, in wei.
pub(crate) const SUGGESTED_TIP: u64 = 1_000_000_000;

/// The most blocks that one fee history covers, as in geth.
const HISTORY_LIMIT: u64 = 1024;

/// The base fee of the block after `parent`, by Ethereum's rule; none on a chain without one.
///
/// Empty blocks lower it to 7 wei and no further, since an eighth of less rounds to nothing.
pub(crate) fn next_base_fee(parent: &Header) -> Option<u64> {
    let base_fee = parent.base_fee_per_gas?;
    Some(calc_next_block_base_fee(
        parent.gas_used,
        parent.gas_limit,
        base_fee,
        BaseFeeParams::ethereum(),
    ))
}

/// The suggested price for a legacy transaction, in wei.
pub(crate) fn suggested_price(next_base_fee: Option<u64>) -> u64 {
    next_base_fee.unwrap_or(0).saturating_add(SUGGESTED_TIP)
}

/// The fee history of up to `count` blocks ending with `newest`, with the base fee `next` after them
/// and the tips at `percentiles`.
pub(crate) fn history(
    history: &History,
    count: u64,
    newest: &Block,
    next: Option<u64>,
    percentiles: Option<&[f64]>,
) -> FeeHistory {
    let count = count.min(HISTORY_LIMIT).min(newest.number() + 1);
    let oldest = newest.number() + 1 - count;
    let blocks: Vec<_> = (oldest..=newest.number())
        .filter_map(|number| history.block(number))
        .collect();
    let mut base_fees: Vec<u128> = blocks
        .iter()
        .map(|block| block.header().base_fee_per_gas.unwrap_or(0).into())
        .collect();
    base_fees.push(next.unwrap_or(0).into());
    FeeHistory {
        oldest_block: oldest,
        base_fee_per_blob_gas: vec![1; base_fees.len()],
        base_fee_per_gas: base_fees,
        gas_used_ratio: blocks
            .iter()
            .map(|block| ratio(block.header().gas_used, block.header().gas_limit))
            .collect(),
        blob_gas_used_ratio: vec![0.0; blocks.len()],
        reward: percentiles.map(|percentiles| {
            blocks
                .iter()
                .map(|block| tips(block, percentiles))
                .collect()
        }),
    }
}

/// The tips at `percentiles` of a block's gas, cheapest gas first.
fn tips(block: &Block, percentiles: &[f64]) -> Vec<u128> {
    let base_fee = block.header().base_fee_per_gas;
    let mut paid: Vec<(u128, u64)> = block
        .transactions()
        .iter()
        .zip(block.receipts())
        .map(|(tx, receipt)| (tx::tip(tx.inner(), base_fee), receipt.gas_used))
        .collect();
    paid.sort_unstable();
    let total = block.header().gas_used;
    percentiles
        .iter()
        .map(|percentile| {
            let mut gas = 0;
            paid.iter()
                .find(|(_, used)| {
                    gas += used;
                    ratio(gas, total) * 100.0 >= *percentile
                })
                .or(paid.last())
                .map_or(0, |(tip, _)| *tip)
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "gas amounts are far below 2^53")]
const fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(gas_used: u64, base_fee: Option<u64>) -> Header {
        Header {
            gas_used,
            gas_limit: 30_000_000,
            base_fee_per_gas: base_fee,
            ..Header::default()
        }
    }

    #[test]
    fn the_base_fee_moves_by_an_eighth_at_most() {
        assert_eq!(next_base_fee(&header(30_000_000, Some(800))), Some(900));
        assert_eq!(next_base_fee(&header(15_000_000, Some(800))), Some(800));
        assert_eq!(next_base_fee(&header(0, Some(800))), Some(700));
    }

    #[test]
    fn empty_blocks_stop_at_seven_wei() {
        let lowest = (0..300).fold(1_000_000_000, |fee, _| {
            next_base_fee(&header(0, Some(fee))).unwrap_or(0)
        });
        assert_eq!(lowest, 7);
    }

    #[test]
    fn a_chain_without_a_base_fee_keeps_none_and_suggests_a_gwei() {
        assert_eq!(next_base_fee(&header(0, None)), None);
        assert_eq!(suggested_price(None), SUGGESTED_TIP);
        assert_eq!(suggested_price(Some(5)), SUGGESTED_TIP + 5);
    }
}
