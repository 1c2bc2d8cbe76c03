//! Typed reads of contracts: one, or many at one block in as few round trips as the node allows.
//!
//! A [`ReadSet`] collects reads. [`run`] performs them: [`pack`] puts many into one call of the
//! [`program`] that performs them on the node; where a node takes none, they travel as a batch.

mod answers;
mod asm;
mod at;
mod error;
mod header;
mod pack;
mod plain;
mod program;
mod run;
mod set;
mod typed;

use ogpu_types::HexBytes;

pub use at::At;
pub use error::{ReadCause, ReadError};
pub use typed::Read;

pub(crate) use answers::Answers;
pub(crate) use error::unknown_value;
pub(crate) use plain::{contract_call, decode};
pub(crate) use set::{Cost, ReadSet};
pub(crate) use typed::{Finish, Target};

/// What a contract answered, or why it did not.
type Found = Result<HexBytes, ReadCause>;
