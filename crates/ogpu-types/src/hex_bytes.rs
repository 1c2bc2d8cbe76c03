//! Byte strings written in hexadecimal.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    hex_text::{HexError, decode_vec},
    serde_text::from_text,
};

/// Any number of bytes, such as the data of a log or of a revert.
///
/// Text and JSON are `0x` and two lower-case digits a byte; reading takes either case.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HexBytes(Vec<u8>);

impl HexBytes {
    /// These bytes.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes as a slice.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no byte.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes as a vector, without copying.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl FromStr for HexBytes {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        decode_vec(text).map(Self)
    }
}

impl fmt::Display for HexBytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&format!("0x{}", hex::encode(&self.0)))
    }
}

impl fmt::Debug for HexBytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl From<Vec<u8>> for HexBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for HexBytes {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl From<HexBytes> for Vec<u8> {
    fn from(bytes: HexBytes) -> Self {
        bytes.0
    }
}

impl AsRef<[u8]> for HexBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for HexBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(
            deserializer,
            "bytes as `0x` and an even number of hexadecimal digits",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bytes_are_the_bare_prefix() {
        assert_eq!(HexBytes::default().to_string(), "0x");
        assert_eq!("0x".parse(), Ok(HexBytes::default()));
    }

    #[test]
    fn an_odd_digit_and_a_missing_prefix_are_refused() {
        assert_eq!(
            "0x123".parse::<HexBytes>(),
            Err(HexError::OddLength {
                input: "0x123".to_owned()
            })
        );
        assert_eq!(
            "1234".parse::<HexBytes>(),
            Err(HexError::MissingPrefix {
                input: "1234".to_owned()
            })
        );
        assert_eq!(
            "0xzz".parse::<HexBytes>(),
            Err(HexError::InvalidDigit {
                input: "0xzz".to_owned(),
                character: 'z'
            })
        );
    }

    #[test]
    fn bytes_come_back_unchanged() {
        let bytes = HexBytes::from(vec![0, 1, 0xab]);
        assert_eq!(bytes.to_string(), "0x0001ab");
        assert_eq!(
            "0x0001AB".parse::<HexBytes>().unwrap().into_vec(),
            [0, 1, 0xab]
        );
    }
}
