//! Signers of any kind: key services, hardware, other processes.

use std::pin::Pin;

use ethers_core::k256::ecdsa;
use ogpu_types::{Address, Hash32};

use super::SignerError;
use crate::BoxError;

/// A signature under way.
pub type SignFuture<'a> = Pin<Box<dyn Future<Output = Result<Signature, BoxError>> + Send + 'a>>;

/// Something that signs with a key of its own: a key management service, a hardware wallet.
/// [`Signer::custom`](crate::Signer::custom) makes a signer of it.
///
/// It is asked for one signature per version of a transaction. What it answers is checked before
/// it is used: a signature of another key, or of other content, is refused, and one with a high `s`
/// is brought into the form that chains accept.
///
/// A future that is dropped was given up: the signature is not used any more. Blocking work belongs
/// on a thread of its own, as with `tokio::task::spawn_blocking`. Errors become part of the write's
/// error, and are printed with it: they must hold no secret.
///
/// ```
/// use ogpu_client::{Address, BoxError, SignDigest, SignFuture, Signature, Signer, types::Hash32};
///
/// # /// Stands for the crate of a key service.
/// # #[derive(Debug)]
/// # struct KeyService;
/// # impl KeyService {
/// #     async fn sign(&self, _key: &str, _digest: &[u8; 32]) -> Result<Vec<u8>, std::io::Error> {
/// #         Ok(vec![])
/// #     }
/// # }
/// /// A key that never leaves its service.
/// struct ServiceKey {
///     service: KeyService,
///     key_id: String,
///     /// Found once from the public key that the service tells.
///     address: Address,
/// }
///
/// impl SignDigest for ServiceKey {
///     fn address(&self) -> Address {
///         self.address
///     }
///
///     fn sign_digest(&self, digest: Hash32) -> SignFuture<'_> {
///         Box::pin(async move {
///             // Services sign a digest as it is when asked to, and answer in DER.
///             let der = self.service.sign(&self.key_id, digest.as_bytes()).await?;
///             Ok(Signature::from_der(&der)?)
///         })
///     }
/// }
///
/// let signer = Signer::custom(ServiceKey {
///     service: KeyService,
///     key_id: "publishing".into(),
///     address: "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F".parse()?,
/// });
/// # Ok::<(), ogpu_client::types::AddressError>(())
/// ```
pub trait SignDigest: Send + Sync + 'static {
    /// The account that the key controls. Asked once.
    fn address(&self) -> Address;

    /// Signs the 32 bytes as they are, without a prefix and without hashing them again.
    fn sign_digest(&self, digest: Hash32) -> SignFuture<'_>;

    /// Signs a transaction, for signers that show its content or will not sign what they have not
    /// read: `unsigned` is its encoding without a signature (EIP-155 or EIP-2718), `digest` the
    /// Keccak-256 hash of it. Defaults to signing the digest.
    fn sign_transaction<'a>(&'a self, unsigned: &'a [u8], digest: Hash32) -> SignFuture<'a> {
        let _ = unsigned;
        self.sign_digest(digest)
    }
}

/// An ECDSA signature on the curve secp256k1, as a signer gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The number `r`, big-endian.
    pub r: [u8; 32],
    /// The number `s`, big-endian. High values are brought into the lower half on use.
    pub s: [u8; 32],
    /// Whether the y coordinate of the point behind `r` is odd: 1 in chains' terms. `None` where the
    /// signer does not say, as key services do not: it follows from the account.
    pub y_parity: Option<bool>,
}

impl Signature {
    /// Reads a signature in DER, the form in which most key services answer.
    ///
    /// # Errors
    ///
    /// [`SignerError::InvalidSignature`] when it is none.
    pub fn from_der(der: &[u8]) -> Result<Self, SignerError> {
        let signature =
            ecdsa::Signature::from_der(der).map_err(|_| SignerError::InvalidSignature)?;
        let (r, s) = signature.split_bytes();
        Ok(Self {
            r: r.into(),
            s: s.into(),
            y_parity: None,
        })
    }
}
