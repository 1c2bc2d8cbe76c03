//! Which contract emits an event.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{UnknownEnumName, serde_text};

/// A contract that emits events of the protocol. Of the controller's calls, the nexus tells.
///
/// Text and JSON are the name in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EventContract {
    /// Sources, tasks, registrations, attempts and responses.
    Nexus,
    /// Providers, masters and agents.
    Terminal,
    /// Balances and lockups.
    Vault,
}

impl EventContract {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Nexus, Self::Terminal, Self::Vault];

    /// The name, in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nexus => "nexus",
            Self::Terminal => "terminal",
            Self::Vault => "vault",
        }
    }
}

impl fmt::Display for EventContract {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for EventContract {
    type Err = UnknownEnumName;

    /// Reads the name, in any case.
    fn from_str(name: &str) -> Result<Self, UnknownEnumName> {
        Self::ALL
            .iter()
            .find(|contract| contract.as_str().eq_ignore_ascii_case(name))
            .copied()
            .ok_or_else(|| UnknownEnumName::new("EventContract", name))
    }
}

impl Serialize for EventContract {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventContract {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_text::from_text(deserializer, "the name of a contract that emits events")
    }
}
