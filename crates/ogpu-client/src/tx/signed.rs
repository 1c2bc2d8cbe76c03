//! A signed transaction: its bytes never change again.

use std::fmt;

use ethers_core::types::{
    Eip1559TransactionRequest, NameOrAddress, Signature, TransactionRequest as LegacyRequest, U256,
    transaction::eip2718::TypedTransaction,
};
use ethers_core::utils::keccak256;
use ogpu_tx::Fees;
use ogpu_types::{Address, ChainId, HexBytes, TxHash};

use super::Prepared;
use crate::{Signer, SignerError, signer::CheckedSignature};

/// A transaction that can be sent, and sent again, without becoming another one.
#[derive(Clone)]
pub(super) struct Signed {
    pub(super) hash: TxHash,
    pub(super) nonce: u64,
    pub(super) raw: HexBytes,
}

impl fmt::Debug for Signed {
    /// Without the bytes: whoever has them can send them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed")
            .field("hash", &self.hash)
            .field("nonce", &self.nonce)
            .finish_non_exhaustive()
    }
}

impl Signed {
    /// Has the request signed for one chain, under one nonce.
    pub(super) async fn new(
        prepared: &Prepared,
        chain: ChainId,
        nonce: u64,
        signer: &Signer,
    ) -> Result<Self, SignerError> {
        // EIP-155 writes twice the id and 36 at most, in 64 bits here.
        if chain.get() > (u64::MAX - 36) / 2 {
            return Err(SignerError::ChainIdTooLarge { chain });
        }
        let transaction = unsigned(prepared, chain, nonce, signer.address());
        let signature = signer.sign(&transaction.rlp()).await?;
        let raw = transaction.rlp_signed(&on_chain(signature, chain)).to_vec();
        Ok(Self {
            hash: keccak256(&raw).into(),
            nonce,
            raw: raw.into(),
        })
    }
}

/// The signature in the form that ethers encodes, of either kind of transaction.
fn on_chain(signature: CheckedSignature, chain: ChainId) -> Signature {
    Signature {
        r: U256::from_big_endian(&signature.r),
        s: U256::from_big_endian(&signature.s),
        // EIP-155; of an EIP-1559 transaction only the parity is left.
        v: chain.get() * 2 + 35 + u64::from(signature.y_parity),
    }
}

fn unsigned(prepared: &Prepared, chain: ChainId, nonce: u64, from: Address) -> TypedTransaction {
    let request = &prepared.request;
    let to = request.to.map(|to| NameOrAddress::Address(to.into()));
    let data = Some(Vec::from(request.data.clone()).into());
    match prepared.fees {
        Fees::Legacy { gas_price } => TypedTransaction::Legacy(LegacyRequest {
            from: Some(from.into()),
            to,
            gas: Some(prepared.gas_limit.into()),
            gas_price: Some(gas_price.into()),
            value: Some(request.value.into()),
            data,
            nonce: Some(nonce.into()),
            chain_id: Some(chain.get().into()),
        }),
        Fees::Eip1559 { max_fee, tip } => TypedTransaction::Eip1559(Eip1559TransactionRequest {
            from: Some(from.into()),
            to,
            gas: Some(prepared.gas_limit.into()),
            value: Some(request.value.into()),
            data,
            nonce: Some(nonce.into()),
            access_list: Default::default(),
            max_priority_fee_per_gas: Some(tip.into()),
            max_fee_per_gas: Some(max_fee.into()),
            chain_id: Some(chain.get().into()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TransactionRequest;
    use ethers_core::{types::Transaction, utils::rlp};
    use ogpu_types::Wei;

    async fn signed(fees: Fees, chain: u64) -> (Signed, Transaction, Address) {
        let signer = Signer::from_bytes(&[7; 32]).unwrap();
        let prepared = Prepared {
            request: TransactionRequest::transfer(Address::new([1; 20]), Wei::from(5_u64)),
            gas_limit: 21_000,
            fees,
        };
        let signed = Signed::new(&prepared, ChainId::new(chain), 3, &signer)
            .await
            .unwrap();
        let read: Transaction = rlp::decode(signed.raw.as_ref()).unwrap();
        (signed, read, signer.address())
    }

    #[tokio::test]
    async fn a_legacy_transaction_is_bound_to_a_chain_id_beyond_32_bits() {
        let fees = Fees::Legacy {
            gas_price: Wei::from(9_u64),
        };
        let (signed, read, from) = signed(fees, 200_820_172_034).await;
        assert_eq!(read.recover_from().unwrap(), from.into());
        assert_eq!(read.chain_id, Some(200_820_172_034_u64.into()));
        assert_eq!(read.hash, signed.hash.into());
        assert_eq!((read.nonce, read.gas_price), (3.into(), Some(9.into())));
    }

    #[tokio::test]
    async fn an_eip1559_transaction_carries_both_fees() {
        let fees = Fees::Eip1559 {
            max_fee: Wei::from(10_u64),
            tip: Wei::from(2_u64),
        };
        let (signed, read, from) = signed(fees, 1071).await;
        assert_eq!(read.recover_from().unwrap(), from.into());
        assert_eq!(read.hash, signed.hash.into());
        assert_eq!(read.max_fee_per_gas, Some(10.into()));
        assert_eq!(read.max_priority_fee_per_gas, Some(2.into()));
    }

    #[tokio::test]
    async fn a_chain_id_that_no_signature_can_carry_is_refused() {
        let signer = Signer::from_bytes(&[7; 32]).unwrap();
        let prepared = Prepared {
            request: TransactionRequest::transfer(Address::new([1; 20]), Wei::ZERO),
            gas_limit: 21_000,
            fees: Fees::Legacy {
                gas_price: Wei::from(1_u64),
            },
        };
        let chain = ChainId::new(u64::MAX / 2);
        let error = Signed::new(&prepared, chain, 0, &signer).await.unwrap_err();
        assert!(matches!(error, SignerError::ChainIdTooLarge { chain: named } if named == chain));
    }

    #[tokio::test]
    async fn debug_does_not_show_the_bytes() {
        let fees = Fees::Legacy {
            gas_price: Wei::from(9_u64),
        };
        let (signed, ..) = signed(fees, 1).await;
        let digits = signed.raw.to_string();
        assert!(!format!("{signed:?}").contains(&digits[2..]));
    }
}
