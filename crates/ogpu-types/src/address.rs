//! Account and contract addresses.

use std::{fmt, str::FromStr};

use primitive_types::H160;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha3::{Digest, Keccak256};

use crate::{
    excerpt::excerpt,
    hex_text::{HexError, decode_array},
    serde_text::from_text,
};

/// The 20-byte address of an account or a contract.
///
/// Text and JSON are the full `0x` form with the mixed-case checksum of EIP-55. Reading takes
/// digits in one case as they are, and checks the checksum where upper and lower case are mixed.
///
/// ```
/// use ogpu_types::Address;
///
/// let nexus: Address = "0xf87bb2f3edb991a998992f14d35fe142e6bb50b1".parse()?;
/// assert_eq!(nexus.to_string(), "0xF87bb2f3edB991a998992f14d35fE142e6Bb50b1");
/// assert!("0xf87bb2f3edB991a998992f14d35fE142e6Bb50b1".parse::<Address>().is_err());
/// # Ok::<(), ogpu_types::AddressError>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address([u8; 20]);

/// A text that is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The text is not `0x` and 40 hexadecimal digits.
    #[error(transparent)]
    Malformed {
        /// What is wrong with the text, and the text.
        #[from]
        source: HexError,
    },
    /// Upper and lower case are mixed, but not as the address demands.
    #[error(
        "address `{input}` fails its checksum: look for a typing error, or write the digits in lower case if it is right"
    )]
    WrongChecksum {
        /// The refused text.
        input: String,
    },
}

impl Address {
    /// The zero address, which the contracts use for "none".
    pub const ZERO: Self = Self([0; 20]);

    /// The address made of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// Whether this is [`Address::ZERO`].
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    /// The bytes, first digit first.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// The 40 digits in the case that EIP-55 gives them.
    fn checksummed_digits(&self) -> String {
        let mut digits = hex::encode(self.0).into_bytes();
        let hash = Keccak256::digest(&digits);
        for (index, digit) in digits.iter_mut().enumerate() {
            let byte = hash[index / 2];
            let nibble = if index % 2 == 0 {
                byte >> 4
            } else {
                byte & 0x0f
            };
            if nibble >= 8 {
                digit.make_ascii_uppercase();
            }
        }
        digits.into_iter().map(char::from).collect()
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let address = Self(decode_array(text)?);
        let digits = &text["0x".len()..];
        let mixed = digits.bytes().any(|b| b.is_ascii_uppercase())
            && digits.bytes().any(|b| b.is_ascii_lowercase());
        if mixed && digits != address.checksummed_digits() {
            return Err(AddressError::WrongChecksum {
                input: excerpt(text),
            });
        }
        Ok(address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&format!("0x{}", self.checksummed_digits()))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl From<[u8; 20]> for Address {
    fn from(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }
}

impl From<Address> for [u8; 20] {
    fn from(address: Address) -> Self {
        address.0
    }
}

impl From<H160> for Address {
    fn from(address: H160) -> Self {
        Self(address.0)
    }
}

impl From<Address> for H160 {
    fn from(address: Address) -> Self {
        Self(address.0)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, "an address as `0x` and 40 hexadecimal digits")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mixed-case examples of EIP-55.
    const EIP_55: [&str; 4] = [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ];

    #[test]
    fn the_examples_of_the_standard_are_written_as_given() {
        for text in EIP_55 {
            let address: Address = text.to_lowercase().parse().unwrap();
            assert_eq!(address.to_string(), text);
            assert_eq!(format!("{address:?}"), text);
            assert_eq!(text.parse(), Ok(address));
            assert_eq!(
                serde_json::to_string(&address).unwrap(),
                format!("\"{text}\"")
            );
        }
    }

    #[test]
    fn digits_in_one_case_need_no_checksum() {
        for text in EIP_55 {
            let upper = format!("0x{}", text[2..].to_uppercase());
            assert_eq!(upper.parse(), text.parse::<Address>());
        }
    }

    #[test]
    fn a_wrong_checksum_is_refused_with_the_text() {
        let wrong = EIP_55[0].replace("aAeb", "Aaeb");
        assert_eq!(
            wrong.parse::<Address>(),
            Err(AddressError::WrongChecksum { input: wrong })
        );
    }

    #[test]
    fn malformed_text_is_refused_with_its_fault() {
        let bare = EIP_55[0][2..].to_owned();
        assert_eq!(
            bare.parse::<Address>(),
            Err(HexError::MissingPrefix { input: bare }.into())
        );
        assert_eq!(
            "0x12".parse::<Address>(),
            Err(HexError::WrongLength {
                input: "0x12".to_owned(),
                expected: 40,
                actual: 2
            }
            .into())
        );
        let odd = "0xé".parse::<Address>().unwrap_err();
        assert_eq!(
            odd.to_string(),
            "`0xé` holds `é`, which is no hexadecimal digit"
        );
    }

    #[test]
    fn an_error_repeats_a_bounded_part_of_the_input() {
        let error = "x".repeat(100_000).parse::<Address>().unwrap_err();
        assert!(error.to_string().len() < 200);
    }

    #[test]
    fn the_ethereum_type_converts_both_ways() {
        let address: Address = EIP_55[0].parse().unwrap();
        let foreign = H160::from(address);
        assert_eq!(foreign.as_bytes(), address.as_bytes());
        assert_eq!(Address::from(foreign), address);
    }

    #[test]
    fn only_the_zero_address_is_zero() {
        assert!(Address::ZERO.is_zero());
        assert!(!Address::new([1; 20]).is_zero());
        assert_eq!(Address::default(), Address::ZERO);
    }
}
