//! Keys, and transactions signed with them.

use alloy_consensus::transaction::RlpEcdsaEncodableTx;
use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Signature, TxKind, U256};
use k256::ecdsa::SigningKey;

/// A chain id as large as the testnet's, which does not fit into 32 bits.
pub(crate) const CHAIN_ID: u64 = 200_820_172_034;

pub(crate) const GWEI: u128 = 1_000_000_000;

/// What every wallet owns on a test chain, in wei.
pub(crate) const FUNDS: u128 = 1_000 * 1_000_000_000 * GWEI;

pub(crate) struct Wallet {
    key: SigningKey,
    pub(crate) address: Address,
}

impl Wallet {
    /// The wallet of that number, always the same.
    pub(crate) fn new(number: u8) -> Self {
        let key = SigningKey::from_slice(&[number; 32]).expect("the number is not zero");
        let address = Address::from_private_key(&key);
        Self { key, address }
    }

    /// The encoded transaction with this wallet's signature.
    pub(crate) fn sign<T>(&self, tx: T) -> Vec<u8>
    where
        T: SignableTransaction<Signature> + RlpEcdsaEncodableTx,
    {
        let signed = self
            .key
            .sign_prehash_recoverable(tx.signature_hash().as_slice())
            .expect("a hash can be signed");
        tx.into_signed(signed.into()).encoded_2718()
    }

    /// A signed transfer with the fees of [`call`].
    pub(crate) fn transfer(&self, nonce: u64, to: Address, wei: u128) -> Vec<u8> {
        self.sign(TxEip1559 {
            value: U256::from(wei),
            ..call(nonce, to, &[])
        })
    }
}

/// A call that offers three times the default base fee and a tip of 1 gwei. Without data it has the
/// gas of a transfer, else a million.
pub(crate) fn call(nonce: u64, to: Address, data: &[u8]) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: if data.is_empty() { 21_000 } else { 1_000_000 },
        max_fee_per_gas: 3 * GWEI,
        max_priority_fee_per_gas: GWEI,
        to: TxKind::Call(to),
        input: data.to_vec().into(),
        ..TxEip1559::default()
    }
}
