//! What a transaction is to do.

use ogpu_contracts::ContractCall;
use ogpu_types::{Address, HexBytes, Wei};
use serde::{Deserialize, Serialize};

/// A transaction before it has a nonce, a fee and a signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[must_use = "a request does nothing until it is sent"]
pub struct TransactionRequest {
    pub(crate) to: Option<Address>,
    pub(crate) data: HexBytes,
    pub(crate) value: Wei,
    pub(crate) not_after: Option<u64>,
}

impl TransactionRequest {
    /// A call of `to` with the given call data.
    pub fn call(to: Address, data: impl Into<HexBytes>) -> Self {
        Self {
            to: Some(to),
            data: data.into(),
            value: Wei::ZERO,
            not_after: None,
        }
    }

    /// A deployment of a contract from its init code and constructor arguments.
    pub fn deploy(init_code: impl Into<HexBytes>) -> Self {
        Self {
            to: None,
            data: init_code.into(),
            value: Wei::ZERO,
            not_after: None,
        }
    }

    /// A transfer of the chain's own currency.
    pub fn transfer(to: Address, value: Wei) -> Self {
        Self::call(to, Vec::new()).with_value(value)
    }

    /// A typed call.
    pub(crate) fn typed(to: Address, call: impl ContractCall) -> Self {
        Self::call(to, call.call_data())
    }

    /// Sends this amount along. Defaults to zero.
    pub fn with_value(mut self, value: Wei) -> Self {
        self.value = value;
        self
    }

    /// Does not send it for the first time at or after this time, in unix seconds. Defaults to no
    /// limit.
    pub fn with_not_after(mut self, unix_seconds: u64) -> Self {
        self.not_after = Some(unix_seconds);
        self
    }
}
