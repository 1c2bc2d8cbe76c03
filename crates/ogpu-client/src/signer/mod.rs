//! Keys: where they come from, how they sign, and how they stay secret.

mod check;
mod custom;
mod derivation;
mod error;
mod keystore;
mod keystore_file;
mod local;
mod mnemonic;
mod role;
mod role_signers;

use std::{fmt, panic::AssertUnwindSafe, path::Path, sync::Arc, time::Duration};

use ethers_core::utils::keccak256;
use futures::FutureExt;
use ogpu_env::Variables;
use ogpu_types::{Address, Hash32};
use zeroize::Zeroizing;

pub use custom::{SignDigest, SignFuture, Signature};
pub use error::SignerError;
pub use keystore::KeystoreError;
pub use mnemonic::MnemonicError;
pub use role::Role;

pub(crate) use check::CheckedSignature;
pub(crate) use role_signers::RoleSigners;

use local::LocalKey;

/// A key service answers within a second; a human at a device may need longer, and says so.
const SIGN_TIMEOUT: Duration = Duration::from_secs(30);

/// What signs transactions: a private key, or a signer of the user's own.
///
/// Cheap to clone; a private key exists once and is wiped when the last clone is dropped. Nothing
/// prints it: `Debug` shows the address.
///
/// | Key | Made by |
/// |---|---|
/// | hexadecimal digits, bytes | [`from_hex`](Self::from_hex), [`from_bytes`](Self::from_bytes) |
/// | a variable of the environment or of `.env` | [`from_env`](Self::from_env), [`from_role`](Self::from_role) |
/// | a phrase of words (BIP-39) | [`from_mnemonic`](Self::from_mnemonic), [`from_mnemonic_at`](Self::from_mnemonic_at) |
/// | an encrypted file (Web3 Secret Storage) | [`from_keystore`](Self::from_keystore) |
/// | elsewhere: a key service, a hardware wallet | [`custom`](Self::custom) |
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
    key: Arc<dyn SignDigest>,
    address: Address,
    timeout: Duration,
}

impl Signer {
    /// A key given as 64 hexadecimal digits, with or without `0x`.
    ///
    /// # Errors
    ///
    /// [`SignerError::InvalidKey`] when the text is no such key; the error does not repeat it.
    pub fn from_hex(key: &str) -> Result<Self, SignerError> {
        LocalKey::from_hex(key).map(Self::custom)
    }

    /// A key given as its 32 bytes, big-endian.
    ///
    /// # Errors
    ///
    /// [`SignerError::InvalidKey`] when the number is zero or not below the curve's order.
    pub fn from_bytes(key: &[u8; 32]) -> Result<Self, SignerError> {
        LocalKey::from_bytes(key).map(Self::custom)
    }

    /// The client's key: the variable `CLIENT_PRIVATE_KEY` of the environment, or else of a `.env`
    /// file.
    ///
    /// # Errors
    ///
    /// As [`from_role`](Self::from_role).
    pub fn from_env() -> Result<Self, SignerError> {
        Self::from_role(Role::Client)
    }

    /// The key of a role: its [variable](Role::variable) of the environment, or else of the file
    /// `.env` in the working directory, or else of the one in the user's home. Their values are taken
    /// literally: `${NAME}` is not replaced. This may wait for the disk.
    ///
    /// # Errors
    ///
    /// [`SignerError::Missing`] when none has it, [`SignerError::InvalidVariable`] when its value is
    /// no key, [`SignerError::DotEnv`] when a file is there but cannot be used.
    pub fn from_role(role: Role) -> Result<Self, SignerError> {
        role::role_key(role, &Variables::of_process()).map(Self::custom)
    }

    /// The key of an account of a mnemonic: 12 to 24 English words (BIP-39) without a passphrase, at
    /// the path `m/44'/60'/0'/0/index`. Wallets show the account with index 0 first.
    ///
    /// # Errors
    ///
    /// [`SignerError::Mnemonic`]; it repeats none of the words.
    pub fn from_mnemonic(phrase: &str, index: u32) -> Result<Self, SignerError> {
        let path =
            derivation::Path::account(index).map_err(|source| SignerError::Mnemonic { source })?;
        mnemonic::mnemonic_key(phrase, &path).map(Self::custom)
    }

    /// The key of a mnemonic at any path (BIP-32), such as `m/44'/60'/1'/0/0`.
    ///
    /// # Errors
    ///
    /// As [`from_mnemonic`](Self::from_mnemonic).
    pub fn from_mnemonic_at(phrase: &str, path: &str) -> Result<Self, SignerError> {
        let path =
            derivation::Path::parse(path).map_err(|source| SignerError::Mnemonic { source })?;
        mnemonic::mnemonic_key(phrase, &path).map(Self::custom)
    }

    /// The key of an encrypted file: Web3 Secret Storage version 3, as wallets and nodes write it.
    ///
    /// Deriving the file's key takes a second or so and hundreds of megabytes, on a thread for
    /// blocking work; a file that asks for more than 512 MiB or for an absurd time is refused.
    ///
    /// # Errors
    ///
    /// [`SignerError::Keystore`], for a wrong password as well.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime.
    pub async fn from_keystore(
        path: impl AsRef<Path> + Send,
        password: &str,
    ) -> Result<Self, SignerError> {
        let path = path.as_ref().to_path_buf();
        let shown = path.display().to_string();
        let password = Zeroizing::new(password.to_owned());
        tokio::task::spawn_blocking(move || keystore::keystore_key(&path, &password))
            .await
            .unwrap_or(Err(KeystoreError::Interrupted))
            .map(Self::custom)
            .map_err(|source| SignerError::Keystore {
                path: shown,
                source,
            })
    }

    /// A signer of any kind: see [`SignDigest`].
    pub fn custom(key: impl SignDigest) -> Self {
        Self {
            address: key.address(),
            key: Arc::new(key),
            timeout: SIGN_TIMEOUT,
        }
    }

    /// Bounds the time of one signature. Defaults to 30 s; the time of the whole call bounds it too.
    /// A private key in this process needs none of it.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The account that this key controls.
    pub fn address(&self) -> Address {
        self.address
    }

    /// Signs the encoding of a transaction. The signature is one that chains accept, and one of this
    /// signer's account, or it is an error.
    pub(crate) async fn sign(&self, unsigned: &[u8]) -> Result<CheckedSignature, SignerError> {
        let digest = Hash32::new(keccak256(unsigned));
        let address = self.address;
        // The signer is the user's own code: it must not take an account's sender down with it.
        let signing = AssertUnwindSafe(async { self.key.sign_transaction(unsigned, digest).await });
        let signature = tokio::time::timeout(self.timeout, signing.catch_unwind())
            .await
            .map_err(|_| SignerError::TimedOut {
                address,
                timeout: self.timeout,
            })?
            .map_err(|_| SignerError::Panicked { address })?
            .map_err(|source| SignerError::SigningFailed { address, source })?;
        check::check(&signature, digest, address)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signer").field(&self.address).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "4646464646464646464646464646464646464646464646464646464646464646";

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
            assert!(matches!(error, SignerError::InvalidKey));
            assert!(
                text.is_empty() || text == "0x" || !format!("{error} {error:?}").contains(text)
            );
        }
    }

    #[test]
    fn debug_shows_the_address_only() {
        let signer = Signer::from_hex(KEY).unwrap();
        assert_eq!(
            format!("{signer:?}"),
            "Signer(0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F)"
        );
    }

    /// A device that nobody is at.
    struct Unattended;

    impl SignDigest for Unattended {
        fn address(&self) -> Address {
            Address::new([1; 20])
        }

        fn sign_digest(&self, _: Hash32) -> SignFuture<'_> {
            Box::pin(std::future::pending())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_signer_has_thirty_seconds_unless_it_is_given_others() {
        let minutes = Duration::from_secs(300);
        for (signer, given) in [
            (Signer::custom(Unattended), SIGN_TIMEOUT),
            (Signer::custom(Unattended).with_timeout(minutes), minutes),
        ] {
            let asked = tokio::time::Instant::now();
            let error = signer.sign(b"content").await.unwrap_err();
            assert!(
                matches!(error, SignerError::TimedOut { timeout, .. } if timeout == given),
                "{error:?}"
            );
            assert!(asked.elapsed() >= given);
        }
    }

    #[tokio::test]
    async fn a_key_in_this_process_signs_in_no_time() {
        let signer = Signer::from_hex(KEY).unwrap().with_timeout(Duration::ZERO);
        let signature = signer.sign(b"content").await.unwrap();
        assert!(signature.s[0] < 0x80);
    }

    #[test]
    fn a_mnemonic_gives_one_key_by_index_and_by_path() {
        let phrase = "test test test test test test test test test test test junk";
        let by_index = Signer::from_mnemonic(phrase, 3).unwrap();
        let by_path = Signer::from_mnemonic_at(phrase, "m/44'/60'/0'/0/3").unwrap();
        assert_eq!(by_index.address(), by_path.address());
        for error in [
            Signer::from_mnemonic(phrase, u32::MAX).unwrap_err(),
            Signer::from_mnemonic_at(phrase, phrase).unwrap_err(),
        ] {
            let SignerError::Mnemonic { source } = &error else {
                panic!("{error:?}");
            };
            assert_eq!(*source, MnemonicError::InvalidPath);
            assert!(!source.to_string().contains("junk"));
        }
    }

    #[tokio::test]
    async fn a_keystore_error_names_the_file() {
        let error = Signer::from_keystore("no/such/file", "").await.unwrap_err();
        assert!(error.to_string().contains("no/such/file"), "{error}");
    }

    #[test]
    fn a_signature_in_der_is_read() {
        use ethers_core::k256::ecdsa::{Signature as Ecdsa, SigningKey};
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let digest = Hash32::new([9; 32]);
        let (signed, _): (Ecdsa, _) = key.sign_prehash_recoverable(digest.as_bytes()).unwrap();
        let read = Signature::from_der(signed.to_der().as_bytes()).unwrap();
        let account = Signer::from_bytes(&[7; 32]).unwrap().address();
        assert!(check::check(&read, digest, account).is_ok());
        for wrong in [&b""[..], b"\x30\x00", &signed.to_der().as_bytes()[1..]] {
            let error = Signature::from_der(wrong).unwrap_err();
            assert!(matches!(error, SignerError::InvalidSignature));
        }
    }
}
