#![doc = include_str!("../README.md")]

mod error;
mod failure;
mod journal;
mod lock;
mod rows;
mod store;
mod writer;

pub use error::SqliteJournalError;
pub use journal::SqliteJournal;
