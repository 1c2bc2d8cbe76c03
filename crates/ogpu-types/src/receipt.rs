//! What the chain says about a mined transaction.

use serde::{Deserialize, Serialize};

use crate::{Address, Hash32, HexBytes, ProtocolEvent, TransactionStatus, TxHash, Wei};

/// The outcome of a mined transaction.
///
/// The JSON is this crate's own, with plain numbers, not the node's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Receipt {
    /// The transaction.
    pub transaction_hash: TxHash,
    /// The block that it is in.
    pub block_number: u64,
    /// The hash of that block, which tells a reorganisation.
    pub block_hash: Hash32,
    /// Its place in the block, from 0.
    pub transaction_index: u64,
    /// Who sent it.
    pub from: Address,
    /// Whom it called, or `None` if it deployed a contract.
    pub to: Option<Address>,
    /// The contract that it deployed, if it did.
    pub contract_address: Option<Address>,
    /// Gas that it used.
    pub gas_used: u64,
    /// What it paid for each gas.
    pub effective_gas_price: Wei,
    /// Whether it took effect.
    pub status: TransactionStatus,
    /// What its contracts logged.
    pub logs: Vec<Log>,
    /// What the protocol's contracts say in those logs, in their order.
    #[serde(default)]
    pub events: Vec<ProtocolEvent>,
}

impl Receipt {
    /// A receipt with these facts, at index 0, without `to`, gas, logs and events: assign them as fields.
    #[must_use]
    pub const fn new(
        transaction_hash: TxHash,
        block_number: u64,
        block_hash: Hash32,
        from: Address,
        status: TransactionStatus,
    ) -> Self {
        Self {
            transaction_hash,
            block_number,
            block_hash,
            transaction_index: 0,
            from,
            to: None,
            contract_address: None,
            gas_used: 0,
            effective_gas_price: Wei::ZERO,
            status,
            logs: Vec::new(),
            events: Vec::new(),
        }
    }

    /// What the sender paid for gas, or `None` if the product exceeds 256 bits.
    #[must_use]
    pub fn fee(&self) -> Option<Wei> {
        self.effective_gas_price.checked_mul(self.gas_used)
    }

    /// Whether the transaction took effect, rather than reverted.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.status == TransactionStatus::Succeeded
    }
}

/// One event as a contract logged it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Log {
    /// The contract that logged it.
    pub address: Address,
    /// The event's signature hash, then its indexed parameters.
    pub topics: Vec<Hash32>,
    /// The other parameters, in ABI coding.
    pub data: HexBytes,
    /// The block that it is in.
    pub block_number: u64,
    /// The hash of that block, which tells a reorganisation.
    pub block_hash: Hash32,
    /// The transaction that caused it.
    pub transaction_hash: TxHash,
    /// Its place among the logs of the block, from 0.
    pub log_index: u64,
}

impl Log {
    /// A log with these facts.
    #[must_use]
    pub const fn new(
        address: Address,
        topics: Vec<Hash32>,
        data: HexBytes,
        block_number: u64,
        block_hash: Hash32,
        transaction_hash: TxHash,
        log_index: u64,
    ) -> Self {
        Self {
            address,
            topics,
            data,
            block_number,
            block_hash,
            transaction_hash,
            log_index,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt() -> Receipt {
        let mut receipt = Receipt::new(
            TxHash::new([1; 32]),
            7,
            Hash32::new([2; 32]),
            Address::new([3; 20]),
            TransactionStatus::Succeeded,
        );
        receipt.gas_used = 21_000;
        receipt.effective_gas_price = Wei::from_gwei(2);
        receipt
    }

    #[test]
    fn the_fee_is_gas_times_price() {
        assert_eq!(receipt().fee(), Some(Wei::from_gwei(42_000)));
        let mut absurd = receipt();
        absurd.effective_gas_price = Wei::MAX;
        assert_eq!(absurd.fee(), None);
    }

    #[test]
    fn a_reverted_transaction_did_not_succeed() {
        let mut reverted = receipt();
        assert!(reverted.succeeded());
        reverted.status = TransactionStatus::Reverted;
        assert!(!reverted.succeeded());
    }
}
