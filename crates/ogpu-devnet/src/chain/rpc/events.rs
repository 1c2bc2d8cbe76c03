//! Logs and filters.

use alloy_primitives::U64;
use alloy_rpc_types_eth::{Filter, FilterChanges, Log};
use jsonrpsee_server::RpcModule;

use super::failure::filter_not_found;
use super::register::{Answer, Arguments, add};
use crate::chain::filters::Kind;
use crate::chain::shared::Shared;

pub(super) fn register(module: &mut RpcModule<Shared>) {
    add(module, "eth_getLogs", |shared, arguments| {
        let filter = arguments.required()?;
        Ok(shared.ledger().logs(&filter)?)
    });
    add(module, "eth_newFilter", |shared, arguments| {
        let filter = arguments.required()?;
        Ok(install(shared, Kind::Logs(Box::new(filter))))
    });
    add(module, "eth_newBlockFilter", |shared, _| {
        Ok(install(shared, Kind::Blocks))
    });
    add(module, "eth_newPendingTransactionFilter", |shared, _| {
        Ok(install(shared, Kind::PendingTransactions))
    });
    add(module, "eth_getFilterChanges", filter_changes);
    add(module, "eth_getFilterLogs", filter_logs);
    add(module, "eth_uninstallFilter", |shared, arguments| {
        let id = arguments.required()?;
        Ok(shared.filters().uninstall(id))
    });
}

fn install(shared: &Shared, kind: Kind) -> U64 {
    let events = shared.ledger().listen();
    shared.filters().install(kind, events)
}

fn filter_changes(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<FilterChanges> {
    let id = arguments.required()?;
    shared.filters().changes(id).ok_or_else(filter_not_found)
}

fn filter_logs(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<Vec<Log>> {
    let id = arguments.required()?;
    let filter: Filter = shared
        .filters()
        .criteria(id)
        .cloned()
        .ok_or_else(filter_not_found)?;
    Ok(shared.ledger().logs(&filter)?)
}
