//! The accounts of a dev network: known keys, worth nothing anywhere else.

use ethers_core::utils::keccak256;
use ogpu_client::Signer;
use ogpu_types::Wei;

/// What each account owns at the start.
pub(super) const BALANCE: Wei = Wei::from_ether(10_000);
/// Accounts of each role.
const PER_ROLE: u32 = 4;

/// What an account is for. Any account may do anything: the roles only keep tests apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Publishes and pays.
    Client,
    /// Answers tasks.
    Provider,
    /// Owns providers.
    Master,
    /// Signs for a client or a master.
    Agent,
}

impl Role {
    /// All roles.
    pub const ALL: &'static [Self] = &[Self::Client, Self::Provider, Self::Master, Self::Agent];

    /// The role's name, in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Provider => "provider",
            Self::Master => "master",
            Self::Agent => "agent",
        }
    }
}

/// Funded accounts, 10,000 OGPU each, that no simulated provider uses.
#[derive(Clone, Debug)]
pub struct Accounts {
    signers: Vec<(Role, Signer)>,
}

impl Accounts {
    pub(super) fn new() -> Self {
        let signers = Role::ALL
            .iter()
            .copied()
            .flat_map(|role| {
                (0..PER_ROLE).map(move |index| (role, dev_signer(role.as_str(), index)))
            })
            .collect();
        Self { signers }
    }

    /// The accounts of a role: four.
    pub fn of(&self, role: Role) -> impl Iterator<Item = &Signer> {
        self.signers
            .iter()
            .filter(move |(other, _)| *other == role)
            .map(|(_, signer)| signer)
    }

    /// The first client.
    pub fn client(&self) -> &Signer {
        self.first(Role::Client)
    }

    /// The first provider.
    pub fn provider(&self) -> &Signer {
        self.first(Role::Provider)
    }

    /// The first master.
    pub fn master(&self) -> &Signer {
        self.first(Role::Master)
    }

    /// The first agent.
    pub fn agent(&self) -> &Signer {
        self.first(Role::Agent)
    }

    /// All accounts with their roles.
    pub fn iter(&self) -> impl Iterator<Item = (Role, &Signer)> {
        self.signers.iter().map(|(role, signer)| (*role, signer))
    }

    fn first(&self, role: Role) -> &Signer {
        self.of(role)
            .next()
            .expect("every role has accounts from the start")
    }
}

/// The key of a dev account: the hash of its name, the same in every network.
pub(crate) fn dev_signer(name: &str, index: u32) -> Signer {
    Signer::from_bytes(&keccak256(format!("ogpu-devnet {name} {index}")))
        .expect("a hash is below the curve's order, but for one in 2^128")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_account_is_another_one() {
        let accounts = Accounts::new();
        let addresses: HashSet<_> = accounts.iter().map(|(_, s)| s.address()).collect();
        assert_eq!(addresses.len(), 4 * PER_ROLE as usize);
    }

    #[test]
    fn accounts_are_the_same_in_every_network() {
        assert_eq!(
            Accounts::new().client().address(),
            Accounts::new().client().address()
        );
    }
}
