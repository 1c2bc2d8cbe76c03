//! Signed transactions: decoding, sender, and what the EVM gets of them.

use alloy_consensus::transaction::{Recovered, SignerRecoverable, Transaction};
use alloy_consensus::{EthereumTxEnvelope, TxEip4844, Typed2718};
use alloy_eips::eip2718::{Decodable2718, EIP1559_TX_TYPE_ID, EIP2930_TX_TYPE_ID};
use alloy_primitives::{B256, U256};
use revm::context::TxEnv;

use super::error::Refused;

/// geth's limit on the encoded size of one transaction, in bytes.
const SIZE_LIMIT: usize = 128 * 1024;

/// The last first byte that names a transaction type (EIP-2718).
const TYPES_END: u8 = 0x7f;

/// A transaction as it was signed. It never is of the blob or the set-code type.
pub(crate) type Envelope = EthereumTxEnvelope<TxEip4844>;

/// A transaction together with its recovered sender.
pub(crate) type SignedTx = Recovered<Envelope>;

/// Decodes a signed transaction of this chain and recovers who sent it.
///
/// `dynamic_fees` tells whether the chain knows EIP-1559 transactions.
pub(crate) fn decode(raw: &[u8], chain_id: u64, dynamic_fees: bool) -> Result<SignedTx, Refused> {
    if raw.len() > SIZE_LIMIT {
        return Err(Refused::Oversized {
            size: raw.len(),
            limit: SIZE_LIMIT,
        });
    }
    if !is_supported(raw, dynamic_fees) {
        return Err(Refused::TypeNotSupported);
    }
    let envelope =
        Envelope::decode_2718_exact(raw).map_err(|error| Refused::Malformed(error.to_string()))?;
    match envelope.chain_id() {
        None => return Err(Refused::Unprotected),
        Some(have) if have != chain_id => {
            return Err(Refused::WrongChain {
                have,
                want: chain_id,
            });
        }
        Some(_) => {}
    }
    envelope
        .try_into_recovered()
        .map_err(|_| Refused::BadSignature)
}

/// Whether the first byte is a supported transaction type's, or starts a legacy transaction.
fn is_supported(raw: &[u8], dynamic_fees: bool) -> bool {
    match raw.first() {
        Some(&EIP1559_TX_TYPE_ID) => dynamic_fees,
        Some(&EIP2930_TX_TYPE_ID) | None => true,
        Some(first) => *first > TYPES_END,
    }
}

/// What the sender must own for the transaction to be accepted, in wei.
pub(crate) fn cost(tx: &Envelope) -> U256 {
    U256::from(tx.gas_limit())
        .saturating_mul(U256::from(tx.max_fee_per_gas()))
        .saturating_add(tx.value())
}

/// What the block's producer earns per gas, in wei; on a chain without a base fee the whole price.
pub(crate) fn tip(tx: &Envelope, base_fee: Option<u64>) -> u128 {
    tx.effective_tip_per_gas(base_fee.unwrap_or(0)).unwrap_or(0)
}

/// The hash of the transaction, its name on the chain.
pub(crate) fn hash(tx: &SignedTx) -> B256 {
    *tx.inner().hash()
}

/// The transaction as the EVM takes it.
pub(crate) fn environment(tx: &SignedTx) -> TxEnv {
    let inner = tx.inner();
    TxEnv {
        tx_type: inner.ty(),
        caller: tx.signer(),
        gas_limit: inner.gas_limit(),
        gas_price: inner.max_fee_per_gas(),
        gas_priority_fee: inner.max_priority_fee_per_gas(),
        kind: inner.kind(),
        value: inner.value(),
        data: inner.input().clone(),
        nonce: inner.nonce(),
        chain_id: inner.chain_id(),
        access_list: inner.access_list().cloned().unwrap_or_default(),
        ..TxEnv::default()
    }
}
