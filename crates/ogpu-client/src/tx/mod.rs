//! Transactions: from a request to a receipt, without ever doing anything twice.
//!
//! A transaction is signed once. When the answer to sending it is lost, the same bytes are offered
//! again: bytes that the chain has seen change nothing. No second transaction is ever made for one
//! request, so that a call either took effect once, or surely not at all, or ends as
//! [`Outcome::Unknown`] with the hash that settles it.

mod classify;
mod error;
mod fees;
mod lane;
mod prepare;
mod request;
mod send;
mod signed;

pub use error::{Outcome, TxError};
pub use request::TransactionRequest;

pub(crate) use lane::Lanes;
pub(crate) use prepare::{KnownContracts, Prepared, prepare};
pub(crate) use send::{Sending, send};
