//! Reads of one function each.

use ogpu_contracts::ContractCall;
use ogpu_types::{Address, HexBytes};
use serde_json::json;

use super::{Found, ReadCause, ReadError};
use crate::{
    Client,
    rpc::{Answer, BlockId, Call, Rpc},
};

impl Client {
    /// One read of one contract at the head: one round trip.
    pub(crate) async fn read<C: ContractCall>(
        &self,
        contract: Address,
        call: C,
    ) -> Result<C::Output, ReadError> {
        self.read_at(contract, call, BlockId::Latest).await
    }

    /// One read of one contract at a block: one round trip.
    pub(crate) async fn read_at<C: ContractCall>(
        &self,
        contract: Address,
        call: C,
        block: BlockId,
    ) -> Result<C::Output, ReadError> {
        let rpc = self.rpc();
        let call = contract_call(contract, call, block);
        decode::<C>(rpc, contract, rpc.send(call).await)
    }
}

/// A function of a contract at an address.
pub(crate) fn contract_call(contract: Address, call: impl ContractCall, block: BlockId) -> Call {
    contract_data(contract, &call.call_data(), block)
}

/// A call of a contract, its function and arguments encoded already.
pub(super) fn contract_data(contract: Address, data: &HexBytes, block: BlockId) -> Call {
    Call::new(
        "eth_call",
        &json!([{ "to": contract, "data": data }, block]),
    )
}

/// Reads the answer to a [`contract_call`] of the same function.
pub(crate) fn decode<C: ContractCall>(
    rpc: &Rpc,
    contract: Address,
    answer: Answer,
) -> Result<C::Output, ReadError> {
    decode_found::<C>(contract, found(rpc, answer))
}

/// What a contract answered, or why it did not.
pub(super) fn found(rpc: &Rpc, answer: Answer) -> Found {
    rpc.parse("eth_call", answer)
        .map_err(|error| match error.revert() {
            Some(revert) => ReadCause::Reverted(revert),
            None => ReadCause::Rpc(Box::new(error)),
        })
}

/// Reads what was found as what the function returns.
pub(super) fn decode_found<C: ContractCall>(
    contract: Address,
    found: Found,
) -> Result<C::Output, ReadError> {
    found
        .and_then(|data| C::decode_output(data.as_ref()).map_err(ReadCause::Decode))
        .map_err(|cause| ReadError {
            contract,
            function: C::abi_signature().into_owned(),
            cause,
        })
}
