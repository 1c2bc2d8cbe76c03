//! Blocks, transactions and receipts as the RPC shows them.

use alloy_consensus::transaction::{Transaction as _, TransactionMeta};
use alloy_eips::eip4895::Withdrawals;
use alloy_primitives::U256;
use alloy_rpc_types_eth::{
    Block as RpcBlock, BlockTransactions, Header, Log, Transaction, TransactionReceipt,
};
use serde_json::Value;

use crate::chain::ledger::{Block, Envelope, SignedTx, hash};

pub(super) type RpcTransaction = Transaction<Envelope>;

/// A mined transaction.
pub(super) fn transaction(block: &Block, index: usize) -> Option<RpcTransaction> {
    let tx = block.transactions().get(index)?;
    Some(Transaction {
        inner: SignedTx::clone(tx),
        block_hash: Some(block.hash()),
        block_number: Some(block.number()),
        transaction_index: Some(index as u64),
        effective_gas_price: Some(block.gas_price(tx)),
        block_timestamp: Some(block.header().timestamp),
    })
}

/// A transaction that waits for a block.
pub(super) fn waiting(tx: &SignedTx) -> RpcTransaction {
    Transaction {
        effective_gas_price: Some(tx.inner().max_fee_per_gas()),
        inner: tx.clone(),
        block_hash: None,
        block_number: None,
        transaction_index: None,
        block_timestamp: None,
    }
}

/// The receipt of a mined transaction.
pub(super) fn receipt(block: &Block, index: usize) -> Option<TransactionReceipt> {
    let (tx, receipt) = (
        block.transactions().get(index)?,
        block.receipts().get(index)?,
    );
    let meta = TransactionMeta {
        tx_hash: hash(tx),
        index: index as u64,
        block_hash: block.hash(),
        block_number: block.number(),
        base_fee: block.header().base_fee_per_gas,
        excess_blob_gas: None,
        timestamp: block.header().timestamp,
    };
    let mut logs = Log::collect_for_receipt(
        block.logs_before(index),
        meta,
        receipt.envelope.logs().to_vec(),
    )
    .into_iter();
    Some(TransactionReceipt {
        inner: receipt.envelope.clone().map_logs(|log| {
            logs.next().unwrap_or(Log {
                inner: log,
                ..Log::default()
            })
        }),
        transaction_hash: meta.tx_hash,
        transaction_index: Some(meta.index),
        block_hash: Some(meta.block_hash),
        block_number: Some(meta.block_number),
        gas_used: receipt.gas_used,
        effective_gas_price: block.gas_price(tx),
        blob_gas_used: None,
        blob_gas_price: None,
        from: tx.signer(),
        to: tx.inner().to(),
        contract_address: receipt.created,
    })
}

/// A block, with whole transactions if `full`, else with their hashes.
pub(super) fn block(block: &Block, full: bool) -> RpcBlock<RpcTransaction> {
    let transactions = if full {
        let indexes = 0..block.transactions().len();
        BlockTransactions::Full(
            indexes
                .filter_map(|index| transaction(block, index))
                .collect(),
        )
    } else {
        BlockTransactions::Hashes(block.transactions().iter().map(|tx| hash(tx)).collect())
    };
    RpcBlock {
        header: header(block),
        uncles: Vec::new(),
        transactions,
        withdrawals: block
            .header()
            .withdrawals_root
            .map(|_| Withdrawals::default()),
    }
}

/// The pending block, which has no hash, nonce or producer yet; neither do its transactions have a
/// block hash.
pub(super) fn pending_block(pending: &Block, full: bool) -> Value {
    let mut shown = serde_json::to_value(block(pending, full)).unwrap_or_default();
    for absent in ["hash", "nonce", "miner"] {
        shown[absent] = Value::Null;
    }
    for tx in shown["transactions"]
        .as_array_mut()
        .into_iter()
        .flatten()
        .filter(|tx| tx.is_object())
    {
        tx["blockHash"] = Value::Null;
    }
    shown
}

pub(super) fn header(block: &Block) -> Header {
    Header {
        hash: block.hash(),
        inner: block.header().clone(),
        total_difficulty: None,
        size: Some(U256::from(block.size())),
    }
}
