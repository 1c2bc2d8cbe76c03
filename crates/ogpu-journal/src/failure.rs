//! What can go wrong inside a transaction, before it is known whose it is.

use std::{io, sync::Arc};

use ogpu_client::{Address, ChainId, JournalError};
use rusqlite::ErrorCode;

/// Why a step of one account did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The database failed, and with it whatever is in the same transaction.
    Sqlite(rusqlite::Error),
    /// There is a newer holder.
    Lost,
    /// A stored entry cannot be read.
    Corrupt { key: String, problem: String },
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Failure {
    pub(crate) fn of(self, chain: ChainId, account: Address, step: &'static str) -> JournalError {
        match self {
            Self::Sqlite(error) => storage(account, step, io_error(error)),
            Self::Lost => JournalError::Lost { chain, account },
            Self::Corrupt { key, problem } => JournalError::Corrupt {
                account,
                key,
                problem,
            },
        }
    }
}

/// A failure of the storage, for one account.
pub(crate) fn storage(account: Address, step: &'static str, source: io::Error) -> JournalError {
    JournalError::Storage {
        account,
        step,
        source: source.into(),
    }
}

/// The same failure in terms that need no SQLite to understand.
pub(crate) fn io_error(error: impl Into<Arc<rusqlite::Error>>) -> io::Error {
    let error = error.into();
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => io::ErrorKind::StorageFull,
        Some(ErrorCode::ReadOnly) => io::ErrorKind::ReadOnlyFilesystem,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => io::ErrorKind::ResourceBusy,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => io::ErrorKind::InvalidData,
        Some(ErrorCode::PermissionDenied) => io::ErrorKind::PermissionDenied,
        Some(ErrorCode::OutOfMemory) => io::ErrorKind::OutOfMemory,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

/// The failure of every step once the thread is gone, which a panic in it alone can bring about.
pub(crate) fn ended() -> io::Error {
    io::Error::new(
        io::ErrorKind::BrokenPipe,
        "the thread that writes the journal has ended",
    )
}
