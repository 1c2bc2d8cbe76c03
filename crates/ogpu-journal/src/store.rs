//! The database: its file, its schema, its settings.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::{
    SqliteJournalError,
    failure::io_error,
    lock::{self, Locks},
};

/// "ogpj" in ASCII: what makes a database a journal.
const APPLICATION_ID: i32 = 0x6f67_706a;
const VERSION: i32 = 1;

/// How long another process may keep the database locked, which it does for the time of a commit.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Accounts compare without regard to case, for whoever pastes one into a query. `holder` counts the
/// holders that an account has had.
const SCHEMA: &str = "
    CREATE TABLE accounts (
        chain INTEGER NOT NULL,
        account TEXT NOT NULL COLLATE NOCASE,
        holder INTEGER NOT NULL,
        PRIMARY KEY (chain, account)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE entries (
        chain INTEGER NOT NULL,
        account TEXT NOT NULL COLLATE NOCASE,
        key TEXT NOT NULL,
        nonce INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('sent', 'settled')),
        hash TEXT,
        settled_at INTEGER CHECK ((state = 'settled') = (settled_at IS NOT NULL)),
        entry TEXT NOT NULL,
        PRIMARY KEY (chain, account, key)
    ) STRICT;
    CREATE INDEX entries_sent ON entries (chain, account) WHERE state = 'sent';
    CREATE INDEX entries_settled ON entries (settled_at) WHERE state = 'settled';
";

/// An open database.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) connection: Connection,
    pub(crate) locks: Locks,
}

impl Store {
    /// Opens the database at `path`, or makes a new one there.
    pub(crate) fn open(path: &Path) -> Result<Self, SqliteJournalError> {
        let unopened = |path: &Path| {
            let path = path.to_path_buf();
            |source| SqliteJournalError::Open { path, source }
        };
        // Lock files must be the same ones whatever name the database is opened by.
        let path = &resolve(path).map_err(unopened(path))?;
        let locks = Locks::beside(path).map_err(unopened(path))?;
        // Held to the end: SQLite does not wait for others who make the same file a database.
        let _opening = locks.opening().map_err(unopened(locks.directory()))?;
        lock::create_private(path).map_err(unopened(path))?;
        if let Some(mode) = lock::exposure(path).map_err(unopened(path))? {
            let path = path.clone();
            return Err(SqliteJournalError::Exposed { path, mode });
        }

        let failed = |step| {
            let path = path.clone();
            move |error: rusqlite::Error| match error.sqlite_error_code() {
                Some(rusqlite::ErrorCode::NotADatabase) => SqliteJournalError::Foreign { path },
                _ => SqliteJournalError::Storage {
                    path,
                    step,
                    source: io_error(error),
                },
            }
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection =
            Connection::open_with_flags(path, flags).map_err(failed("open its database"))?;
        connection
            .busy_timeout(BUSY_TIMEOUT)
            .map_err(failed("set its time limit"))?;
        match identify(&connection).map_err(failed("read its version"))? {
            Identity::Current => set_up(&connection).map_err(failed("set up its log"))?,
            Identity::Empty => {
                set_up(&connection).map_err(failed("set up its log"))?;
                make(&mut connection).map_err(failed("make its tables"))?;
            }
            Identity::Foreign => return Err(SqliteJournalError::Foreign { path: path.clone() }),
            Identity::Other(found) => {
                return Err(SqliteJournalError::Version {
                    path: path.clone(),
                    found,
                    known: VERSION,
                });
            }
        }
        Ok(Self { connection, locks })
    }
}

/// Whose database it is.
enum Identity {
    Empty,
    Current,
    Other(i32),
    Foreign,
}

/// Looks without changing anything: it may be another program's.
fn identify(connection: &Connection) -> rusqlite::Result<Identity> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (pragma("application_id")?, pragma("user_version")?) {
        (0, 0) if tables == 0 => Identity::Empty,
        (APPLICATION_ID, VERSION) => Identity::Current,
        (APPLICATION_ID, other) => Identity::Other(other),
        _ => Identity::Foreign,
    })
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "wal", |row| {
        let mode: String = row.get(0)?;
        if mode == "wal" {
            Ok(())
        } else {
            // On a file system without shared memory.
            Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN),
                Some("the file system has no shared memory for a write-ahead log".to_owned()),
            ))
        }
    })?;
    // A commit waits for the disk, and on macOS for the disk's cache as well.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", true)
}

fn make(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(SCHEMA)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

/// The file's one name, whether it exists or not.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let name = path.file_name().ok_or(error)?;
            let parent = match path.parent() {
                Some(parent) if parent != Path::new("") => parent,
                _ => Path::new("."),
            };
            Ok(fs::canonicalize(parent)?.join(name))
        }
        found => found,
    }
}
