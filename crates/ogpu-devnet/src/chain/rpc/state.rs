//! Accounts, and what the node says about itself.

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, U64, U256, keccak256};
use jsonrpsee_server::RpcModule;

use super::register::{Answer, Arguments, add};
use crate::chain::ledger::State;
use crate::chain::shared::Shared;

pub(super) fn register(module: &mut RpcModule<Shared>) {
    add(module, "web3_clientVersion", |_, _| {
        Ok(concat!("ogpu-devnet/v", env!("CARGO_PKG_VERSION")))
    });
    add(module, "web3_sha3", |_, arguments| {
        Ok(keccak256(arguments.required::<Bytes>()?))
    });
    add(module, "net_version", |shared, _| {
        Ok(shared.ledger().chain_id().to_string())
    });
    add(module, "net_listening", |_, _| Ok(true));
    add(module, "eth_chainId", |shared, _| {
        Ok(U64::from(shared.ledger().chain_id()))
    });
    add(module, "eth_syncing", |_, _| Ok(false));
    add(module, "eth_accounts", |_, _| Ok(Vec::<Address>::new()));
    add(module, "eth_getBalance", balance);
    add(module, "eth_getCode", code);
    add(module, "eth_getStorageAt", storage);
    add(module, "eth_getTransactionCount", transaction_count);
}

/// The block that a call is about: the next parameter, by default the latest one.
pub(super) fn block_id(arguments: &mut Arguments<'_>) -> Answer<BlockId> {
    Ok(arguments
        .optional()?
        .unwrap_or(BlockNumberOrTag::Latest.into()))
}

fn state(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<State> {
    let id = block_id(arguments)?;
    Ok(shared.ledger().state(id)?)
}

fn balance(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<U256> {
    let address = arguments.required()?;
    Ok(state(shared, arguments)?.balance(address))
}

fn code(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<Bytes> {
    let address = arguments.required()?;
    Ok(state(shared, arguments)?.code(address))
}

fn storage(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<B256> {
    let (address, slot) = (arguments.required()?, arguments.required()?);
    Ok(state(shared, arguments)?.storage(address, slot).into())
}

fn transaction_count(shared: &Shared, arguments: &mut Arguments<'_>) -> Answer<U64> {
    let address = arguments.required()?;
    let id = block_id(arguments)?;
    Ok(U64::from(shared.ledger().nonce(address, id)?))
}
