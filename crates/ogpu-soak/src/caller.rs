//! A caller: the process that publishes, and may be killed at any instant.

use std::{
    error::Error as StdError,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Result;
use futures::{StreamExt, TryStreamExt, stream};
use ogpu_client::{
    Client, Error, Outcome, PublishedTask, Resumed, ServiceOptions, Signer, TaskAddress, Write,
};
use ogpu_journal::SqliteJournal;
use ogpu_tx::Policy;
use tokio::time::{sleep, timeout};

use crate::{
    assignment::Assignment,
    intent::{self, ACCOUNTS, Manner},
    progress::{self, News, ProgressWriter},
    traces,
};

/// Enough for what a heavy plan does to one call.
const PATIENCE: Duration = Duration::from_secs(60);
/// Blocks come fast here; the default would hardly ever replace anything.
const REPLACE_AFTER_MILLIS: u64 = 3_000;
/// Of each JSON-RPC request: some are never answered.
const RPC_TIMEOUT: Duration = Duration::from_secs(4);
/// A task counts as published when no reorganisation of a plan reaches it any more.
const CONFIRMATIONS: std::num::NonZeroU64 = std::num::NonZeroU64::MIN.saturating_add(3);

/// What the machines of a caller go by.
pub(crate) fn policy() -> Policy {
    Policy {
        replace_after: REPLACE_AFTER_MILLIS,
        ..Policy::default()
    }
}

struct Caller {
    assignment: Assignment,
    client: Client,
    signers: Vec<Signer>,
    progress: ProgressWriter,
    /// What is to be called once more in the end, when the client has long forgotten it.
    repeated_late: Mutex<Vec<(u64, TaskAddress)>>,
}

/// Publishes what is left of the assignment in this directory.
pub(crate) async fn run(directory: &Path, incarnation: usize) -> Result<()> {
    std::thread::spawn(end_with_supervisor);
    traces::start(directory, incarnation)?;
    let assignment = Assignment::read(directory)?;
    let entries = progress::read(directory)?;
    let ended = progress::ended(&entries);
    let published = ended
        .iter()
        .filter_map(|(number, news)| match news {
            News::Published { task, .. }
                if Manner::of(assignment.seed, *number) == Manner::Repeats =>
            {
                Some((*number, *task))
            }
            _ => None,
        })
        .collect();
    let progress = ProgressWriter::open(directory)?;
    let client = Client::builder()
        .chain(&assignment.chain)
        .journal(SqliteJournal::open(&assignment.journal).await?)
        .confirmations(CONFIRMATIONS)
        .replace_after(Duration::from_millis(REPLACE_AFTER_MILLIS))
        .rpc_timeout(RPC_TIMEOUT)
        .write_timeout(PATIENCE)
        .service_options(ServiceOptions::default().with_timeout(RPC_TIMEOUT))
        .build()?;
    let left: Vec<u64> = (0..assignment.tasks)
        .filter(|number| {
            intent::caller_of(intent::account_of(*number)) == assignment.caller
                && !ended.contains_key(number)
        })
        .collect();
    let concurrency = assignment.concurrency;
    let caller = Arc::new(Caller {
        signers: (0..ACCOUNTS)
            .map(|account| intent::signer(assignment.seed, account))
            .collect::<Result<_>>()?,
        assignment,
        client,
        progress,
        repeated_late: Mutex::new(published),
    });
    let calls = left.into_iter().map(|number| {
        let caller = Arc::clone(&caller);
        async move { caller.see_through(number).await }
    });
    in_flight(calls, concurrency).await?;
    let late = std::mem::take(&mut *lock(&caller.repeated_late));
    let calls = late.into_iter().map(|(number, task)| {
        let caller = Arc::clone(&caller);
        async move { caller.repeat(number, task).await }
    });
    in_flight(calls, concurrency).await?;
    match Arc::into_inner(caller) {
        Some(caller) => caller.progress.close(),
        None => anyhow::bail!("a task of the caller is still running"),
    }
}

/// Ends this process when the one that started it has ended: it would call for ever.
fn end_with_supervisor() {
    // Nothing is ever written there.
    let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    std::process::exit(1);
}

/// Runs so many at a time, each in a task of its own.
async fn in_flight<F>(calls: impl Iterator<Item = F>, concurrency: usize) -> Result<()>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    stream::iter(calls)
        .map(tokio::spawn)
        .buffer_unordered(concurrency)
        .map_err(anyhow::Error::from)
        .try_for_each(std::future::ready)
        .await
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Caller {
    /// Calls until the intent has come to its end.
    async fn see_through(&self, number: u64) -> Result<()> {
        let manner = Manner::of(self.assignment.seed, number);
        let started = Instant::now();
        for attempt in 0_u32.. {
            let write = self
                .write(number)?
                .timeout(self.patience(manner, number, attempt));
            let answer = if manner == Manner::Drops && attempt == 0 {
                let moment = Duration::from_millis(fastrand::u64(..800));
                match timeout(moment, write.into_future()).await {
                    Ok(answer) => answer,
                    Err(_) => {
                        self.progress.add(number, News::Dropped)?;
                        continue;
                    }
                }
            } else {
                write.await
            };
            let news = self.judge(number, manner, attempt, started, answer).await;
            let ends = matches!(
                news,
                News::Published { .. } | News::NotSent { is_final: true, .. } | News::Wrong { .. }
            );
            let published = match &news {
                News::Published { task, .. } => Some(*task),
                _ => None,
            };
            self.progress.add(number, news)?;
            if let (Manner::Repeats, Some(task)) = (manner, published) {
                if account_turn(number).is_multiple_of(2) {
                    self.repeat(number, task).await?;
                } else {
                    lock(&self.repeated_late).push((number, task));
                }
            }
            if ends {
                break;
            }
            sleep(Duration::from_millis(fastrand::u64(10..200))).await;
        }
        Ok(())
    }

    fn write(&self, number: u64) -> Result<Write<PublishedTask>> {
        let signer = &self.signers[usize::try_from(intent::account_of(number))?];
        let task = intent::task(&self.assignment, number)?;
        Ok(self
            .client
            .publish_task(&task)
            .signer(signer)
            .idempotency_key(intent::idempotency_key(self.assignment.seed, number)?))
    }

    fn patience(&self, manner: Manner, number: u64, attempt: u32) -> Duration {
        match manner {
            Manner::Hurries | Manner::GivesUp if attempt < 3 => {
                let seed = self.assignment.seed ^ (number << 8) ^ u64::from(attempt);
                let mut dice = fastrand::Rng::with_seed(seed);
                Duration::from_millis(dice.u64(20..1_500))
            }
            _ => PATIENCE,
        }
    }

    /// What an answer means; what is unknown is resumed or called again, by turns.
    async fn judge(
        &self,
        number: u64,
        manner: Manner,
        attempt: u32,
        started: Instant,
        answer: Result<PublishedTask, Error>,
    ) -> News {
        let published = |task: PublishedTask| News::Published {
            task: task.address,
            transaction: task.transaction_hash,
            millis: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        let error = match answer {
            Ok(task) => return published(task),
            Err(error) => error,
        };
        let text = chain_of(&error);
        match error.outcome() {
            Outcome::NotSent {
                superseded_by: None,
            } => News::NotSent {
                error: text,
                is_final: manner == Manner::GivesUp,
            },
            Outcome::Unknown { .. } => {
                let pending = error
                    .pending()
                    .filter(|_| (number + u64::from(attempt)).is_multiple_of(2));
                let Some(pending) = pending else {
                    return News::Unknown { error: text };
                };
                // What was not written down before a kill is found by the same key afterwards.
                if self
                    .progress
                    .add(number, News::Unknown { error: text })
                    .is_err()
                {
                    return News::Dropped;
                }
                match self.client.resume(pending).await {
                    Ok(Resumed::Task(task)) => published(task),
                    Ok(other) => News::Wrong {
                        what: format!("resumed to what is no task: {other:?}"),
                    },
                    Err(error) => match error.outcome() {
                        Outcome::NotSent {
                            superseded_by: None,
                        } => News::NotSent {
                            error: chain_of(&error),
                            is_final: manner == Manner::GivesUp,
                        },
                        Outcome::Unknown { .. } => News::Unknown {
                            error: chain_of(&error),
                        },
                        _ => News::Wrong {
                            what: chain_of(&error),
                        },
                    },
                }
            }
            // Nobody else sends from these accounts, and every task is a valid one.
            _ => News::Wrong { what: text },
        }
    }

    /// Calls once more for what is published: nothing may happen, and the answer has to be the same.
    async fn repeat(&self, number: u64, task: TaskAddress) -> Result<()> {
        let what = match self.write(number)?.await {
            Ok(again) if again.address == task => return Ok(()),
            Ok(again) => format!(
                "published as {task}, and when called again {}",
                again.address
            ),
            Err(error) if matches!(error.outcome(), Outcome::Unknown { .. }) => return Ok(()),
            Err(error) => format!(
                "published as {task}, and when called again not sent: {}",
                chain_of(&error)
            ),
        };
        self.progress.add(number, News::Wrong { what })
    }
}

/// Counts the intents of an account.
const fn account_turn(number: u64) -> u64 {
    number / ACCOUNTS
}

/// An error with its causes.
fn chain_of(error: &Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
