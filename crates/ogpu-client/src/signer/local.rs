//! A private key in this process.

use std::fmt;

use ethers_core::k256::ecdsa::SigningKey;
use ethers_signers::{LocalWallet, Signer as _};
use ogpu_types::{Address, Hash32};
use zeroize::Zeroizing;

use super::{SignDigest, SignFuture, Signature, SignerError};

/// A key that is wiped when dropped, and that cannot be copied.
pub(super) struct LocalKey {
    wallet: LocalWallet,
}

impl LocalKey {
    pub(super) fn from_hex(key: &str) -> Result<Self, SignerError> {
        let key = key.trim();
        let digits = key.strip_prefix("0x").unwrap_or(key);
        let mut bytes = Zeroizing::new([0_u8; 32]);
        hex::decode_to_slice(digits, bytes.as_mut_slice()).map_err(|_| SignerError::InvalidKey)?;
        Self::from_bytes(&bytes)
    }

    pub(super) fn from_bytes(key: &[u8; 32]) -> Result<Self, SignerError> {
        let key = SigningKey::from_slice(key).map_err(|_| SignerError::InvalidKey)?;
        Ok(Self {
            wallet: LocalWallet::from(key),
        })
    }

    fn sign(&self, digest: Hash32) -> Result<Signature, ethers_signers::WalletError> {
        let signature = self.wallet.sign_hash(digest.into())?;
        let mut bytes = Signature {
            r: [0; 32],
            s: [0; 32],
            // ethers counts from 27.
            y_parity: Some(signature.v == 28),
        };
        signature.r.to_big_endian(&mut bytes.r);
        signature.s.to_big_endian(&mut bytes.s);
        Ok(bytes)
    }
}

impl SignDigest for LocalKey {
    fn address(&self) -> Address {
        self.wallet.address().into()
    }

    /// Takes microseconds, so it happens where it is asked for.
    fn sign_digest(&self, digest: Hash32) -> SignFuture<'_> {
        let signature = self.sign(digest).map_err(Into::into);
        Box::pin(std::future::ready(signature))
    }
}

impl fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LocalKey").field(&self.address()).finish()
    }
}
