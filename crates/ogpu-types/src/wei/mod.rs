//! Amounts of the chain's currency.

mod serde;
mod units;

use std::fmt;

use primitive_types::U256;

/// An amount in wei: 256 bits, no sign, no fraction. One OGPU is 10^18 wei.
///
/// Arithmetic is checked: there is no operator that could wrap, panic or lose a wei. Text is the
/// decimal number of wei, and JSON is that text in quotes, since most JSON readers keep no integer
/// above 2^53. Reading also takes `0x` hexadecimal text and a bare JSON integer, exactly, whatever
/// its size; a fraction or an exponent is refused, not rounded.
///
/// ```
/// use ogpu_types::Wei;
///
/// let payment = Wei::parse_ether("0.01")?;
/// assert_eq!(payment.to_string(), "10000000000000000");
/// assert_eq!(payment.format_ether(), "0.01");
/// assert_eq!(payment.checked_mul(3), Some(Wei::parse_ether("0.03")?));
/// assert!(Wei::parse_ether("0.0000000000000000001").is_err());
/// # Ok::<(), ogpu_types::WeiError>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wei(U256);

/// An amount that cannot be read or converted.
///
/// `input` is cut after 100 characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeiError {
    /// The text is not a number in the accepted form.
    #[error("`{input}` is not an amount: write digits such as `25`, or `0x19` for wei")]
    Invalid {
        /// The refused text.
        input: String,
    },
    /// The text has a minus or a plus sign.
    #[error("amount `{input}` has a sign: amounts are never negative and are written without one")]
    Signed {
        /// The refused text.
        input: String,
    },
    /// The text has a fraction or an exponent where a whole number of wei is needed.
    #[error(
        "amount `{input}` is not a whole number of wei: write all its digits, without point or exponent"
    )]
    NotWhole {
        /// The refused text.
        input: String,
    },
    /// The text has more decimals than the unit.
    #[error("amount `{input}` has more than the {decimals} decimals of its unit")]
    TooManyDecimals {
        /// The refused text.
        input: String,
        /// Decimals that the unit has.
        decimals: u8,
    },
    /// The number exceeds the type that it is read into.
    #[error("amount `{input}` does not fit in {bits} bits")]
    TooLarge {
        /// The refused amount.
        input: String,
        /// Bits of the target.
        bits: u32,
    },
}

impl Wei {
    /// No wei.
    pub const ZERO: Self = Self(U256::zero());
    /// The largest amount, 2^256 - 1.
    pub const MAX: Self = Self(U256::MAX);

    /// This many wei, in constants too.
    #[must_use]
    pub const fn from_u128(wei: u128) -> Self {
        let low = ((wei << 64) >> 64) as u64;
        let high = (wei >> 64) as u64;
        Self(U256([low, high, 0, 0]))
    }

    /// This many whole OGPU. Every `u64` fits.
    #[must_use]
    pub const fn from_ether(ether: u64) -> Self {
        Self::from_u128(ether as u128 * 1_000_000_000_000_000_000)
    }

    /// This many gwei, of 10^9 wei. Every `u64` fits.
    #[must_use]
    pub const fn from_gwei(gwei: u64) -> Self {
        Self::from_u128(gwei as u128 * 1_000_000_000)
    }

    /// The amount of these 32 bytes, highest first, as the ABI has them.
    #[must_use]
    pub fn from_be_bytes(bytes: [u8; 32]) -> Self {
        Self(U256::from(bytes))
    }

    /// The 32 bytes of the amount, highest first.
    #[must_use]
    pub fn to_be_bytes(self) -> [u8; 32] {
        self.0.into()
    }

    /// Whether the amount is nothing.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// The sum, or `None` above [`Wei::MAX`].
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or `None` below zero.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The product, or `None` above [`Wei::MAX`].
    #[must_use]
    pub fn checked_mul(self, factor: u64) -> Option<Self> {
        self.0.checked_mul(factor.into()).map(Self)
    }

    /// The quotient, rounded down, or `None` for a divisor of zero.
    #[must_use]
    pub fn checked_div(self, divisor: u64) -> Option<Self> {
        self.0.checked_div(divisor.into()).map(Self)
    }

    /// The sum, or [`Wei::MAX`] if it is larger.
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, or [`Wei::ZERO`] if it is negative.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Wei {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad_integral(true, "", &self.0.to_string())
    }
}

impl fmt::Debug for Wei {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Wei({})", self.0)
    }
}

impl From<u64> for Wei {
    fn from(wei: u64) -> Self {
        Self(wei.into())
    }
}

impl From<u128> for Wei {
    fn from(wei: u128) -> Self {
        Self(wei.into())
    }
}

impl From<U256> for Wei {
    fn from(wei: U256) -> Self {
        Self(wei)
    }
}

impl From<Wei> for U256 {
    fn from(wei: Wei) -> Self {
        wei.0
    }
}

impl TryFrom<Wei> for u64 {
    type Error = WeiError;

    fn try_from(wei: Wei) -> Result<Self, WeiError> {
        Self::try_from(wei.0).map_err(|_| too_large(wei, Self::BITS))
    }
}

impl TryFrom<Wei> for u128 {
    type Error = WeiError;

    fn try_from(wei: Wei) -> Result<Self, WeiError> {
        Self::try_from(wei.0).map_err(|_| too_large(wei, Self::BITS))
    }
}

fn too_large(wei: Wei, bits: u32) -> WeiError {
    WeiError::TooLarge {
        input: wei.to_string(),
        bits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_of_a_128_bit_number_are_kept() {
        for wei in [0, 1, u128::from(u64::MAX), 1 << 64, u128::MAX] {
            assert_eq!(Wei::from_u128(wei), Wei::from(wei));
            assert_eq!(u128::try_from(Wei::from_u128(wei)), Ok(wei));
        }
    }

    #[test]
    fn every_whole_number_of_coins_fits() {
        assert_eq!(
            Wei::from_ether(u64::MAX).format_ether(),
            u64::MAX.to_string()
        );
        assert_eq!(Wei::from_gwei(u64::MAX).format_gwei(), u64::MAX.to_string());
    }

    #[test]
    fn arithmetic_stops_at_both_ends() {
        let one = Wei::from(1_u64);
        assert_eq!(Wei::MAX.checked_add(one), None);
        assert_eq!(Wei::MAX.saturating_add(one), Wei::MAX);
        assert_eq!(Wei::ZERO.checked_sub(one), None);
        assert_eq!(Wei::ZERO.saturating_sub(one), Wei::ZERO);
        assert_eq!(Wei::MAX.checked_mul(2), None);
        assert_eq!(one.checked_div(0), None);
        assert_eq!(Wei::from(7_u64).checked_div(2), Some(Wei::from(3_u64)));
    }

    #[test]
    fn narrowing_names_the_amount_and_the_width() {
        let large = Wei::from(u128::from(u64::MAX) + 1);
        assert_eq!(
            u64::try_from(large),
            Err(WeiError::TooLarge {
                input: "18446744073709551616".to_owned(),
                bits: 64
            })
        );
        assert!(u128::try_from(Wei::MAX).is_err());
    }

    #[test]
    fn text_is_decimal_and_can_be_padded() {
        assert_eq!(format!("{:>5}", Wei::from(42_u64)), "   42");
        assert_eq!(format!("{:?}", Wei::from(42_u64)), "Wei(42)");
    }

    #[test]
    fn bytes_are_highest_first() {
        let mut bytes = [0; 32];
        bytes[31] = 1;
        assert_eq!(Wei::from(1_u64).to_be_bytes(), bytes);
        assert_eq!(Wei::from_be_bytes([0xff; 32]), Wei::MAX);
    }
}
