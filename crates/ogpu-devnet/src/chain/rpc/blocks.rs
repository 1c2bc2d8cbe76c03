//! Blocks, transactions and receipts.

use std::sync::Arc;

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, U64};
use alloy_rpc_types_eth::TransactionReceipt;
use jsonrpsee_server::RpcModule;
use serde_json::Value;

use super::format::{self, RpcTransaction};
use super::register::{Answer, Arguments, add};
use crate::chain::ledger::Block;
use crate::chain::shared::Shared;

pub(super) fn register(module: &mut RpcModule<Shared>) {
    add(module, "eth_blockNumber", |shared, _| {
        Ok(U64::from(shared.ledger().head().number()))
    });
    add(module, "eth_getBlockByNumber", block_by_number);
    add(module, "eth_getBlockByHash", block_by_hash);
    add(
        module,
        "eth_getBlockTransactionCountByNumber",
        |shared, arguments| {
            let block = by_number(shared, arguments)?;
            Ok(block.map(|block| U64::from(block.transactions().len())))
        },
    );
    add(
        module,
        "eth_getBlockTransactionCountByHash",
        |shared, arguments| {
            let block = by_hash(shared, arguments)?;
            Ok(block.map(|block| U64::from(block.transactions().len())))
        },
    );
    add(module, "eth_getTransactionByHash", transaction_by_hash);
    add(
        module,
        "eth_getTransactionByBlockNumberAndIndex",
        |shared, arguments| {
            let block = by_number(shared, arguments)?;
            at_index(block.as_deref(), arguments)
        },
    );
    add(
        module,
        "eth_getTransactionByBlockHashAndIndex",
        |shared, arguments| {
            let block = by_hash(shared, arguments)?;
            at_index(block.as_deref(), arguments)
        },
    );
    add(module, "eth_getTransactionReceipt", receipt);
    add(module, "eth_getBlockReceipts", block_receipts);
}

fn find(shared: &Shared, id: BlockId) -> Option<Arc<Block>> {
    let ledger = shared.ledger();
    if id.is_pending() {
        Some(Arc::new(ledger.pending_block()))
    } else {
        ledger.block(id).cloned()
    }
}

fn by_number(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<Option<Arc<Block>>> {
    let number: BlockNumberOrTag = arguments.required()?;
    Ok(find(shared, number.into()))
}

fn by_hash(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<Option<Arc<Block>>> {
    let hash: B256 = arguments.required()?;
    Ok(find(shared, hash.into()))
}

fn block_by_number(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<Option<Value>> {
    let number: BlockNumberOrTag = arguments.required()?;
    let full = arguments.optional()?.unwrap_or(false);
    Ok(find(shared, number.into()).map(|block| {
        if number.is_pending() {
            format::pending_block(&block, full)
        } else {
            serde_json::to_value(format::block(&block, full)).unwrap_or_default()
        }
    }))
}

fn block_by_hash(
    shared: &Shared,
    arguments: &mut Arguments<'_>,
) -> Answer<Option<alloy_rpc_types_eth::Block<RpcTransaction>>> {
    let block = by_hash(shared, arguments)?;
    let full = arguments.optional()?.unwrap_or(false);
    Ok(block.map(|block| format::block(&block, full)))
}

fn transaction_by_hash(
    shared: &Shared,
    arguments: &mut Arguments<'_>,
) -> Answer<Option<RpcTransaction>> {
    let hash = arguments.required()?;
    let ledger = shared.ledger();
    Ok(match ledger.mined(hash) {
        Some((block, index)) => format::transaction(block, index),
        None => ledger.waiting(hash).map(|tx| format::waiting(tx)),
    })
}

fn at_index(
    block: Option<&Block>,
    arguments: &mut Arguments<'_>,
) -> Answer<Option<RpcTransaction>> {
    let index: U64 = arguments.required()?;
    Ok(block.and_then(|block| format::transaction(block, index.saturating_to())))
}

fn receipt(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<Option<TransactionReceipt>> {
    let hash = arguments.required()?;
    let ledger = shared.ledger();
    Ok(ledger
        .mined(hash)
        .and_then(|(block, index)| format::receipt(block, index)))
}

fn block_receipts(
    shared: &Shared,
    arguments: &mut Arguments<'_>,
) -> Answer<Option<Vec<TransactionReceipt>>> {
    let id: BlockId = arguments.required()?;
    Ok(find(shared, id).map(|block| {
        let indexes = 0..block.transactions().len();
        indexes
            .filter_map(|index| format::receipt(&block, index))
            .collect()
    }))
}
