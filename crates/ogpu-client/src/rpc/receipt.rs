//! `eth_getTransactionReceipt`, read into [`Receipt`].

use ogpu_types::{Address, Hash32, HexBytes, Log, Receipt, TransactionStatus, TxHash};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Quantity, quantity};

/// A receipt as nodes write it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RawReceipt {
    pub(crate) transaction_hash: TxHash,
    #[serde(deserialize_with = "quantity::as_u64::deserialize")]
    pub(crate) block_number: u64,
    pub(crate) block_hash: Hash32,
    #[serde(deserialize_with = "quantity::as_u64::deserialize")]
    transaction_index: u64,
    from: Address,
    #[serde(default)]
    to: Option<Address>,
    #[serde(default)]
    contract_address: Option<Address>,
    #[serde(deserialize_with = "quantity::as_u64::deserialize")]
    gas_used: u64,
    /// Absent on nodes from before London; the transaction's own price was paid then.
    #[serde(default)]
    effective_gas_price: Option<Quantity>,
    #[serde(deserialize_with = "quantity::as_u64::deserialize")]
    status: u64,
    logs: Vec<RawLog>,
}

/// The block that a receipt names; `None` without a receipt.
pub(super) fn block_number(answer: &RawValue) -> Option<u64> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Mined {
        #[serde(deserialize_with = "quantity::as_u64::deserialize")]
        block_number: u64,
    }
    serde_json::from_str::<Mined>(answer.get())
        .ok()
        .map(|mined| mined.block_number)
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawLog {
    address: Address,
    topics: Vec<Hash32>,
    data: HexBytes,
    #[serde(deserialize_with = "quantity::as_u64::deserialize")]
    log_index: u64,
}

impl RawReceipt {
    /// The receipt; `offered_price` stands in where the node does not name the price paid.
    pub(crate) fn into_receipt(self, offered_price: ogpu_types::Wei) -> Receipt {
        let status = if self.status == 1 {
            TransactionStatus::Succeeded
        } else {
            TransactionStatus::Reverted
        };
        let mut receipt = Receipt::new(
            self.transaction_hash,
            self.block_number,
            self.block_hash,
            self.from,
            status,
        );
        receipt.transaction_index = self.transaction_index;
        receipt.to = self.to;
        receipt.contract_address = self.contract_address;
        receipt.gas_used = self.gas_used;
        receipt.effective_gas_price = self
            .effective_gas_price
            .map_or(offered_price, Quantity::wei);
        receipt.logs = self
            .logs
            .into_iter()
            .map(|log| {
                Log::new(
                    log.address,
                    log.topics,
                    log.data,
                    self.block_number,
                    self.block_hash,
                    self.transaction_hash,
                    log.log_index,
                )
            })
            .collect();
        receipt
    }
}
