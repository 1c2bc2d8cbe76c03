//! The accounts that tests act as.

use ethers_core::{types::Address, utils::keccak256};
use ogpu_client::Signer;
use ogpu_devnet::{Accounts, Role};

/// An account that can sign.
pub(crate) struct Actor {
    pub(crate) address: Address,
    pub(crate) signer: Signer,
}

/// Everybody in a test.
pub(crate) struct Actors {
    /// Publishes the sources and tasks.
    pub(crate) client: Actor,
    pub(crate) other_client: Actor,
    pub(crate) provider: Actor,
    pub(crate) rival: Actor,
    /// Owns both providers, once they are paired.
    pub(crate) master: Actor,
    pub(crate) other_master: Actor,
    /// Nobody's agent, until a test says so.
    pub(crate) agent: Actor,
    /// Has no part in anything.
    pub(crate) stranger: Actor,
    /// Deployed the contracts.
    pub(crate) admin: Actor,
    /// Every master's agent, until the master says otherwise.
    pub(crate) scheduler: Actor,
}

impl Actors {
    pub(crate) fn of(accounts: &Accounts) -> Self {
        let nth = |role, index| {
            let signer = accounts.of(role).nth(index);
            Actor::new(signer.expect("every role has four accounts").clone())
        };
        Self {
            client: nth(Role::Client, 0),
            other_client: nth(Role::Client, 1),
            provider: nth(Role::Provider, 0),
            rival: nth(Role::Provider, 1),
            master: nth(Role::Master, 0),
            other_master: nth(Role::Master, 1),
            agent: nth(Role::Agent, 0),
            stranger: nth(Role::Agent, 1),
            admin: Actor::named("admin"),
            scheduler: Actor::named("scheduler"),
        }
    }
}

impl Actor {
    fn new(signer: Signer) -> Self {
        let address = signer.address().into();
        Self { address, signer }
    }

    /// An account of the network itself: like all its keys, the hash of the account's name.
    fn named(name: &str) -> Self {
        let key = keccak256(format!("ogpu-devnet {name} 0"));
        Self::new(Signer::from_bytes(&key).expect("the network signs with this key as well"))
    }
}
