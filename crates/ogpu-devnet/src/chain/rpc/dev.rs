//! Turning the chain from outside: the `evm_*` and `anvil_*` methods that tests use.

use std::time::Duration;

use alloy_primitives::{B256, U64, U256};
use jsonrpsee_server::RpcModule;
use serde::Deserialize;

use super::failure::invalid_params;
use super::register::{Answer, Arguments, add};
use crate::chain::config::Mining;
use crate::chain::ledger::Orphans;
use crate::chain::shared::Shared;

pub(super) fn register(module: &mut RpcModule<Shared>) {
    add(module, "evm_mine", mine);
    add(module, "anvil_mine", mine_many);
    add(module, "evm_increaseTime", |shared, arguments| {
        let seconds: U64 = arguments.required()?;
        Ok(shared.ledger().increase_time(seconds.saturating_to()))
    });
    add(module, "evm_setNextBlockTimestamp", |shared, arguments| {
        let timestamp: U64 = arguments.required()?;
        Ok(shared
            .ledger()
            .set_next_timestamp(timestamp.saturating_to())?)
    });
    add(module, "evm_snapshot", |shared, _| {
        Ok(U64::from(shared.ledger().snapshot()))
    });
    add(module, "evm_revert", |shared, arguments| {
        let snapshot: U64 = arguments.required()?;
        Ok(shared.ledger().revert(snapshot.saturating_to()))
    });
    add(module, "evm_setAutomine", set_automine);
    add(module, "evm_setIntervalMining", set_interval_mining);
    add(module, "anvil_setBalance", |shared, arguments| {
        let (address, balance): (_, U256) = (arguments.required()?, arguments.required()?);
        shared.ledger().set_balance(address, balance);
        Ok(())
    });
    add(module, "anvil_setNextBlockBaseFeePerGas", next_base_fee);
    add(module, "anvil_dropTransaction", |shared, arguments| {
        let hash: B256 = arguments.required()?;
        Ok(shared.ledger().forget(hash).then_some(hash))
    });
    add(module, "anvil_dropAllTransactions", |shared, _| {
        shared.ledger().forget_latest(usize::MAX);
        Ok(())
    });
    add(module, "anvil_reorg", reorg);
}

/// How `evm_mine` may be told when and how much.
#[derive(Deserialize)]
#[serde(untagged)]
enum MineOptions {
    Timestamp(U64),
    Options {
        timestamp: Option<U64>,
        blocks: Option<U64>,
    },
}

fn mine(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<U64> {
    let (timestamp, blocks) = match arguments.optional()? {
        None => (None, None),
        Some(MineOptions::Timestamp(timestamp)) => (Some(timestamp), None),
        Some(MineOptions::Options { timestamp, blocks }) => (timestamp, blocks),
    };
    let mut ledger = shared.ledger();
    if let Some(timestamp) = timestamp {
        ledger.set_next_timestamp(timestamp.saturating_to())?;
    }
    for _ in 0..blocks.map_or(1, |blocks| blocks.saturating_to::<u64>()) {
        ledger.mine();
    }
    Ok(U64::ZERO)
}

/// Blocks and, from the second one on, the seconds between them.
fn mine_many(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<()> {
    let blocks: Option<U64> = arguments.optional()?;
    let seconds: Option<U64> = arguments.optional()?;
    let mut ledger = shared.ledger();
    for index in 0..blocks.map_or(1, |blocks| blocks.saturating_to::<u64>()) {
        if let Some(seconds) = seconds.filter(|_| index > 0) {
            let next = ledger
                .head()
                .header()
                .timestamp
                .saturating_add(seconds.saturating_to());
            ledger.set_next_timestamp(next)?;
        }
        ledger.mine();
    }
    Ok(())
}

/// Switching instant mining off leaves mining at an interval as it is.
fn set_automine(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<()> {
    if arguments.required()? {
        shared.set_mining(Mining::Instant);
    } else if *shared.mining().borrow() == Mining::Instant {
        shared.set_mining(Mining::Manual);
    }
    Ok(())
}

/// Seconds between blocks; 0 switches to mining by hand.
fn set_interval_mining(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<()> {
    let seconds: U64 = arguments.required()?;
    shared.set_mining(match seconds.saturating_to() {
        0 => Mining::Manual,
        seconds => Mining::Interval(Duration::from_secs(seconds)),
    });
    Ok(())
}

fn next_base_fee(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<()> {
    let wei: U64 = arguments.required()?;
    if shared.ledger().spike_base_fee(wei.saturating_to()) {
        Ok(())
    } else {
        Err(invalid_params("the chain has no base fee".to_owned()))
    }
}

/// Replaces that many blocks by empty ones. Transactions to put into them are not supported.
fn reorg(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<()> {
    let depth: u64 = arguments.required()?;
    let transactions: Option<Vec<serde_json::Value>> = arguments.optional()?;
    if transactions.is_some_and(|transactions| !transactions.is_empty()) {
        return Err(invalid_params(
            "transactions for the new blocks are not supported".to_owned(),
        ));
    }
    shared
        .ledger()
        .reorg(depth, Orphans::Dropped)
        .map(drop)
        .map_err(|error| invalid_params(error.to_string()))
}
