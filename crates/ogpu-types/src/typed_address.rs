//! Addresses that say what is there, so that one cannot be passed where another is meant.

use std::{fmt, str::FromStr};

use primitive_types::H160;
use serde::{Deserialize, Serialize};

use crate::{Address, AddressError};

macro_rules! typed_address {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Text and JSON are those of an [`Address`], which converts into this by `.into()`: the
        /// type says what is meant, not that anything is there.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Address);

        impl $name {
            /// What is meant by this address.
            #[must_use]
            pub const fn new(address: Address) -> Self {
                Self(address)
            }

            /// The bare address.
            #[must_use]
            pub const fn address(self) -> Address {
                self.0
            }
        }

        impl From<Address> for $name {
            fn from(address: Address) -> Self {
                Self(address)
            }
        }

        impl From<$name> for Address {
            fn from(typed: $name) -> Self {
                typed.0
            }
        }

        impl From<$name> for H160 {
            fn from(typed: $name) -> Self {
                typed.0.into()
            }
        }

        impl From<H160> for $name {
            fn from(address: H160) -> Self {
                Self(address.into())
            }
        }

        impl PartialEq<Address> for $name {
            fn eq(&self, address: &Address) -> bool {
                self.0 == *address
            }
        }

        impl FromStr for $name {
            type Err = AddressError;

            fn from_str(text: &str) -> Result<Self, AddressError> {
                text.parse().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

typed_address! {
    /// The address of a source's contract.
    SourceAddress
}

typed_address! {
    /// The address of a task's contract.
    TaskAddress
}

typed_address! {
    /// The address of a response's contract.
    ResponseAddress
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "0xF87bb2f3edB991a998992f14d35fE142e6Bb50b1";

    #[test]
    fn a_typed_address_reads_and_writes_as_an_address() {
        let task: TaskAddress = TEXT.parse().unwrap();
        assert_eq!(task.to_string(), TEXT);
        assert_eq!(format!("{task:?}"), format!("TaskAddress({TEXT})"));
        let json = format!("\"{TEXT}\"");
        assert_eq!(serde_json::to_string(&task).unwrap(), json);
        assert_eq!(serde_json::from_str::<TaskAddress>(&json).unwrap(), task);
        assert_eq!(task, TEXT.parse::<Address>().unwrap());
        assert_eq!(TaskAddress::from(H160::from(task)), task);
    }

    #[test]
    fn a_wrong_checksum_is_refused_as_for_any_address() {
        let wrong = TEXT.replace("F87bb", "f87bb");
        assert!(matches!(
            wrong.parse::<SourceAddress>(),
            Err(AddressError::WrongChecksum { .. })
        ));
    }
}
