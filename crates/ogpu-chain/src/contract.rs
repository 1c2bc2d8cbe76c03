//! The contracts that every chain has once.

use std::{fmt, str::FromStr};

use crate::{ChainError, error::printable};

/// One of the protocol's four singleton contracts.
///
/// Text is the name in upper case; reading takes any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Contract {
    /// Publishes sources, registers providers, takes attempts and responses, emits the events.
    Nexus,
    /// Publishes, cancels and confirms tasks.
    Controller,
    /// Pairs masters with providers, and keeps agents.
    Terminal,
    /// Holds balances, lockups and escrowed payments.
    Vault,
}

impl Contract {
    /// All contracts.
    pub const ALL: &'static [Self] = &[Self::Nexus, Self::Controller, Self::Terminal, Self::Vault];

    /// The name, in upper case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nexus => "NEXUS",
            Self::Controller => "CONTROLLER",
            Self::Terminal => "TERMINAL",
            Self::Vault => "VAULT",
        }
    }

    /// The key in a chain file.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Nexus => "nexus",
            Self::Controller => "controller",
            Self::Terminal => "terminal",
            Self::Vault => "vault",
        }
    }
}

impl fmt::Display for Contract {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for Contract {
    type Err = ChainError;

    fn from_str(name: &str) -> Result<Self, ChainError> {
        Self::ALL
            .iter()
            .copied()
            .find(|contract| contract.as_str().eq_ignore_ascii_case(name))
            .ok_or_else(|| ChainError::UnknownContract {
                asked: printable(name),
            })
    }
}

impl TryFrom<&str> for Contract {
    type Error = ChainError;

    fn try_from(name: &str) -> Result<Self, ChainError> {
        name.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case_and_come_back() {
        for &contract in Contract::ALL {
            for name in [contract.as_str(), contract.key()] {
                assert_eq!(Contract::try_from(name).unwrap(), contract);
            }
            assert_eq!(contract.to_string(), contract.as_str());
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_all_that_exist() {
        let message = "manager".parse::<Contract>().unwrap_err().to_string();
        for part in ["manager", "NEXUS", "CONTROLLER", "TERMINAL", "VAULT"] {
            assert!(message.contains(part), "{message}");
        }
    }
}
