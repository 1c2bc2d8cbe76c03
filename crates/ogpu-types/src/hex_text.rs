//! Reading `0x` hexadecimal text, with one error for every type that does.

use crate::excerpt::excerpt;

/// A text that is not the `0x` hexadecimal it should be.
///
/// `input` is cut after 100 characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HexError {
    /// The text does not begin with `0x`.
    #[error("`{input}` lacks the prefix `0x`")]
    MissingPrefix {
        /// The refused text.
        input: String,
    },
    /// A character after the prefix is no hexadecimal digit.
    #[error("`{input}` holds `{character}`, which is no hexadecimal digit")]
    InvalidDigit {
        /// The refused text.
        input: String,
        /// The first character at fault.
        character: char,
    },
    /// The number of digits is not the one that the type has.
    #[error("`{input}` has {actual} hexadecimal digits where {expected} are needed")]
    WrongLength {
        /// The refused text.
        input: String,
        /// Digits that the type has.
        expected: usize,
        /// Digits that were given.
        actual: usize,
    },
    /// The last byte has one digit only.
    #[error("`{input}` has an odd number of hexadecimal digits: a byte takes two")]
    OddLength {
        /// The refused text.
        input: String,
    },
}

/// The digits after `0x`, all of them hexadecimal.
fn digits(text: &str) -> Result<&str, HexError> {
    let digits = text
        .strip_prefix("0x")
        .ok_or_else(|| HexError::MissingPrefix {
            input: excerpt(text),
        })?;
    match digits.chars().find(|c| !c.is_ascii_hexdigit()) {
        None => Ok(digits),
        Some(character) => Err(HexError::InvalidDigit {
            input: excerpt(text),
            character,
        }),
    }
}

/// Reads exactly `N` bytes, digits in any case.
pub(crate) fn decode_array<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let digits = digits(text)?;
    let mut bytes = [0; N];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| HexError::WrongLength {
        input: excerpt(text),
        expected: 2 * N,
        actual: digits.len(),
    })?;
    Ok(bytes)
}

/// Reads any number of bytes, digits in any case.
pub(crate) fn decode_vec(text: &str) -> Result<Vec<u8>, HexError> {
    hex::decode(digits(text)?).map_err(|_| HexError::OddLength {
        input: excerpt(text),
    })
}
