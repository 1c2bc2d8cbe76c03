//! The journal itself.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use futures::future::{BoxFuture, FutureExt};
use ogpu_client::{
    AccountJournal, Address, ChainId, IdempotencyKey, Journal, JournalChange, JournalEntry,
    JournalError,
};

use crate::{
    SqliteJournalError,
    failure::{self, Failure, io_error},
    rows::{self, Part},
    store::Store,
    writer::{Holder, Writer},
};

/// A journal in an SQLite database.
///
/// Clones share the database and its thread; one for a process is enough. The database is closed
/// when the last clone and the last account of it are dropped.
///
/// A [`JournalError::Storage`] of it has an [`io::Error`] as its source, whose kinds are those of
/// [`SqliteJournalError::Storage`].
#[derive(Clone)]
pub struct SqliteJournal {
    path: Arc<Path>,
    writer: Writer,
}

impl fmt::Debug for SqliteJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteJournal")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl SqliteJournal {
    /// Opens the database at `path`, or makes a new one in a directory that exists.
    ///
    /// Beside `path` it makes SQLite's own files and a directory of locks, `path` with `.locks` at
    /// its end. Works on any async runtime, or none: one thread of its own does the file work.
    ///
    /// # Errors
    ///
    /// [`SqliteJournalError`]: the file cannot be made or read, is open to others, belongs to
    /// another program, or was made by another version of this crate.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, SqliteJournalError> {
        let path = path.into();
        let writer = Writer::start(path.clone()).await?;
        Ok(Self {
            path: path.into(),
            writer,
        })
    }

    /// Forgets the keys of all accounts whose entries were settled before this time, to the second,
    /// and says how many. What is not settled stays, however old it is.
    ///
    /// A pruned key is a new key: **using it again has a second effect.** Prune what is older than
    /// any retry of the same job can be. Writes get in between; the file does not shrink, but its
    /// space is used again.
    ///
    /// # Errors
    ///
    /// [`SqliteJournalError::Storage`]; some may be forgotten then.
    pub async fn prune(&self, before: SystemTime) -> Result<u64, SqliteJournalError> {
        let mut pruned = 0;
        loop {
            let step = self
                .writer
                .with_store(move |store| rows::prune(&store.connection, before).map_err(io_error))
                .await;
            let count =
                step.and_then(|outcome| outcome)
                    .map_err(|source| SqliteJournalError::Storage {
                        path: self.path.to_path_buf(),
                        step: "forget settled keys",
                        source,
                    })?;
            pruned += count;
            if count < u64::from(rows::PRUNE_STEP) {
                return Ok(pruned);
            }
        }
    }
}

impl Journal for SqliteJournal {
    fn open(
        &self,
        chain: ChainId,
        account: Address,
    ) -> BoxFuture<'_, Result<Box<dyn AccountJournal>, JournalError>> {
        let part = Part { chain, account };
        async move {
            let acquired = self.writer.with_store(move |store| acquire(store, part));
            let holder = answered(acquired.await, account, "lock the account")?;
            let held: Box<dyn AccountJournal> = Box::new(Held {
                holder,
                writer: self.writer.clone(),
            });
            Ok(held)
        }
        .boxed()
    }
}

/// Locks an account, and shuts out whoever else may still believe to hold it.
fn acquire(store: &mut Store, part: Part) -> Result<Holder, JournalError> {
    let Part { chain, account } = part;
    let lock = match store.locks.account(chain, account) {
        Ok(Some(file)) => Arc::new(file),
        Ok(None) => return Err(JournalError::InUse { chain, account }),
        Err(error) => return Err(failure::storage(account, "lock the account", error)),
    };
    let number = part
        .new_holder(&mut store.connection)
        .map_err(|failure| failure.of(chain, account, "register its holder"))?;
    Ok(Holder {
        part,
        number,
        _lock: lock,
    })
}

/// One account's part, held.
struct Held {
    holder: Holder,
    writer: Writer,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held")
            .field("part", &self.holder.part)
            .field("number", &self.holder.number)
            .finish_non_exhaustive()
    }
}

impl Held {
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(Part, &rusqlite::Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, JournalError> {
        const STEP: &str = "read its entries";
        let part = self.holder.part;
        let Part { chain, account } = part;
        let outcome = self.writer.with_store(move |store| {
            read(part, &store.connection).map_err(|failure| failure.of(chain, account, STEP))
        });
        answered(outcome.await, account, STEP)
    }
}

impl AccountJournal for Held {
    fn unsettled(&self) -> BoxFuture<'_, Result<Vec<JournalEntry>, JournalError>> {
        self.read(|part, connection| part.unsettled(connection))
            .boxed()
    }

    fn find<'a>(
        &'a self,
        key: &'a IdempotencyKey,
    ) -> BoxFuture<'a, Result<Option<JournalEntry>, JournalError>> {
        let key = key.clone();
        self.read(move |part, connection| part.find(connection, &key))
            .boxed()
    }

    fn write(&self, changes: Vec<JournalChange>) -> BoxFuture<'_, Result<(), JournalError>> {
        self.writer.write(self.holder.clone(), changes).boxed()
    }
}

/// The thread's answer, or that there is none.
fn answered<T>(
    answer: io::Result<Result<T, JournalError>>,
    account: Address,
    step: &'static str,
) -> Result<T, JournalError> {
    answer.unwrap_or_else(|ended| Err(failure::storage(account, step, ended)))
}

#[cfg(test)]
mod tests {
    use ogpu_client::conformance;

    use super::*;

    async fn pragma(journal: &SqliteJournal, name: &'static str) -> i64 {
        let read = move |store: &mut Store| {
            let value = |row: &rusqlite::Row<'_>| row.get(0);
            store.connection.pragma_query_value(None, name, value)
        };
        journal.writer.with_store(read).await.unwrap().unwrap()
    }

    async fn allow_pages(journal: &SqliteJournal, pages: i64) {
        let set = move |store: &mut Store| {
            let check = |_: &rusqlite::Row<'_>| Ok(());
            store
                .connection
                .pragma_update_and_check(None, "max_page_count", pages, check)
        };
        journal.writer.with_store(set).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_commit_waits_for_the_disk() {
        let directory = tempfile::tempdir().unwrap();
        let journal = SqliteJournal::open(directory.path().join("journal.db"))
            .await
            .unwrap();
        // 2 is FULL.
        assert_eq!(pragma(&journal, "synchronous").await, 2);
        assert_eq!(pragma(&journal, "fullfsync").await, 1);
    }

    #[tokio::test]
    async fn a_full_disk_is_told_from_other_failures_and_can_be_got_over() {
        let directory = tempfile::tempdir().unwrap();
        let journal = SqliteJournal::open(directory.path().join("journal.db"))
            .await
            .unwrap();
        let (chain, account) = (ChainId::OGPU_TESTNET, Address::new([1; 20]));
        let held = Journal::open(&journal, chain, account).await.unwrap();
        let put = |nonce: u64| {
            let key = IdempotencyKey::new(nonce.to_string()).unwrap();
            let entry = conformance::entry(chain, account, &key, nonce);
            vec![JournalChange::Put(Box::new(entry))]
        };

        let pages = pragma(&journal, "page_count").await;
        allow_pages(&journal, pages + 4).await;
        let mut written = 0;
        let refused = loop {
            match held.write(put(written)).await {
                Ok(()) => written += 1,
                Err(error) => break error,
            }
        };
        let JournalError::Storage { source, .. } = refused else {
            panic!("{refused:?}")
        };
        let source = source.downcast_ref::<io::Error>().unwrap();
        assert_eq!(source.kind(), io::ErrorKind::StorageFull);

        allow_pages(&journal, pages + 400).await;
        held.write(put(written)).await.unwrap();
        let entries = held.unsettled().await.unwrap();
        let nonces: Vec<u64> = entries.iter().map(|entry| entry.nonce).collect();
        assert_eq!(nonces, (0..=written).collect::<Vec<_>>());
    }
}
