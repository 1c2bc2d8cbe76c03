//! The kinds of hardware that a source supports.

use std::{fmt, str::FromStr};

use bitflags::bitflags;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{
    excerpt::excerpt,
    json_text::{Scalar, read_scalar},
};

bitflags! {
    /// A set of hardware environments, the bit mask of the contracts.
    ///
    /// Text and JSON are the names, as in `CPU | NVIDIA`, and `NONE` for the empty set; JSON is
    /// read from the number too. `Environment::try_from` refuses unknown bits with their number.
    ///
    /// ```
    /// use ogpu_types::Environment;
    ///
    /// let set = Environment::CPU | Environment::NVIDIA;
    /// assert_eq!(set.to_string(), "CPU | NVIDIA");
    /// assert_eq!(Environment::try_from(3), Ok(set));
    /// assert!(Environment::try_from(8).is_err());
    /// ```
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Environment: u8 {
        /// Runs on the processor alone: bit value 1.
        const CPU = 1;
        /// Runs on an NVIDIA GPU: bit value 2.
        const NVIDIA = 2;
        /// Runs on an AMD GPU: bit value 4.
        const AMD = 4;
    }
}

/// A mask or a text that is no set of environments.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvironmentError {
    /// The mask has bits that this version does not know.
    #[error("environment mask {mask} has unknown bits: known are CPU (1), NVIDIA (2) and AMD (4)")]
    UnknownBits {
        /// The whole mask.
        mask: u64,
    },
    /// The text has a name that is no environment.
    #[error("`{input}` is no environment: write CPU, NVIDIA or AMD, joined by `|`")]
    UnknownName {
        /// The refused name, cut after 100 characters.
        input: String,
    },
}

/// How the empty set is written.
const NONE: &str = "NONE";

impl Environment {
    fn from_number(mask: u64) -> Result<Self, EnvironmentError> {
        u8::try_from(mask)
            .ok()
            .and_then(Self::from_bits)
            .ok_or(EnvironmentError::UnknownBits { mask })
    }
}

impl TryFrom<u8> for Environment {
    type Error = EnvironmentError;

    fn try_from(mask: u8) -> Result<Self, EnvironmentError> {
        Self::from_number(mask.into())
    }
}

impl From<Environment> for u8 {
    fn from(environment: Environment) -> Self {
        environment.bits()
    }
}

impl FromStr for Environment {
    type Err = EnvironmentError;

    /// Reads names joined by `|`, in any case.
    fn from_str(text: &str) -> Result<Self, EnvironmentError> {
        if text.trim().eq_ignore_ascii_case(NONE) {
            return Ok(Self::empty());
        }
        text.split('|').try_fold(Self::empty(), |set, name| {
            let name = name.trim();
            Self::from_name(&name.to_ascii_uppercase())
                .map(|environment| set | environment)
                .ok_or_else(|| EnvironmentError::UnknownName {
                    input: excerpt(name),
                })
        })
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter_names().map(|(name, _)| name).collect();
        if names.is_empty() {
            formatter.pad(NONE)
        } else {
            formatter.pad(&names.join(" | "))
        }
    }
}

impl Serialize for Environment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Environment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match read_scalar(deserializer, "a set of environments as names or mask")? {
            Scalar::Text(names) => names.parse().map_err(D::Error::custom),
            Scalar::Number(digits) => {
                let mask: u64 = digits.parse().map_err(|_| {
                    D::Error::custom(format_args!("`{}` is no bit mask", excerpt(&digits)))
                })?;
                Self::from_number(mask).map_err(D::Error::custom)
            }
        }
    }
}

/// The set of all these environments.
///
/// ```
/// use ogpu_types::{Environment, combine_environments};
///
/// let set = combine_environments([Environment::CPU, Environment::NVIDIA]);
/// assert_eq!(set, Environment::CPU | Environment::NVIDIA);
/// assert_eq!(u8::from(set), 3);
/// ```
#[must_use]
pub fn combine_environments(environments: impl IntoIterator<Item = Environment>) -> Environment {
    environments.into_iter().collect()
}

/// The environments of a contract's bit mask, each alone, in the order CPU, NVIDIA, AMD.
///
/// ```
/// use ogpu_types::{Environment, parse_environments};
///
/// assert_eq!(parse_environments(5)?, [Environment::CPU, Environment::AMD]);
/// # Ok::<(), ogpu_types::EnvironmentError>(())
/// ```
///
/// # Errors
///
/// [`EnvironmentError::UnknownBits`] for a mask with any other bit.
pub fn parse_environments(mask: u8) -> Result<Vec<Environment>, EnvironmentError> {
    Environment::try_from(mask).map(|set| set.iter().collect())
}

/// The names of the environments of a contract's bit mask, in the order CPU, NVIDIA, AMD.
///
/// ```
/// assert_eq!(ogpu_types::environment_names(5)?, ["CPU", "AMD"]);
/// # Ok::<(), ogpu_types::EnvironmentError>(())
/// ```
///
/// # Errors
///
/// As [`parse_environments`].
pub fn environment_names(mask: u8) -> Result<Vec<&'static str>, EnvironmentError> {
    Environment::try_from(mask).map(|set| set.iter_names().map(|(name, _)| name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mask_is_either_a_set_that_comes_back_or_refused_whole() {
        for mask in 0..=u8::MAX {
            match Environment::try_from(mask) {
                Ok(set) => {
                    assert!(mask < 8);
                    assert_eq!(u8::from(set), mask);
                    assert_eq!(set.to_string().parse(), Ok(set));
                    let json = serde_json::to_string(&set).unwrap();
                    assert_eq!(serde_json::from_str::<Environment>(&json).unwrap(), set);
                    let number = mask.to_string();
                    assert_eq!(serde_json::from_str::<Environment>(&number).unwrap(), set);
                }
                Err(error) => {
                    assert!(mask >= 8);
                    let mask = mask.into();
                    assert_eq!(error, EnvironmentError::UnknownBits { mask });
                }
            }
        }
    }

    #[test]
    fn what_a_mask_is_parsed_into_combines_to_it() {
        for mask in 0..8 {
            let parts = parse_environments(mask).unwrap();
            let names = environment_names(mask).unwrap();
            assert_eq!(u32::try_from(parts.len()), Ok(mask.count_ones()));
            let shown: Vec<_> = parts.iter().map(ToString::to_string).collect();
            assert_eq!(shown, names);
            assert_eq!(u8::from(combine_environments(parts)), mask);
        }
        let unknown = EnvironmentError::UnknownBits { mask: 9 };
        assert_eq!(parse_environments(9), Err(unknown.clone()));
        assert_eq!(environment_names(9), Err(unknown));
    }

    #[test]
    fn names_are_read_in_any_case_and_spacing() {
        let set = Environment::CPU | Environment::AMD;
        assert_eq!("cpu|Amd".parse(), Ok(set));
        assert_eq!(" AMD | CPU ".parse(), Ok(set));
        assert_eq!("none".parse(), Ok(Environment::empty()));
    }

    #[test]
    fn unknown_names_and_numbers_are_refused_with_their_text() {
        assert_eq!(
            "CPU | TPU".parse::<Environment>(),
            Err(EnvironmentError::UnknownName {
                input: "TPU".to_owned()
            })
        );
        for (json, part) in [
            ("8", "mask 8"),
            ("-1", "`-1`"),
            ("259", "mask 259"),
            ("\"\"", "``"),
        ] {
            let error = serde_json::from_str::<Environment>(json)
                .unwrap_err()
                .to_string();
            assert!(error.contains(part), "{json}: {error}");
        }
    }
}
