//! 32-byte hashes and log topics.

use std::{fmt, str::FromStr};

use primitive_types::H256;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    hex_text::{HexError, decode_array},
    serde_text::from_text,
};

/// A 32-byte hash: of a transaction, of a block, of a payload, or a log topic.
///
/// Text and JSON are `0x` and 64 lower-case digits; reading takes either case.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash32([u8; 32]);

/// The hash that names a transaction.
pub type TxHash = Hash32;

impl Hash32 {
    /// The hash whose bytes are all zero.
    pub const ZERO: Self = Self([0; 32]);

    /// The hash made of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Whether this is [`Hash32::ZERO`].
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    /// The bytes, first digit first.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Hash32 {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        decode_array(text).map(Self)
    }
}

impl fmt::Display for Hash32 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&format!("0x{}", hex::encode(self.0)))
    }
}

impl fmt::Debug for Hash32 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl From<[u8; 32]> for Hash32 {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl From<Hash32> for [u8; 32] {
    fn from(hash: Hash32) -> Self {
        hash.0
    }
}

impl From<H256> for Hash32 {
    fn from(hash: H256) -> Self {
        Self(hash.0)
    }
}

impl From<Hash32> for H256 {
    fn from(hash: Hash32) -> Self {
        Self(hash.0)
    }
}

impl Serialize for Hash32 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash32 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, "a hash as `0x` and 64 hexadecimal digits")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "0xabcdef0000000000000000000000000000000000000000000000000000000001";

    #[test]
    fn either_case_is_read_and_lower_case_written() {
        let hash: Hash32 = TEXT.parse().unwrap();
        assert_eq!(hash.to_string(), TEXT);
        assert_eq!(format!("{hash:?}"), TEXT);
        let upper = format!("0x{}", TEXT[2..].to_uppercase());
        assert_eq!(upper.parse(), Ok(hash));
    }

    #[test]
    fn a_short_hash_is_refused_with_both_lengths() {
        assert_eq!(
            "0x1234".parse::<Hash32>(),
            Err(HexError::WrongLength {
                input: "0x1234".to_owned(),
                expected: 64,
                actual: 4
            })
        );
    }

    #[test]
    fn the_ethereum_type_converts_both_ways() {
        let hash: Hash32 = TEXT.parse().unwrap();
        let foreign = H256::from(hash);
        assert_eq!(foreign.as_bytes(), hash.as_bytes());
        assert_eq!(Hash32::from(foreign), hash);
    }
}
