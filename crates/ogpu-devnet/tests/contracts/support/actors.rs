//! The accounts that tests act as.

use ethers_core::{types::Address, utils::keccak256};
use ogpu_client::Signer;
use ogpu_devnet::{Accounts, Role};

/// An account that can sign.
pub(crate) struct Actor {
    pub(crate) address: Address,
    pub(crate) signer: Signer,
}

impl Actor {
    /// One of the network's accounts for tests.
    pub(crate) fn nth(accounts: &Accounts, role: Role, index: usize) -> Self {
        let signer = accounts.of(role).nth(index);
        Self::new(signer.expect("every role has four accounts").clone())
    }

    /// An account of the network itself: like all its keys, the hash of the account's name.
    pub(crate) fn named(name: &str) -> Self {
        let key = keccak256(format!("ogpu-devnet {name} 0"));
        Self::new(Signer::from_bytes(&key).expect("the network signs with this key as well"))
    }

    fn new(signer: Signer) -> Self {
        let address = signer.address().into();
        Self { address, signer }
    }
}
