//! The one place where this crate's own types meet those of the EVM.

use alloy_primitives::U256;

/// An account's address.
pub(crate) type Address = [u8; 20];

/// An amount of the native currency.
pub(crate) type Wei = u128;

pub(crate) fn address(address: Address) -> alloy_primitives::Address {
    alloy_primitives::Address::from(address)
}

pub(crate) fn amount(wei: Wei) -> U256 {
    U256::from(wei)
}
