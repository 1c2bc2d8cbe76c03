//! Revert data: what a contract says when it refuses a call.

use std::{collections::HashMap, fmt, sync::LazyLock};

use ethers_core::abi::{self, ErrorExt, ParamType, Token, ethabi::AbiError};
use ogpu_types::{Address, HexBytes, Wei};

/// `Error(string)`, as `require` and `revert("…")` write it.
const ERROR_SELECTOR: [u8; 4] = [0x08, 0xc3, 0x79, 0xa0];
/// `Panic(uint256)`, as the compiler's own checks write it.
const PANIC_SELECTOR: [u8; 4] = [0x4e, 0x48, 0x7b, 0x71];

/// A decoded revert.
///
/// The three outcomes stay apart: what could be decoded, an unknown selector with its bytes, and
/// no data at all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revert {
    /// `Error(string)`: a reason in words.
    Reason {
        /// The whole text.
        text: String,
        /// The protocol's reason word in it, if there is one.
        word: Option<ReasonWord>,
    },
    /// `Panic(uint256)`: a check that the compiler added.
    Panic {
        /// The panic code, such as `0x32` for an index past an array's end.
        code: u64,
    },
    /// A custom error of one of the protocol's contracts.
    Custom {
        /// The error's name, such as `OwnableUnauthorizedAccount`.
        name: String,
        /// Its arguments in order: name and value.
        args: Vec<(String, String)>,
    },
    /// Data that none of the protocol's ABIs explains.
    Unknown {
        /// The whole revert data.
        data: HexBytes,
    },
    /// A revert without data.
    Empty,
}

impl Revert {
    /// Decodes revert data; never fails, since what is not understood is kept as it is.
    ///
    /// ```
    /// use ogpu_contracts::Revert;
    ///
    /// assert_eq!(Revert::decode(&[]), Revert::Empty);
    /// assert!(matches!(Revert::decode(&[1, 2, 3, 4]), Revert::Unknown { .. }));
    /// ```
    pub fn decode(data: &[u8]) -> Self {
        if data.is_empty() {
            return Self::Empty;
        }
        Self::decode_known(data).unwrap_or_else(|| Self::Unknown {
            data: data.to_vec().into(),
        })
    }

    fn decode_known(data: &[u8]) -> Option<Self> {
        let (selector, arguments) = data.split_first_chunk::<4>()?;
        match *selector {
            ERROR_SELECTOR => {
                let tokens = abi::decode(&[ParamType::String], arguments).ok()?;
                let text = tokens.into_iter().next()?.into_string()?;
                Some(Self::from_text(text))
            }
            PANIC_SELECTOR => {
                let tokens = abi::decode(&[ParamType::Uint(256)], arguments).ok()?;
                let code = tokens.into_iter().next()?.into_uint()?;
                Some(Self::Panic {
                    code: u64::try_from(code).ok()?,
                })
            }
            _ => {
                let error = CUSTOM_ERRORS.get(selector)?;
                let tokens = error.decode(arguments).ok()?;
                let args = error
                    .inputs
                    .iter()
                    .zip(tokens)
                    .map(|(input, token)| (input.name.clone(), display(&token)))
                    .collect();
                Some(Self::Custom {
                    name: error.name.clone(),
                    args,
                })
            }
        }
    }

    /// A revert of which a node gave only the reason's text.
    pub fn from_text(text: String) -> Self {
        Self::Reason {
            word: ReasonWord::find(&text),
            text,
        }
    }

    /// The protocol's reason word, if this revert has one.
    pub fn word(&self) -> Option<ReasonWord> {
        match self {
            Self::Reason { word, .. } => *word,
            _ => None,
        }
    }
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reason { text, .. } if !text.is_empty() => f.write_str(text),
            Self::Panic { code } => write!(f, "panic {code:#04x} ({})", panic_meaning(*code)),
            Self::Custom { name, args } => {
                write!(f, "{name}(")?;
                for (i, (arg, value)) in args.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    write!(f, "{comma}{arg}: {value}")?;
                }
                write!(f, ")")
            }
            Self::Unknown { data } => write!(f, "unknown revert data {data}"),
            Self::Empty | Self::Reason { .. } => f.write_str("no reason given"),
        }
    }
}

/// The panic codes of the Solidity documentation.
fn panic_meaning(code: u64) -> &'static str {
    match code {
        0x01 => "assertion failed",
        0x11 => "arithmetic overflow",
        0x12 => "division by zero",
        0x21 => "invalid enum value",
        0x22 => "damaged storage",
        0x31 => "pop from an empty array",
        0x32 => "index out of bounds",
        0x41 => "too much memory",
        0x51 => "call of an uninitialised function",
        _ => "unknown code",
    }
}

/// A value as people read it; addresses in full, where the ABI library would shorten them.
fn display(token: &Token) -> String {
    match token {
        Token::Address(address) => Address::from(*address).to_string(),
        Token::Uint(value) => Wei::from(*value).to_string(),
        Token::FixedBytes(bytes) | Token::Bytes(bytes) => HexBytes::from(bytes.clone()).to_string(),
        other => other.to_string(),
    }
}

/// Every custom error of the protocol's ABIs, by selector.
static CUSTOM_ERRORS: LazyLock<HashMap<[u8; 4], AbiError>> = LazyLock::new(|| {
    crate::generated::parsed_abis()
        .into_iter()
        .flat_map(|abi| abi.errors())
        .map(|error| (error.selector(), error.clone()))
        .collect()
});

/// The protocol's reason words, as `Error(string)` carries them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReasonWord {
    /// The caller does not own the task or source.
    NotOwner,
    /// The caller is not a master, or not this provider's.
    NotMaster,
    /// The caller is not a provider, or not this one.
    NotProvider,
    /// The task's expiry time has passed.
    Expired,
    /// The response is confirmed already.
    AlreadyConfirmed,
    /// The task is finalised already.
    AlreadyFinalized,
    /// The vault balance does not cover the amount.
    InsufficientBalance,
    /// The lockup does not cover the amount.
    InsufficientLockup,
    /// The unbonding period has not passed yet.
    UnbondingNotElapsed,
    /// The provider is not eligible.
    NotEligible,
    /// The source takes no tasks.
    SourceInactive,
}

impl ReasonWord {
    /// All reason words.
    pub const ALL: &'static [Self] = &[
        Self::NotOwner,
        Self::NotMaster,
        Self::NotProvider,
        Self::Expired,
        Self::AlreadyConfirmed,
        Self::AlreadyFinalized,
        Self::InsufficientBalance,
        Self::InsufficientLockup,
        Self::UnbondingNotElapsed,
        Self::NotEligible,
        Self::SourceInactive,
    ];

    /// The word as the contracts write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotOwner => "NotOwner",
            Self::NotMaster => "NotMaster",
            Self::NotProvider => "NotProvider",
            Self::Expired => "Expired",
            Self::AlreadyConfirmed => "AlreadyConfirmed",
            Self::AlreadyFinalized => "AlreadyFinalized",
            Self::InsufficientBalance => "InsufficientBalance",
            Self::InsufficientLockup => "InsufficientLockup",
            Self::UnbondingNotElapsed => "UnbondingNotElapsed",
            Self::NotEligible => "NotEligible",
            Self::SourceInactive => "SourceInactive",
        }
    }

    /// The reason word that stands in `text` as a word of its own.
    pub fn find(text: &str) -> Option<Self> {
        text.split(|c: char| !c.is_ascii_alphanumeric())
            .find_map(|word| {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|known| known.as_str() == word)
            })
    }
}

impl fmt::Display for ReasonWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
