//! What makes two calls the same intent.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// Names an intent: two writes of one account with the same key have one effect.
///
/// Make one of what names the job in your own system, such as an order's number. It is not a
/// secret, and is stored as it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(Arc<str>);

/// A text that cannot be an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 1 to {limit} bytes, not {length}", limit = IdempotencyKey::LONGEST)]
#[non_exhaustive]
pub struct IdempotencyKeyError {
    /// The text's length in bytes.
    pub length: usize,
}

impl IdempotencyKey {
    /// The longest key, in bytes.
    pub const LONGEST: usize = 255;

    /// A key from a text of 1 to 255 bytes.
    ///
    /// # Errors
    ///
    /// [`IdempotencyKeyError`] for an empty or a longer text.
    pub fn new(text: impl Into<String>) -> Result<Self, IdempotencyKeyError> {
        let text = text.into();
        if (1..=Self::LONGEST).contains(&text.len()) {
            Ok(Self(text.into()))
        } else {
            Err(IdempotencyKeyError { length: text.len() })
        }
    }

    /// A key that no other call has: 128 random bits, from the operating system.
    ///
    /// # Panics
    ///
    /// When the operating system has no randomness to give.
    pub fn random() -> Self {
        let mut bytes = [0; 16];
        // Without randomness from the system nothing else here is safe either: no TLS, no keys.
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        Self(format!("{:032x}", u128::from_be_bytes(bytes)).into())
    }

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = IdempotencyKeyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> Self {
        key.0.as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_neither_empty_nor_endless() {
        assert!(IdempotencyKey::new("order-7").is_ok());
        assert!(IdempotencyKey::new("x".repeat(255)).is_ok());
        let error = IdempotencyKey::new("x".repeat(256)).unwrap_err();
        assert_eq!(error.length, 256);
        assert!(IdempotencyKey::new("").is_err());
        assert!(serde_json::from_str::<IdempotencyKey>("\"\"").is_err());
    }

    #[test]
    fn made_keys_differ() {
        assert_ne!(IdempotencyKey::random(), IdempotencyKey::random());
        assert_eq!(IdempotencyKey::random().as_str().len(), 32);
    }
}
