//! Transactions: from a request to a receipt, without ever doing anything twice.
//!
//! What is decided is decided by the machines of `ogpu-tx`; here is what feeds them and does what
//! they want done. Each account has a [`lane`], whose [`driver`] works in a task of its own, so that
//! dropping a caller's future loses nothing.

mod answer;
mod claim;
mod driver;
mod engine;
mod error;
mod heads;
mod lane;
mod market;
mod nonce_user;
mod noted;
mod pending;
mod prepare;
mod record;
mod request;
mod resets;
mod signed;
mod state;
mod ticket;
mod trace;
mod unblock;
mod work;

pub use error::{Outcome, TxError};
pub use pending::PendingPublish;
pub use request::TransactionRequest;
pub use unblock::NonceInfo;

pub(crate) use engine::{Engine, Order, SendOptions};
pub(crate) use heads::{Head, Heads};
pub(crate) use prepare::{KnownContracts, Prepared, Preparing, prepare};
pub(crate) use record::Name;
pub(crate) use unblock::Unblocking;
