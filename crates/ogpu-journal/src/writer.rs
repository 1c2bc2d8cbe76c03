//! The thread that has the database, and the commits that writes share.

use std::{
    fmt, io,
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
};

use futures::channel::oneshot;
use ogpu_client::{JournalChange, JournalError};
use rusqlite::{Connection, TransactionBehavior};

use crate::{
    SqliteJournalError,
    failure::{self, Failure, io_error},
    lock::Lock,
    rows::Part,
    store::Store,
};

/// Sends work to the thread. The thread ends, and closes the database, with its last sender.
#[derive(Clone)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
}

/// Who writes.
#[derive(Clone, Debug)]
pub(crate) struct Holder {
    pub(crate) part: Part,
    /// Which of the account's holders, counted from one.
    pub(crate) number: i64,
    /// Free once no write of this holder is under way and its journal is dropped.
    pub(crate) _lock: Arc<Lock>,
}

enum Job {
    Write(Write),
    Other(Box<dyn FnOnce(&mut Store) + Send>),
}

struct Write {
    holder: Holder,
    changes: Vec<JournalChange>,
    answer: oneshot::Sender<Result<(), JournalError>>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl Writer {
    /// Starts the thread, which opens the database.
    pub(crate) async fn start(path: PathBuf) -> Result<Self, SqliteJournalError> {
        let (jobs, queue) = mpsc::channel();
        let (answer, opened) = oneshot::channel();
        let unopened = {
            let path = path.clone();
            |source| SqliteJournalError::Open { path, source }
        };
        let run = move || match Store::open(&path) {
            Ok(store) => {
                // Whoever no longer waits has dropped the sender: the queue ends at once.
                let _ = answer.send(Ok(()));
                serve(store, &queue);
            }
            Err(error) => drop(answer.send(Err(error))),
        };
        let spawned = thread::Builder::new()
            .name("ogpu-journal".into())
            .spawn(run);
        match spawned {
            Ok(_detached) => match opened.await {
                Ok(opened) => opened.map(|()| Self { jobs }),
                Err(oneshot::Canceled) => Err(unopened(failure::ended())),
            },
            Err(error) => Err(unopened(error)),
        }
    }

    /// Makes the changes in a commit that other writes may share.
    pub(crate) async fn write(
        &self,
        holder: Holder,
        changes: Vec<JournalChange>,
    ) -> Result<(), JournalError> {
        let account = holder.part.account;
        let (answer, outcome) = oneshot::channel();
        let write = Write {
            holder,
            changes,
            answer,
        };
        // A job that cannot be sent is dropped, and its answer with it.
        let _ = self.jobs.send(Job::Write(write));
        outcome
            .await
            .unwrap_or_else(|_| Err(failure::storage(account, WRITE, failure::ended())))
    }

    /// Does something else with the database.
    pub(crate) async fn with_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> T + Send + 'static,
    ) -> io::Result<T> {
        let (answer, outcome) = oneshot::channel();
        let job = Box::new(move |store: &mut Store| drop(answer.send(work(store))));
        let _ = self.jobs.send(Job::Other(job));
        outcome.await.map_err(|_| failure::ended())
    }
}

const WRITE: &str = "write its changes";

/// Takes all that has arrived at once: the writes share a commit, and everything else comes after
/// it, so that an account is opened when its last write is made.
fn serve(mut store: Store, queue: &mpsc::Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let mut writes = Vec::new();
        let mut others = Vec::new();
        for job in std::iter::once(first).chain(queue.try_iter()) {
            match job {
                Job::Write(write) => writes.push(write),
                Job::Other(work) => others.push(work),
            }
        }
        if !writes.is_empty() {
            commit(&mut store.connection, writes);
        }
        for work in others {
            work(&mut store);
        }
    }
}

fn commit(connection: &mut Connection, writes: Vec<Write>) {
    let outcomes: Vec<_> = match make_changes(connection, &writes) {
        Ok(outcomes) => outcomes
            .into_iter()
            .zip(&writes)
            .map(|(outcome, write)| {
                let Part { chain, account } = write.holder.part;
                outcome.map_err(|failure| failure.of(chain, account, WRITE))
            })
            .collect(),
        Err(error) => {
            let error = Arc::new(error);
            let failed = |write: &Write| {
                let source = io_error(Arc::clone(&error));
                Err(failure::storage(write.holder.part.account, WRITE, source))
            };
            writes.iter().map(failed).collect()
        }
    };
    for (write, outcome) in writes.into_iter().zip(outcomes) {
        // Before the answer, which allows whoever waits for it to open the account again.
        drop(write.holder);
        let _ = write.answer.send(outcome);
    }
}

/// All writes in one transaction. One that is refused leaves the others alone; when the database
/// fails, all fail.
fn make_changes(
    connection: &mut Connection,
    writes: &[Write],
) -> rusqlite::Result<Vec<Result<(), Failure>>> {
    let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut outcomes = Vec::with_capacity(writes.len());
    for Write {
        holder, changes, ..
    } in writes
    {
        let savepoint = transaction.savepoint()?;
        let outcome = holder
            .part
            .check_holder(&savepoint, holder.number)
            .and_then(|()| {
                changes
                    .iter()
                    .try_for_each(|change| holder.part.change(&savepoint, change))
            });
        match outcome {
            Ok(()) => savepoint.commit()?,
            Err(Failure::Sqlite(error)) => return Err(error),
            Err(_) => savepoint.finish()?,
        }
        outcomes.push(outcome);
    }
    transaction.commit()?;
    Ok(outcomes)
}
