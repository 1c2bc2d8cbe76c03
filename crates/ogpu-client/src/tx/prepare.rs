//! Everything a transaction needs from the node before it can be signed: one round trip, and one
//! more for the first call of a contract.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use ogpu_contracts::Revert;
use ogpu_types::{Address, HexBytes, Wei};
use primitive_types::U256;
use serde_json::json;

use super::{
    TransactionRequest, TxError,
    fees::{self, FeeHistory, Fees},
};
use crate::rpc::{Block, BlockId, Call, Quantity, Rpc, RpcCause, RpcError};

/// How much of the estimate is added to it: the state may move before the transaction is mined.
const GAS_MARGIN_PERCENT: u64 = 25;

/// Addresses where a contract was seen; code does not go away.
#[derive(Debug, Default)]
pub(crate) struct KnownContracts {
    addresses: Mutex<HashSet<Address>>,
}

impl KnownContracts {
    fn has(&self, address: Address) -> bool {
        self.addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&address)
    }

    fn add(&self, address: Address) {
        self.addresses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(address);
    }
}

/// A request that lacks only its nonce and signature.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) request: TransactionRequest,
    pub(crate) gas_limit: u64,
    pub(crate) fees: Fees,
    /// The account's next nonce as the node sees it.
    pub(crate) pending_nonce: u64,
}

/// Simulates the request and reads gas, fees, nonce and balance.
///
/// # Errors
///
/// [`TxError::WouldRevert`] and [`TxError::InsufficientFunds`] before anything is spent;
/// [`TxError::Prepare`] when the node cannot say.
pub(crate) async fn prepare(
    rpc: &Rpc,
    known: &KnownContracts,
    from: Address,
    request: TransactionRequest,
) -> Result<Prepared, TxError> {
    let failed = |source: RpcError| TxError::Prepare {
        source: Box::new(source),
    };
    require_contract(rpc, known, &request).await?;
    let [estimate, head, gas_price, history, nonce, balance] =
        rpc.batch_of(calls(from, &request)).await.map_err(failed)?;

    let head: Block = rpc.parse("eth_getBlockByNumber", head).map_err(failed)?;
    let gas_price: Quantity = rpc.parse("eth_gasPrice", gas_price).map_err(failed)?;
    // Optional: chains without EIP-1559 have no such method.
    let history: Option<FeeHistory> = rpc.parse("eth_feeHistory", history).ok();
    let nonce: Quantity = rpc
        .parse("eth_getTransactionCount", nonce)
        .map_err(failed)?;
    let balance: Quantity = rpc.parse("eth_getBalance", balance).map_err(failed)?;
    let estimate = rpc
        .parse::<Quantity>("eth_estimateGas", estimate)
        .map_err(|error| explain(error, from, &request, balance.wei()))?;

    let malformed = |method: &str, problem: &str| {
        let now = tokio::time::Instant::now();
        failed(rpc.error(method, 1, now, RpcCause::malformed(problem)))
    };
    let estimate = estimate
        .to_u64()
        .ok_or_else(|| malformed("eth_estimateGas", "the estimate exceeds 64 bits"))?;
    let pending_nonce = nonce
        .to_u64()
        .ok_or_else(|| malformed("eth_getTransactionCount", "the nonce exceeds 64 bits"))?;
    let gas_limit = with_margin(estimate, head.gas_limit);
    let fees = fees::choose(&head, gas_price.wei(), history);

    let required = U256::from(request.value)
        .saturating_add(fees.ceiling().saturating_mul(gas_limit.into()))
        .into();
    if balance.wei() < required {
        return Err(TxError::InsufficientFunds {
            from,
            balance: balance.wei(),
            required,
        });
    }
    Ok(Prepared {
        request,
        gas_limit,
        fees,
        pending_nonce,
    })
}

fn calls(from: Address, request: &TransactionRequest) -> [Call; 6] {
    let history = json!([
        Quantity::from(fees::HISTORY_BLOCKS),
        BlockId::Latest,
        [fees::HISTORY_PERCENTILE]
    ]);
    [
        Call::new("eth_estimateGas", &json!([call_object(from, request)])),
        Call::new("eth_getBlockByNumber", &json!([BlockId::Latest, false])),
        Call::new("eth_gasPrice", &json!([])),
        Call::new("eth_feeHistory", &history),
        Call::new("eth_getTransactionCount", &json!([from, BlockId::Pending])),
        Call::new("eth_getBalance", &json!([from, BlockId::Latest])),
    ]
}

/// A call of an address without a contract succeeds, and takes the money.
async fn require_contract(
    rpc: &Rpc,
    known: &KnownContracts,
    request: &TransactionRequest,
) -> Result<(), TxError> {
    let Some(address) = request.to.filter(|_| !request.data.is_empty()) else {
        return Ok(());
    };
    if known.has(address) {
        return Ok(());
    }
    let code: HexBytes = rpc
        .call("eth_getCode", (address, BlockId::Latest))
        .await
        .map_err(|source| TxError::Prepare {
            source: Box::new(source),
        })?;
    if code.is_empty() {
        return Err(TxError::NoContract { address });
    }
    known.add(address);
    Ok(())
}

/// The request as `eth_call` and `eth_estimateGas` want it.
pub(super) fn call_object(from: Address, request: &TransactionRequest) -> serde_json::Value {
    let mut object = json!({
        "from": from,
        "data": request.data,
        "value": Quantity::from(request.value),
    });
    if let Some(to) = request.to {
        object["to"] = json!(to);
    }
    object
}

/// Why an estimate failed: the contract's refusal, an empty account, or the node.
fn explain(error: RpcError, from: Address, request: &TransactionRequest, balance: Wei) -> TxError {
    if let Some(revert) = error.revert() {
        return TxError::WouldRevert {
            from,
            to: request.to,
            revert,
        };
    }
    let says_funds = error.node_error().is_some_and(|node| {
        node.message
            .to_ascii_lowercase()
            .contains("insufficient funds")
    });
    if says_funds && balance < request.value {
        return TxError::InsufficientFunds {
            from,
            balance,
            required: request.value,
        };
    }
    TxError::Prepare {
        source: Box::new(error),
    }
}

fn with_margin(estimate: u64, block_gas_limit: u64) -> u64 {
    let margin = estimate / 100 * GAS_MARGIN_PERCENT;
    estimate
        .saturating_add(margin)
        // More than a block holds would never be mined; less than the estimate would run out.
        .min(block_gas_limit.max(estimate))
}

/// The refusal that an already mined transaction met, as the same call gives it on the state before
/// its block; `None` where it does not fail there, or the node cannot be asked.
pub(super) async fn revert_reason(
    rpc: &Rpc,
    from: Address,
    request: &TransactionRequest,
    block: u64,
) -> Option<Revert> {
    let params = json!([
        call_object(from, request),
        BlockId::Number(block.saturating_sub(1))
    ]);
    rpc.call::<String>("eth_call", params)
        .await
        .err()
        .and_then(|error| error.revert())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_margin_stays_inside_a_block() {
        assert_eq!(with_margin(100_000, 30_000_000), 125_000);
        assert_eq!(with_margin(29_000_000, 30_000_000), 30_000_000);
        assert_eq!(with_margin(31_000_000, 30_000_000), 31_000_000);
    }
}
