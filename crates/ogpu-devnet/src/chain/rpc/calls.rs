//! Calls, gas, fees and sending.

use std::collections::HashMap;

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_rpc_types_eth::{FeeHistory, TransactionRequest};
use jsonrpsee_server::RpcModule;
use serde::Deserialize;

use super::failure::invalid_params;
use super::register::{Answer, Arguments, add};
use super::state::block_id;
use crate::chain::ledger::{SUGGESTED_TIP, Scene};
use crate::chain::shared::Shared;

pub(super) fn register(module: &mut RpcModule<Shared>) {
    add(module, "eth_call", |shared, arguments| {
        let (request, scene) = call(shared, arguments)?;
        Ok(scene.call(&request)?)
    });
    add(module, "eth_estimateGas", |shared, arguments| {
        let (request, scene) = call(shared, arguments)?;
        Ok(U64::from(scene.estimate(&request)?))
    });
    add(module, "eth_sendRawTransaction", send_raw_transaction);
    add(module, "eth_gasPrice", |shared, _| {
        Ok(U64::from(shared.ledger().gas_price()))
    });
    add(module, "eth_maxPriorityFeePerGas", |_, _| {
        Ok(U64::from(SUGGESTED_TIP))
    });
    add(module, "eth_feeHistory", fee_history);
}

/// A call's request and what it sees: the lock is free again while the call executes.
fn call(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<(TransactionRequest, Scene)> {
    let request = arguments.required()?;
    let id = block_id(arguments)?;
    let overrides: Option<HashMap<Address, AccountOverride>> = arguments.optional()?;
    let mut scene = shared.ledger().scene(id)?;
    for (address, account) in overrides.into_iter().flatten() {
        if let Some(balance) = account.balance {
            scene.state.set_balance(address, balance);
        }
        if let Some(code) = account.code {
            scene.state.set_code(address, code);
        }
    }
    Ok((request, scene))
}

/// What a call sees of an account instead of what it has. Of geth's overrides the two that need no
/// more than a look at the state.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountOverride {
    balance: Option<U256>,
    code: Option<Bytes>,
}

fn send_raw_transaction(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<B256> {
    let raw: Bytes = arguments.required()?;
    Ok(shared.ledger().submit(&raw)?)
}

fn fee_history(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<FeeHistory> {
    let count: U64 = arguments.required()?;
    let newest: BlockNumberOrTag = arguments.required()?;
    let percentiles: Option<Vec<f64>> = arguments.optional()?;
    let percentiles = percentiles
        .as_deref()
        .filter(|percentiles| !percentiles.is_empty());
    if let Some(percentiles) = percentiles
        && !(percentiles.is_sorted()
            && percentiles
                .iter()
                .all(|percentile| (0.0..=100.0).contains(percentile)))
    {
        return Err(invalid_params(format!(
            "invalid reward percentile: {percentiles:?} must rise within 0 and 100"
        )));
    }
    Ok(shared
        .ledger()
        .fee_history(count.saturating_to(), newest, percentiles)?)
}
