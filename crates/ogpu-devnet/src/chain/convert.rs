//! The one place where the SDK's own types meet those of the EVM.

use alloy_primitives::{B256, U256};
use ogpu_types::{Address, TxHash, Wei};

pub(crate) fn address(address: Address) -> alloy_primitives::Address {
    alloy_primitives::Address::from(*address.as_bytes())
}

pub(crate) fn amount(wei: Wei) -> U256 {
    U256::from_be_bytes(wei.to_be_bytes())
}

pub(crate) fn hashes(hashes: Vec<B256>) -> Vec<TxHash> {
    hashes.into_iter().map(|hash| TxHash::new(hash.0)).collect()
}
