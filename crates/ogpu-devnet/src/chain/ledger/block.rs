//! A sealed block: header, transactions and receipts.

use std::sync::Arc;

use alloy_consensus::constants::{EMPTY_OMMER_ROOT_HASH, EMPTY_WITHDRAWALS};
use alloy_consensus::proofs::{calculate_receipt_root, calculate_transaction_root};
use alloy_consensus::transaction::Transaction;
use alloy_consensus::{Header, ReceiptEnvelope, Sealable, Sealed, TxReceipt};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{Address, B256, Bloom};
use alloy_rlp::Encodable;
use alloy_rpc_types_eth::{Filter, Log};
use revm::primitives::hardfork::SpecId;

use super::evm::Rules;
use super::tx::{self, SignedTx};

/// A block of the chain. Only its state root is not real: see [`Block::seal`].
#[derive(Debug)]
pub(crate) struct Block {
    header: Sealed<Header>,
    transactions: Vec<Arc<SignedTx>>,
    receipts: Vec<Receipt>,
}

/// What became of one transaction of a block.
#[derive(Debug)]
pub(crate) struct Receipt {
    pub(crate) envelope: ReceiptEnvelope,
    pub(crate) gas_used: u64,
    pub(crate) created: Option<Address>,
}

impl Block {
    /// Completes `header` from what was executed and hashes it.
    ///
    /// The transactions root, the receipts root and the bloom are real. The state root stays zero:
    /// a dev chain proves no state to anybody, and computing it would cost more than the execution.
    pub(crate) fn seal(
        mut header: Header,
        transactions: Vec<Arc<SignedTx>>,
        receipts: Vec<Receipt>,
    ) -> Self {
        let envelopes: Vec<_> = transactions.iter().map(|tx| tx.inner()).collect();
        header.transactions_root = calculate_transaction_root(&envelopes);
        let outcomes: Vec<_> = receipts.iter().map(|receipt| &receipt.envelope).collect();
        header.receipts_root = calculate_receipt_root(&outcomes);
        header.logs_bloom = outcomes
            .iter()
            .fold(Bloom::ZERO, |all, receipt| all | receipt.bloom());
        header.gas_used = outcomes
            .last()
            .map_or(0, |receipt| receipt.cumulative_gas_used());
        Self {
            header: header.seal_slow(),
            transactions,
            receipts,
        }
    }

    pub(crate) fn hash(&self) -> B256 {
        self.header.hash()
    }

    pub(crate) fn number(&self) -> u64 {
        self.header.number
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) fn transactions(&self) -> &[Arc<SignedTx>] {
        &self.transactions
    }

    pub(crate) fn receipts(&self) -> &[Receipt] {
        &self.receipts
    }

    /// The effective price per gas of a transaction of this block, in wei.
    pub(crate) fn gas_price(&self, tx: &SignedTx) -> u128 {
        tx.inner().effective_gas_price(self.header.base_fee_per_gas)
    }

    /// The number of logs before those of the transaction at `index`.
    pub(crate) fn logs_before(&self, index: usize) -> usize {
        self.receipts[..index]
            .iter()
            .map(|receipt| receipt.envelope.logs().len())
            .sum()
    }

    /// Adds the logs that `filter` asks for; `removed` marks those of a block that was taken back.
    pub(crate) fn collect_logs(&self, filter: &Filter, removed: bool, logs: &mut Vec<Log>) {
        if !filter.matches_bloom(self.header.logs_bloom) {
            return;
        }
        let outcomes = self
            .transactions
            .iter()
            .map(|tx| tx::hash(tx))
            .zip(self.receipts.iter().map(|receipt| &receipt.envelope));
        let place = alloy_eips::BlockNumHash::new(self.number(), self.hash());
        filter.append_matching_block_logs(logs, place, self.header.timestamp, outcomes, removed);
    }

    /// The length of the block's RLP encoding in bytes.
    pub(crate) fn size(&self) -> usize {
        let list = |payload: usize| payload + alloy_rlp::length_of_length(payload);
        let transactions = list(self.transactions.iter().map(|tx| tx.inner().length()).sum());
        let empty_lists = 1 + usize::from(self.header.withdrawals_root.is_some());
        list(self.header.inner().length() + transactions + empty_lists)
    }
}

/// The header of a block on top of `parent`, without what execution adds.
pub(crate) fn header_on_top(
    rules: &Rules,
    parent: &Header,
    parent_hash: B256,
    timestamp: u64,
    mix_hash: B256,
) -> Header {
    Header {
        parent_hash,
        number: parent.number + 1,
        timestamp,
        mix_hash,
        base_fee_per_gas: super::fees::next_base_fee(parent),
        ..header_of_kind(rules)
    }
}

/// The header of block 0.
pub(crate) fn genesis_header(rules: &Rules, timestamp: u64, base_fee: Option<u64>) -> Header {
    Header {
        timestamp,
        base_fee_per_gas: base_fee,
        ..header_of_kind(rules)
    }
}

fn header_of_kind(rules: &Rules) -> Header {
    let cancun = rules.spec.is_enabled_in(SpecId::CANCUN);
    let prague = rules.spec.is_enabled_in(SpecId::PRAGUE);
    Header {
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        gas_limit: rules.gas_limit,
        state_root: B256::ZERO,
        withdrawals_root: cancun.then_some(EMPTY_WITHDRAWALS),
        blob_gas_used: cancun.then_some(0),
        excess_blob_gas: cancun.then_some(0),
        parent_beacon_block_root: cancun.then_some(B256::ZERO),
        requests_hash: prague.then_some(EMPTY_REQUESTS_HASH),
        ..Header::default()
    }
}
