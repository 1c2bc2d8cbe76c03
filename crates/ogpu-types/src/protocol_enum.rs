//! What the enums of the protocol have in common.

use std::str::FromStr;

use serde::{Deserializer, de::Error};

use crate::{
    excerpt::excerpt,
    json_text::{Scalar, read_scalar},
};

/// A number from a chain or a file that no member of the enum has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{value} is no {kind} known to this version")]
#[non_exhaustive]
pub struct UnknownEnumValue {
    /// The enum, such as `TaskStatus`.
    pub kind: &'static str,
    /// The number, whole.
    pub value: u64,
}

/// A text that no member of the enum has as its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no {kind} known to this version")]
#[non_exhaustive]
pub struct UnknownEnumName {
    /// The enum, such as `TaskStatus`.
    pub kind: &'static str,
    /// The refused text, cut after 100 characters.
    pub name: String,
}

impl UnknownEnumName {
    pub(crate) fn new(kind: &'static str, name: &str) -> Self {
        Self {
            kind,
            name: excerpt(name),
        }
    }
}

/// Defines an enum with a number and a protocol name for each member.
macro_rules! protocol_enum {
    (
        $(#[$attribute:meta])*
        $kind:ident { $($(#[$member_attribute:meta])* $member:ident = $number:literal, $name:literal;)+ }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $kind {
            $($(#[$member_attribute])* $member,)+
        }

        impl $kind {
            /// All members, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$member),+];

            /// The number in the contracts.
            #[must_use]
            pub const fn as_u8(self) -> u8 {
                match self {
                    $(Self::$member => $number,)+
                }
            }

            /// The name in the protocol.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$member => $name,)+
                }
            }

            fn from_number(value: u64) -> Result<Self, $crate::UnknownEnumValue> {
                match value {
                    $($number => Ok(Self::$member),)+
                    _ => Err($crate::UnknownEnumValue { kind: stringify!($kind), value }),
                }
            }
        }

        impl From<$kind> for u8 {
            fn from(member: $kind) -> Self {
                member.as_u8()
            }
        }

        impl TryFrom<u8> for $kind {
            type Error = $crate::UnknownEnumValue;

            fn try_from(value: u8) -> Result<Self, Self::Error> {
                Self::from_number(value.into())
            }
        }

        impl std::str::FromStr for $kind {
            type Err = $crate::UnknownEnumName;

            /// Reads the protocol's name, in any case.
            fn from_str(name: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .find(|member| member.as_str().eq_ignore_ascii_case(name))
                    .copied()
                    .ok_or_else(|| $crate::UnknownEnumName::new(stringify!($kind), name))
            }
        }

        impl std::fmt::Display for $kind {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl serde::Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $kind {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::protocol_enum::read_member(
                    deserializer,
                    stringify!($kind),
                    Self::from_number,
                )
            }
        }
    };
}

pub(crate) use protocol_enum;

/// Reads a member by its name or its number.
pub(crate) fn read_member<'de, D, T>(
    deserializer: D,
    kind: &'static str,
    from_number: impl FnOnce(u64) -> Result<T, UnknownEnumValue>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = UnknownEnumName>,
{
    match read_scalar(deserializer, kind)? {
        Scalar::Text(name) => name.parse().map_err(D::Error::custom),
        Scalar::Number(digits) => match digits.parse() {
            Ok(value) => from_number(value).map_err(D::Error::custom),
            Err(_) => Err(D::Error::custom(UnknownEnumName::new(kind, &digits))),
        },
    }
}
