//! The numbers by which chains are told apart.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{
    excerpt::excerpt,
    json_text::{Scalar, read_scalar},
};

/// The id of a chain: one of the two public OpenGPU chains, or any other 64-bit number.
///
/// Text is the name where there is one, else the number; JSON is the number. Reading takes either,
/// a name in any case.
///
/// ```
/// use ogpu_types::ChainId;
///
/// assert_eq!("ogpu_mainnet".parse(), Ok(ChainId::OGPU_MAINNET));
/// assert_eq!("0x42f".parse(), Ok(ChainId::new(1071)));
/// assert_eq!(ChainId::new(1071).to_string(), "OGPU_MAINNET");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainId(u64);

/// A text that names no chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainIdError {
    /// The text is neither a name nor a number.
    #[error(
        "`{input}` is neither OGPU_MAINNET, OGPU_TESTNET nor a chain id of digits or `0x` digits"
    )]
    Unknown {
        /// The refused text, cut after 100 characters.
        input: String,
    },
    /// The number exceeds 64 bits.
    #[error("chain id `{input}` does not fit in 64 bits")]
    TooLarge {
        /// The refused text, cut after 100 characters.
        input: String,
    },
}

impl ChainId {
    /// The main network, where payments are real money.
    pub const OGPU_MAINNET: Self = Self(1071);
    /// The test network.
    pub const OGPU_TESTNET: Self = Self(200_820_172_034);

    const NAMED: [(Self, &'static str); 2] = [
        (Self::OGPU_MAINNET, "OGPU_MAINNET"),
        (Self::OGPU_TESTNET, "OGPU_TESTNET"),
    ];

    /// The chain of this number.
    #[must_use]
    pub const fn new(id: u64) -> Self {
        Self(id)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The name, for the two public chains.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMED
            .iter()
            .find_map(|&(id, name)| (id == self).then_some(name))
    }
}

impl FromStr for ChainId {
    type Err = ChainIdError;

    fn from_str(text: &str) -> Result<Self, ChainIdError> {
        let named = Self::NAMED
            .iter()
            .find_map(|&(id, name)| name.eq_ignore_ascii_case(text).then_some(id));
        if let Some(id) = named {
            return Ok(id);
        }
        let (digits, radix) = match text.strip_prefix("0x") {
            Some(digits) => (digits, 16),
            None => (text, 10),
        };
        if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
            return Err(ChainIdError::Unknown {
                input: excerpt(text),
            });
        }
        u64::from_str_radix(digits, radix)
            .map(Self)
            .map_err(|_| ChainIdError::TooLarge {
                input: excerpt(text),
            })
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => formatter.pad(name),
            None => fmt::Display::fmt(&self.0, formatter),
        }
    }
}

impl fmt::Debug for ChainId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ChainId({self})")
    }
}

impl From<u64> for ChainId {
    fn from(id: u64) -> Self {
        Self(id)
    }
}

impl From<ChainId> for u64 {
    fn from(id: ChainId) -> Self {
        id.0
    }
}

impl Serialize for ChainId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for ChainId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return u64::deserialize(deserializer).map(Self);
        }
        let text = match read_scalar(deserializer, "a chain's name or id")? {
            Scalar::Text(text) | Scalar::Number(text) => text,
        };
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_the_name_or_the_number_and_comes_back() {
        for (id, text) in [
            (ChainId::OGPU_MAINNET, "OGPU_MAINNET"),
            (ChainId::OGPU_TESTNET, "OGPU_TESTNET"),
            (ChainId::new(u64::MAX), "18446744073709551615"),
        ] {
            assert_eq!(id.to_string(), text);
            assert_eq!(text.parse(), Ok(id));
            assert_eq!(text.to_lowercase().parse(), Ok(id));
            assert_eq!(id.get().to_string().parse(), Ok(id));
            assert_eq!(format!("{:#x}", id.get()).parse(), Ok(id));
        }
    }

    #[test]
    fn json_is_written_as_number_and_read_from_either() {
        let json = serde_json::to_string(&ChainId::OGPU_TESTNET).unwrap();
        assert_eq!(json, "200820172034");
        for json in [json.as_str(), r#""ogpu_testnet""#, r#""200820172034""#] {
            assert_eq!(
                serde_json::from_str::<ChainId>(json).unwrap(),
                ChainId::OGPU_TESTNET
            );
        }
    }

    #[test]
    fn what_is_no_chain_is_refused_with_its_text() {
        for text in ["", "0x", "-1", "+1", "1.0", "OGPU", " 1071"] {
            assert_eq!(
                text.parse::<ChainId>(),
                Err(ChainIdError::Unknown {
                    input: text.to_owned()
                })
            );
        }
        assert_eq!(
            "18446744073709551616".parse::<ChainId>(),
            Err(ChainIdError::TooLarge {
                input: "18446744073709551616".to_owned()
            })
        );
        let error = serde_json::from_str::<ChainId>("1.5")
            .unwrap_err()
            .to_string();
        assert!(error.contains("`1.5`"), "{error}");
    }
}
