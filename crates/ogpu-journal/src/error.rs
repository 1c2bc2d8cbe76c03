//! What can go wrong with the database as a whole.

use std::{io, path::PathBuf};

/// A database that could not be opened or tidied up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqliteJournalError {
    /// The file, or one beside it, cannot be made or opened.
    #[error("the journal {} cannot be opened", path.display())]
    Open {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others than the owner may read or write the file, and with it send what is unsent.
    #[error(
        "the journal {} is open to others (mode {mode:03o}): make it the owner's alone, mode 600",
        path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file is another program's, or no database.
    #[error("{} is not a journal: choose a path where there is no file yet", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Another version of this crate made the database.
    #[error(
        "the journal {} has schema version {found}, and this program knows version {known} only",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// The database's version.
        found: i32,
        /// The version that this crate makes and reads.
        known: i32,
    },
    /// The database failed. The source's [`kind`](io::Error::kind) tells a full disk
    /// ([`StorageFull`](io::ErrorKind::StorageFull)) from one that cannot be written
    /// ([`ReadOnlyFilesystem`](io::ErrorKind::ReadOnlyFilesystem)), a damaged file
    /// ([`InvalidData`](io::ErrorKind::InvalidData)) and one that another process keeps locked
    /// ([`ResourceBusy`](io::ErrorKind::ResourceBusy)).
    #[error("the journal {} failed to {step}", path.display())]
    Storage {
        /// The file.
        path: PathBuf,
        /// What it was doing.
        step: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
}
