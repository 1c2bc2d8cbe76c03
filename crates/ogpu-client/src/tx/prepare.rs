//! Everything a transaction needs from the node before it can be signed: one round trip, and one
//! more for the first call of a contract.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use ogpu_contracts::Revert;
use ogpu_tx::{FeeCaps, Fees};
use ogpu_types::{Address, HexBytes, Wei};
use serde_json::json;

use super::{
    TransactionRequest, TxError,
    market::{Market, Quote},
};
use crate::rpc::{BlockId, Quantity, Rpc, RpcCause, RpcError};

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
}

impl Prepared {
    /// The most that it can cost: its value, and its gas at the highest price offered.
    pub(crate) fn most(&self) -> Wei {
        let gas = self.fees.ceiling().checked_mul(self.gas_limit);
        self.request
            .value
            .saturating_add(gas.unwrap_or(Wei::from_be_bytes([0xff; 32])))
    }
}

/// What preparing needs besides the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Preparing<'a> {
    pub(crate) rpc: &'a Rpc,
    pub(crate) known: &'a KnownContracts,
    pub(crate) market: &'a Market,
    /// How old fees may be.
    pub(crate) fee_age: Duration,
    pub(crate) caps: FeeCaps,
    /// Whether the account's next nonce is to be asked along with the rest.
    pub(crate) counts: bool,
}

/// Simulates the request and reads gas, fees and balance; also the account's next nonce as a node
/// sees it, if that was asked.
///
/// # Errors
///
/// [`TxError::WouldRevert`], [`TxError::InsufficientFunds`] and [`TxError::FeeCap`] before anything
/// is spent; [`TxError::Prepare`] when the node cannot say.
pub(crate) async fn prepare(
    with: Preparing<'_>,
    from: Address,
    request: TransactionRequest,
) -> Result<(Prepared, Option<u64>), TxError> {
    let rpc = with.rpc;
    let failed = |source: RpcError| TxError::Prepare {
        source: Box::new(source),
    };
    require_contract(rpc, with.known, &request).await?;
    let count = async {
        if with.counts {
            let params = (from, BlockId::Pending);
            rpc.call::<Quantity>("eth_getTransactionCount", params)
                .await
                .map(Some)
        } else {
            Ok(None)
        }
    };
    let (estimate, balance, quote, count) = tokio::join!(
        rpc.call::<Quantity>("eth_estimateGas", json!([call_object(from, &request)])),
        rpc.call::<Quantity>("eth_getBalance", (from, BlockId::Latest)),
        with.market.quote(rpc, with.fee_age),
        count,
    );
    let balance = balance.map_err(failed)?.wei();
    let quote = quote.map_err(failed)?;
    let count = count.map_err(failed)?;
    let estimate = estimate.map_err(|error| explain(error, from, &request, balance))?;

    let malformed = |method: &str, problem: &str| {
        let now = tokio::time::Instant::now();
        failed(rpc.error(method, 1, now, RpcCause::malformed(problem)))
    };
    let estimate = estimate
        .to_u64()
        .ok_or_else(|| malformed("eth_estimateGas", "the estimate exceeds 64 bits"))?;
    let pending =
        match count {
            Some(count) => Some(count.to_u64().ok_or_else(|| {
                malformed("eth_getTransactionCount", "the nonce exceeds 64 bits")
            })?),
            None => None,
        };
    let gas_limit = unlike_others(estimate, with_margin(estimate, quote.block_gas_limit));
    let prepared = Prepared {
        fees: within(with.caps, &quote, gas_limit, request.value)?,
        request,
        gas_limit,
    };
    let required = prepared.most();
    if balance < required {
        return Err(TxError::InsufficientFunds {
            from,
            balance,
            required,
        });
    }
    Ok((prepared, pending))
}

/// The market's fees, lowered to the caps; an error when no block would take them then.
fn within(caps: FeeCaps, quote: &Quote, gas_limit: u64, value: Wei) -> Result<Fees, TxError> {
    let Some(cap) = caps.per_gas(gas_limit, value) else {
        return Ok(quote.fees);
    };
    let needed = match quote.fees {
        Fees::Eip1559 { .. } => quote.base_fee.saturating_add(Wei::from(1_u64)),
        Fees::Legacy { gas_price } => gas_price,
    };
    if cap < needed {
        return Err(TxError::FeeCap { needed, cap });
    }
    Ok(quote.fees.capped(Some(cap)))
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

/// Takes a little of the margin away, by chance. Two programs that do the same from one account at
/// once would otherwise sign the very same bytes, and both take the one effect for theirs.
fn unlike_others(estimate: u64, gas_limit: u64) -> u64 {
    const MOST: u64 = 65_535;
    let margin = gas_limit.saturating_sub(estimate);
    gas_limit - fastrand::u64(..=(margin / 4).min(MOST))
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

    #[test]
    fn most_of_the_margin_is_kept() {
        for _ in 0..1_000 {
            assert!((118_750..=125_000).contains(&unlike_others(100_000, 125_000)));
            assert_eq!(unlike_others(31_000_000, 31_000_000), 31_000_000);
        }
    }
}
