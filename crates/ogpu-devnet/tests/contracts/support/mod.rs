//! A network of its own for each test, with short ways to tell and ask its contracts.

mod actors;
mod acts;
mod artifacts;
mod books;
mod events;
mod greedy;
mod net;
mod reverts;
mod status;

pub(crate) use actors::Actor;
pub(crate) use acts::{
    MAX_EXPIRY, MIN_LOCKUP, MIN_PAYMENT, PAYMENT, attempt, registration, response,
};
pub(crate) use artifacts::{Artifact, artifacts, init_code};
pub(crate) use books::Books;
pub(crate) use events::event;
pub(crate) use greedy::greedy;
pub(crate) use net::Net;
pub(crate) use reverts::{custom, lacks_role, panic, reason, unauthorized};

use ethers_core::{
    types::{Address, U256},
    utils::keccak256,
};
use ogpu_types::Wei;

/// Nobody.
pub(crate) const ZERO: Address = Address::zero();

/// The identifier of a role, such as `JUDGE`.
pub(crate) fn role(name: &str) -> [u8; 32] {
    keccak256(name)
}

/// An amount of OGPU, such as `0.1`, in wei.
pub(crate) fn ether(amount: &str) -> U256 {
    let wei = Wei::parse_ether(amount);
    wei.expect("tests write amounts as decimal numbers").into()
}
