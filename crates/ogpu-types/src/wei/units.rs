//! Amounts as text: in wei, and in units with decimals. Digits only, never a float.

use std::str::FromStr;

use primitive_types::U256;

use super::{Wei, WeiError};
use crate::excerpt::excerpt;

/// Decimals of one OGPU, as of one ether.
const ETHER_DECIMALS: u8 = 18;
/// Decimals of one gwei.
const GWEI_DECIMALS: u8 = 9;

impl Wei {
    /// Reads an amount in whole coins, such as `"0.01"`.
    ///
    /// # Errors
    ///
    /// [`WeiError`] for anything but digits with at most one point between them, for more than 18
    /// decimals, and for more than 256 bits.
    pub fn parse_ether(text: &str) -> Result<Self, WeiError> {
        Self::parse_units(text, ETHER_DECIMALS)
    }

    /// Reads an amount in gwei, such as `"2.5"`.
    ///
    /// # Errors
    ///
    /// As [`Wei::parse_ether`], with 9 decimals.
    pub fn parse_gwei(text: &str) -> Result<Self, WeiError> {
        Self::parse_units(text, GWEI_DECIMALS)
    }

    /// Reads an amount in a unit of 10^`decimals` wei.
    ///
    /// # Errors
    ///
    /// As [`Wei::parse_ether`], with this number of decimals.
    pub fn parse_units(text: &str, decimals: u8) -> Result<Self, WeiError> {
        refuse_sign(text)?;
        let (whole, fraction) = match text.split_once('.') {
            None => (text, ""),
            Some((_, "")) => return Err(invalid(text)),
            Some(parts) => parts,
        };
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(invalid(text));
        }
        let width = usize::from(decimals);
        if fraction.len() > width {
            return Err(WeiError::TooManyDecimals {
                input: excerpt(text),
                decimals,
            });
        }
        from_decimal_digits(&format!("{whole}{fraction:0<width$}"), text)
    }

    /// The amount in whole coins, exact and without needless zeros, such as `"0.01"` or `"1"`.
    #[must_use]
    pub fn format_ether(self) -> String {
        self.format_units(ETHER_DECIMALS)
    }

    /// The amount in gwei, exact and without needless zeros.
    #[must_use]
    pub fn format_gwei(self) -> String {
        self.format_units(GWEI_DECIMALS)
    }

    /// The amount in a unit of 10^`decimals` wei, exact and without needless zeros.
    #[must_use]
    pub fn format_units(self, decimals: u8) -> String {
        let decimals = usize::from(decimals);
        let digits = format!("{:0>width$}", self.0.to_string(), width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            fraction => format!("{whole}.{fraction}"),
        }
    }
}

impl FromStr for Wei {
    type Err = WeiError;

    /// Reads a number of wei, decimal or as `0x` hexadecimal.
    fn from_str(text: &str) -> Result<Self, WeiError> {
        refuse_sign(text)?;
        if let Some(digits) = text.strip_prefix("0x") {
            return from_hexadecimal_digits(digits, text);
        }
        let digit_first = text.starts_with(|c: char| c.is_ascii_digit());
        if digit_first && text.contains(['.', 'e', 'E']) {
            return Err(WeiError::NotWhole {
                input: excerpt(text),
            });
        }
        if text.is_empty() || !all_digits(text) {
            return Err(invalid(text));
        }
        from_decimal_digits(text, text)
    }
}

fn refuse_sign(text: &str) -> Result<(), WeiError> {
    if text.starts_with(['-', '+']) {
        return Err(WeiError::Signed {
            input: excerpt(text),
        });
    }
    Ok(())
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// `digits` holds ASCII digits only; `text` is what the user wrote.
fn from_decimal_digits(digits: &str, text: &str) -> Result<Wei, WeiError> {
    match digits.trim_start_matches('0') {
        "" => Ok(Wei::ZERO),
        digits => U256::from_dec_str(digits)
            .map(Wei)
            .map_err(|_| over_256_bits(text)),
    }
}

fn from_hexadecimal_digits(digits: &str, text: &str) -> Result<Wei, WeiError> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(invalid(text));
    }
    match digits.trim_start_matches('0') {
        "" => Ok(Wei::ZERO),
        digits if digits.len() > 64 => Err(over_256_bits(text)),
        digits => U256::from_str_radix(digits, 16)
            .map(Wei)
            .map_err(|_| over_256_bits(text)),
    }
}

fn invalid(text: &str) -> WeiError {
    WeiError::Invalid {
        input: excerpt(text),
    }
}

fn over_256_bits(text: &str) -> WeiError {
    WeiError::TooLarge {
        input: excerpt(text),
        bits: 256,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OVER: &str =
        "115792089237316195423570985008687907853269984665640564039457584007913129639936";

    #[test]
    fn units_are_read_exactly() {
        for (text, wei) in [
            ("0", "0"),
            ("0.0", "0"),
            ("1", "1000000000000000000"),
            ("0.01", "10000000000000000"),
            ("001.10", "1100000000000000000"),
            ("0.000000000000000001", "1"),
            (
                "123456789.123456789123456789",
                "123456789123456789123456789",
            ),
        ] {
            assert_eq!(Wei::parse_ether(text).unwrap().to_string(), wei, "{text}");
        }
        assert_eq!(
            Wei::parse_gwei("2.5").unwrap(),
            Wei::from(2_500_000_000_u64)
        );
        assert_eq!(Wei::parse_units("7", 0).unwrap(), Wei::from(7_u64));
    }

    #[test]
    fn units_are_written_without_needless_zeros() {
        let one = Wei::from_ether(1);
        assert_eq!(one.format_ether(), "1");
        assert_eq!(one.format_gwei(), "1000000000");
        assert_eq!(one.format_units(0), "1000000000000000000");
        assert_eq!(Wei::ZERO.format_ether(), "0");
        assert_eq!(Wei::from(1_u64).format_ether(), "0.000000000000000001");
        assert_eq!(Wei::from_ether(10).format_units(19), "1");
        assert_eq!(
            Wei::MAX.format_ether(),
            "115792089237316195423570985008687907853269984665640564039457.584007913129639935"
        );
    }

    #[test]
    fn every_kind_of_bad_text_has_its_error() {
        let owned = str::to_owned;
        for text in [
            "", ".", "1.", ".5", "1..2", "1.2.3", "1,5", "1e18", "0x1", " 1", "١",
        ] {
            assert_eq!(
                Wei::parse_ether(text),
                Err(WeiError::Invalid { input: owned(text) }),
                "{text:?}"
            );
        }
        assert_eq!(
            Wei::parse_ether("-1"),
            Err(WeiError::Signed { input: owned("-1") })
        );
        assert_eq!(
            Wei::parse_gwei("0.0000000001"),
            Err(WeiError::TooManyDecimals {
                input: owned("0.0000000001"),
                decimals: 9
            })
        );
        assert_eq!(
            Wei::parse_units(OVER, 0),
            Err(WeiError::TooLarge {
                input: owned(OVER),
                bits: 256
            })
        );
        assert!(Wei::parse_units("1", 255).is_err());
        assert_eq!(Wei::parse_units("0", 255), Ok(Wei::ZERO));
    }

    #[test]
    fn wei_are_read_in_decimal_and_hexadecimal() {
        assert_eq!("0x19".parse(), Ok(Wei::from(25_u64)));
        assert_eq!("0025".parse(), Ok(Wei::from(25_u64)));
        assert_eq!(format!("0x00{}", "f".repeat(64)).parse(), Ok(Wei::MAX));
        for text in ["", "0x", "0xg", "wei", "1 ", "1_000"] {
            assert_eq!(
                text.parse::<Wei>(),
                Err(WeiError::Invalid {
                    input: text.to_owned()
                }),
                "{text:?}"
            );
        }
        for text in ["1.5", "1e18", "1.0"] {
            assert_eq!(
                text.parse::<Wei>(),
                Err(WeiError::NotWhole {
                    input: text.to_owned()
                })
            );
        }
        assert!(matches!(
            OVER.parse::<Wei>(),
            Err(WeiError::TooLarge { .. })
        ));
        let hex = format!("0x1{}", "0".repeat(64));
        assert!(matches!(hex.parse::<Wei>(), Err(WeiError::TooLarge { .. })));
    }

    #[test]
    fn an_error_repeats_a_bounded_part_of_the_input() {
        let error = "9".repeat(100_000).parse::<Wei>().unwrap_err();
        assert!(error.to_string().len() < 200);
    }
}
