//! Why there is no usable key, or no usable signature.

use std::time::Duration;

use ogpu_env::DotEnvError;
use ogpu_types::{Address, ChainId};

use super::{KeystoreError, MnemonicError};
use crate::BoxError;

/// Why there is no usable key, or no usable signature. No variant repeats what was given as a key,
/// a phrase or a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// The text or bytes are no private key.
    #[error("not a private key: it has 64 hexadecimal digits, with or without 0x")]
    InvalidKey,
    /// A variable holds something else than a private key.
    #[error("{variable} does not hold a private key of 64 hexadecimal digits")]
    InvalidVariable {
        /// The variable's name.
        variable: &'static str,
    },
    /// No key was given, and the variable is not set.
    #[error("no signer: give one to the client or to the call, or set {variable}")]
    Missing {
        /// The variable that would be read.
        variable: &'static str,
    },
    /// A `.env` file that a key is looked for in cannot be used.
    #[error("cannot look for {variable} in .env")]
    DotEnv {
        /// The variable's name.
        variable: &'static str,
        /// Which file, and why.
        source: DotEnvError,
    },
    /// The phrase or the path gives no key.
    #[error("cannot take a key from the mnemonic")]
    Mnemonic {
        /// Why.
        #[source]
        source: MnemonicError,
    },
    /// The keystore file gives no key.
    #[error("cannot take a key from the keystore file {path}")]
    Keystore {
        /// Where it is.
        path: String,
        /// Why.
        #[source]
        source: KeystoreError,
    },
    /// The chain's id is beyond what a signature can carry.
    #[error("chain id {} is too large to sign for", chain.get())]
    ChainIdTooLarge {
        /// The chain.
        chain: ChainId,
    },
    /// The key could not sign.
    #[error("the key of {address} could not sign")]
    SigningFailed {
        /// The account.
        address: Address,
        /// The signer's own words.
        #[source]
        source: BoxError,
    },
    /// The signer panicked; nothing was sent.
    #[error("the signer of {address} panicked")]
    Panicked {
        /// The account.
        address: Address,
    },
    /// The signer did not answer in time; nothing was sent.
    #[error("the signer of {address} gave no signature within {timeout:?}")]
    TimedOut {
        /// The account.
        address: Address,
        /// The time that it had.
        timeout: Duration,
    },
    /// What came from the signer, or was given as a signature, is none on this curve.
    #[error("not a signature of the curve secp256k1")]
    InvalidSignature,
    /// The signature is of another key, or of other content; nothing was sent.
    #[error(
        "the signature that the signer of {expected} gave is not one of its key for this content"
    )]
    WrongSignature {
        /// The account that was to sign.
        expected: Address,
    },
}
