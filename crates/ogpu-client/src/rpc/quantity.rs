//! Numbers as JSON-RPC writes them: `0x` and hexadecimal digits.

use ogpu_types::Wei;
use primitive_types::U256;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A number of at most 256 bits in a JSON-RPC request or answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quantity(U256);

impl Quantity {
    pub(crate) fn wei(self) -> Wei {
        self.0.into()
    }

    /// As 64 bits; `None` when it is larger.
    pub(crate) fn to_u64(self) -> Option<u64> {
        u64::try_from(self.0).ok()
    }
}

impl From<u64> for Quantity {
    fn from(value: u64) -> Self {
        Self(value.into())
    }
}

impl From<Wei> for Quantity {
    fn from(value: Wei) -> Self {
        Self(value.into())
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:#x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let digits = text
            .strip_prefix("0x")
            .filter(|digits| (1..=64).contains(&digits.len()))
            .ok_or_else(|| de::Error::custom("a quantity is not 0x and 1 to 64 digits"))?;
        U256::from_str_radix(digits, 16)
            .map(Self)
            .map_err(|_| de::Error::custom("a quantity has other than hexadecimal digits"))
    }
}

/// For `#[serde(with = "quantity::as_u64")]`: a quantity that must fit 64 bits.
pub(crate) mod as_u64 {
    use super::{Deserialize, Deserializer, Quantity, de};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        Quantity::deserialize(deserializer)?
            .to_u64()
            .ok_or_else(|| de::Error::custom("a quantity exceeds 64 bits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_and_written_as_hex() {
        let read: Quantity = serde_json::from_str(r#""0x2ec1a3b402""#).unwrap();
        assert_eq!(read.to_u64(), Some(200_817_226_754));
        assert_eq!(
            serde_json::to_string(&Quantity::from(0)).unwrap(),
            r#""0x0""#
        );
        assert_eq!(
            serde_json::to_string(&Quantity::from(255)).unwrap(),
            r#""0xff""#
        );
    }

    #[test]
    fn anything_else_is_refused() {
        let too_long = format!("\"0x1{}\"", "0".repeat(64));
        for text in [r#""0x""#, r#""12""#, r#""0xzz""#, "12", "null", &too_long] {
            assert!(serde_json::from_str::<Quantity>(text).is_err(), "{text}");
        }
    }
}
