#![doc = include_str!("../README.md")]
//!
//! This crate knows the contracts' interfaces and nothing else: it reads no environment, opens no
//! socket and holds no address.

#[allow(
    missing_docs,
    unreachable_pub,
    unnameable_types,
    rustdoc::all,
    clippy::all,
    clippy::use_self,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "written by a generator that does not follow the workspace's lints"
)]
mod generated;

// The derive macros ask cargo how ethers' crates are called. Where cargo cannot answer, such as in a
// packaged crate without network, they write the umbrella crate's paths: these stand in for it.
extern crate self as ethers;
mod contract {
    #[allow(unused_imports, reason = "unused where cargo answers")]
    pub(crate) use ethers_contract::*;
}
mod core {
    #[allow(unused_imports, reason = "unused where cargo answers")]
    pub(crate) use ethers_core::*;
}

pub mod abi;
pub mod call;
pub mod convert;
pub mod event;
pub mod protocol_event;
mod revert;

pub use call::{ContractCall, DecodeError, NoOutput};
pub use convert::ConvertError;
pub use generated::*;
pub use revert::{ReasonWord, Revert};
