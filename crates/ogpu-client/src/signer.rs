//! Keys: where they come from, and how they stay secret.

use std::{ffi::OsString, fmt, path::Path, sync::Arc};

use ethers_core::k256::ecdsa::SigningKey;
use ethers_core::types::transaction::eip2718::TypedTransaction;
use ethers_signers::{LocalWallet, Signer as _, Wallet};
use ogpu_types::{Address, ChainId};
use zeroize::Zeroizing;

/// A private key that signs transactions.
///
/// Cheap to clone; the key exists once and is wiped when the last clone is dropped. Nothing prints
/// it: `Debug` shows the address.
///
/// ```
/// # fn main() -> Result<(), ogpu_client::SignerError> {
/// use ogpu_client::Signer;
///
/// // The example key of EIP-155, which everybody knows.
/// let signer = Signer::from_hex("0x4646464646464646464646464646464646464646464646464646464646464646")?;
/// assert_eq!(signer.address().to_string(), "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Signer {
    wallet: Arc<LocalWallet>,
}

impl Signer {
    /// A key given as 64 hexadecimal digits, with or without `0x`.
    ///
    /// # Errors
    ///
    /// [`SignerError::InvalidKey`] when the text is no such key; the error does not repeat it.
    pub fn from_hex(key: &str) -> Result<Self, SignerError> {
        let key = key.trim();
        let digits = key.strip_prefix("0x").unwrap_or(key);
        let mut bytes = Zeroizing::new([0_u8; 32]);
        hex::decode_to_slice(digits, bytes.as_mut_slice()).map_err(|_| SignerError::InvalidKey)?;
        Self::from_bytes(&bytes)
    }

    /// A key given as its 32 bytes, big-endian.
    ///
    /// # Errors
    ///
    /// [`SignerError::InvalidKey`] when the number is zero or not below the curve's order.
    pub fn from_bytes(key: &[u8; 32]) -> Result<Self, SignerError> {
        let key = SigningKey::from_slice(key).map_err(|_| SignerError::InvalidKey)?;
        Ok(Self {
            wallet: Arc::new(Wallet::from(key)),
        })
    }

    /// The client's key: the variable `CLIENT_PRIVATE_KEY` of the environment, or else of the file
    /// `.env` in the working directory.
    ///
    /// # Errors
    ///
    /// [`SignerError::Missing`] when neither has it, [`SignerError::InvalidVariable`] when its
    /// value is no key, [`SignerError::DotEnv`] when the file is there but cannot be read.
    pub fn from_env() -> Result<Self, SignerError> {
        Self::from_lookup(|variable| std::env::var_os(variable), Path::new(DOT_ENV))
    }

    fn from_lookup(
        environment: impl Fn(&str) -> Option<OsString>,
        dot_env: &Path,
    ) -> Result<Self, SignerError> {
        let variable = CLIENT_PRIVATE_KEY;
        let invalid = SignerError::InvalidVariable { variable };
        // An empty variable counts as unset, as everywhere in this SDK.
        let value = match environment(variable).filter(|value| !value.is_empty()) {
            Some(value) => Zeroizing::new(value.into_string().map_err(|_| invalid.clone())?),
            None => in_dot_env(variable, dot_env)?.ok_or(SignerError::Missing { variable })?,
        };
        Self::from_hex(&value).map_err(|_| invalid)
    }

    /// The account that this key controls.
    pub fn address(&self) -> Address {
        self.wallet.address().into()
    }

    /// The transaction's signed bytes, ready to be sent.
    pub(crate) fn sign(&self, transaction: &TypedTransaction) -> Result<Vec<u8>, SignerError> {
        let signature = self
            .wallet
            .sign_transaction_sync(transaction)
            .map_err(|_| SignerError::SigningFailed {
                address: self.address(),
            })?;
        Ok(transaction.rlp_signed(&signature).to_vec())
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signer").field(&self.address()).finish()
    }
}

/// The variable that holds the client's key.
pub(crate) const CLIENT_PRIVATE_KEY: &str = "CLIENT_PRIVATE_KEY";
const DOT_ENV: &str = ".env";

fn in_dot_env(variable: &str, path: &Path) -> Result<Option<Zeroizing<String>>, SignerError> {
    // The parser's own errors quote the line, which may hold a key.
    let unreadable = || SignerError::DotEnv {
        path: path.display().to_string(),
    };
    let entries = match dotenvy::from_path_iter(path) {
        Ok(entries) => entries,
        Err(error) if error.not_found() => return Ok(None),
        Err(_) => return Err(unreadable()),
    };
    for entry in entries {
        let (name, value) = entry.map_err(|_| unreadable())?;
        let value = Zeroizing::new(value);
        if name == variable {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// Why there is no usable key. No variant repeats what was given as one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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
    /// The `.env` file is there but cannot be read.
    #[error("cannot read {path}: each line is NAME=value")]
    DotEnv {
        /// Where it is.
        path: String,
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
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "4646464646464646464646464646464646464646464646464646464646464646";

    fn dot_env(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn a_key_is_read_with_and_without_prefix() {
        let plain = Signer::from_hex(KEY).unwrap();
        let prefixed = Signer::from_hex(&format!(" 0x{KEY}\n")).unwrap();
        assert_eq!(plain.address(), prefixed.address());
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        for text in [
            "",
            "0x",
            "secret-text",
            &KEY[2..],
            &"0".repeat(64),
            &"f".repeat(64),
        ] {
            let error = Signer::from_hex(text).unwrap_err();
            assert_eq!(error, SignerError::InvalidKey);
            assert!(
                text.is_empty() || text == "0x" || !format!("{error} {error:?}").contains(text)
            );
        }
    }

    #[test]
    fn the_environment_comes_before_the_file() {
        let other = "01".repeat(32);
        let file = dot_env(&format!("OTHER=1\nCLIENT_PRIVATE_KEY=0x{other}\n"));
        let from_file = Signer::from_lookup(|_| None, file.path()).unwrap();
        let from_env = Signer::from_lookup(|_| Some(KEY.into()), file.path()).unwrap();
        assert_eq!(
            from_file.address(),
            Signer::from_hex(&other).unwrap().address()
        );
        assert_eq!(from_env.address(), Signer::from_hex(KEY).unwrap().address());
    }

    #[test]
    fn a_missing_key_names_the_variable() {
        let empty = dot_env("OTHER=1\n");
        for path in [empty.path(), Path::new("no such file")] {
            let error = Signer::from_lookup(|_| Some("".into()), path).unwrap_err();
            assert!(error.to_string().contains("CLIENT_PRIVATE_KEY"), "{error}");
        }
    }

    #[test]
    fn a_damaged_file_is_an_error_that_does_not_quote_it() {
        let file = dot_env(&format!("{KEY} not a line\n"));
        let error = Signer::from_lookup(|_| None, file.path()).unwrap_err();
        assert!(matches!(error, SignerError::DotEnv { .. }));
        assert!(!format!("{error} {error:?}").contains(KEY));
    }

    #[test]
    fn debug_shows_the_address_only() {
        let signer = Signer::from_hex(KEY).unwrap();
        assert_eq!(
            format!("{signer:?}"),
            "Signer(0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F)"
        );
    }
}
