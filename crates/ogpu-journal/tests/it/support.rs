//! What the tests share.

use std::path::{Path, PathBuf};

use ogpu_client::{
    AccountJournal, Address, ChainId, IdempotencyKey, Journal, JournalChange, JournalEntry,
    conformance,
};
use ogpu_journal::SqliteJournal;
use tempfile::TempDir;

pub(crate) const CHAIN: ChainId = ChainId::OGPU_TESTNET;

/// A directory for a test's database, and the database's path in it.
pub(crate) fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    (directory, path)
}

pub(crate) fn account(number: u8) -> Address {
    Address::new([number; 20])
}

pub(crate) fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::new(text).unwrap()
}

pub(crate) fn entry(number: u8, text: &str, nonce: u64) -> JournalEntry {
    conformance::entry(CHAIN, account(number), &key(text), nonce)
}

pub(crate) fn put(number: u8, text: &str, nonce: u64) -> JournalChange {
    JournalChange::Put(Box::new(entry(number, text, nonce)))
}

pub(crate) async fn journal(path: &Path) -> SqliteJournal {
    SqliteJournal::open(path).await.unwrap()
}

pub(crate) async fn hold(journal: &SqliteJournal, number: u8) -> Box<dyn AccountJournal> {
    journal.open(CHAIN, account(number)).await.unwrap()
}

/// Another program's look at the database.
pub(crate) fn sqlite(path: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(path).unwrap()
}
