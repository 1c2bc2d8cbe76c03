//! Real processes: killed, in each other's way, and without room on the disk.
//!
//! The child of a test is the test itself, executed once more with a role in its environment.

use std::{
    env,
    io::{self, BufRead, BufReader, Lines, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use futures::future::{BoxFuture, FutureExt, join_all};
use ogpu_client::{AccountJournal, Journal, JournalChange, JournalError, TxHash};
use ogpu_journal::SqliteJournal;

use crate::support::{CHAIN, account, hold, journal, key, place, put};

const DATABASE: &str = "OGPU_JOURNAL_TEST_DATABASE";
const ROUND: &str = "OGPU_JOURNAL_TEST_ROUND";
const BATCH: usize = 3;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread();
    { runtime }.build().unwrap().block_on(future)
}

/// In the child: the database that it is to use, and its round.
fn role() -> Option<(PathBuf, u64)> {
    let round = || env::var(ROUND).ok()?.parse().ok();
    env::var_os(DATABASE).map(|path| (path.into(), round().unwrap()))
}

/// One line for the parent.
fn say(line: &str) {
    // `println!` would go to the test harness.
    io::stdout()
        .write_all(format!("{line}\n").as_bytes())
        .unwrap();
}

/// A child that executes the test of this name.
struct Other {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Other {
    fn start(mut command: Command, test: &str, path: &Path, round: u64) -> Self {
        let mut process = command
            .args([&format!("processes::{test}"), "--exact", "--nocapture"])
            .env(DATABASE, path)
            .env(ROUND, round.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    fn of(test: &str, path: &Path, round: u64) -> Self {
        Self::start(Command::new(env::current_exe().unwrap()), test, path, round)
    }

    /// The rest of the next line that begins with this word; `None` once the child has ended.
    fn next(&mut self, word: &str) -> Option<String> {
        self.lines
            .by_ref()
            .map(Result::unwrap)
            .find_map(|line| Some(line.strip_prefix(word)?.trim().to_owned()))
    }

    /// SIGKILL, and what it had still said.
    fn kill(mut self, word: &str) -> Vec<String> {
        self.process.kill().unwrap();
        let said = std::iter::from_fn(|| self.next(word)).collect();
        self.process.wait().unwrap();
        said
    }
}

impl Drop for Other {
    /// A test that fails leaves no process behind.
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn job(round: u64, lane: u8, number: u64, part: usize) -> String {
    format!("{round}-{lane}-{number}-{part}")
}

/// Writes batches without end: three new entries, and the first of the batch before is settled.
async fn write_batches(held: &dyn AccountJournal, owner: u8, lane: u8, round: u64) {
    for number in 0.. {
        let mut changes: Vec<_> = (0..BATCH)
            .map(|part| put(owner, &job(round, lane, number, part), number))
            .collect();
        if let Some(before) = number.checked_sub(1) {
            changes.push(JournalChange::Settle {
                key: key(&job(round, lane, before, 0)),
                hash: TxHash::new([1; 32]),
            });
        }
        held.write(changes).await.unwrap();
        say(&format!("acknowledged {round} {lane} {number}"));
    }
}

async fn write_until_killed(path: PathBuf, round: u64) {
    let journal = journal(&path).await;
    let held = [hold(&journal, 0).await, hold(&journal, 1).await];
    let lanes = (0..6).map(|lane| {
        let owner = lane % 2;
        write_batches(&*held[usize::from(owner)], owner, lane, round)
    });
    join_all(lanes).await;
}

/// Everything acknowledged is there, and of everything else all or nothing.
async fn audit(path: &Path, round: u64, acknowledged: &[(u64, u8, u64)]) {
    let journal = journal(path).await;
    // At the first try: the system has freed the locks.
    let held = [hold(&journal, 0).await, hold(&journal, 1).await];
    for lane in 0..6 {
        let held = &held[usize::from(lane % 2)];
        let last = acknowledged
            .iter()
            .filter(|ack| (ack.0, ack.1) == (round, lane));
        let last = last.map(|ack| ack.2).max();
        // One more may have been under way.
        for number in 0..=last.map_or(0, |last| last + 1) {
            let mut found = Vec::new();
            for part in 0..BATCH {
                found.extend(
                    held.find(&key(&job(round, lane, number, part)))
                        .await
                        .unwrap(),
                );
            }
            let must = last.is_some_and(|last| number <= last);
            let whole = found.len() == BATCH;
            assert!(
                whole || (!must && found.is_empty()),
                "batch {round} {lane} {number}"
            );
            let settled = found.iter().filter(|entry| entry.settled_hash().is_some());
            let next_was_made = last.is_some_and(|last| number < last);
            assert!(settled.count() >= usize::from(next_was_made));
        }
    }
    for held in held {
        held.unsettled().await.unwrap();
    }
}

#[test]
fn what_was_acknowledged_outlives_a_kill_at_any_instant() {
    const TEST: &str = "what_was_acknowledged_outlives_a_kill_at_any_instant";
    if let Some((path, round)) = role() {
        return block_on(write_until_killed(path, round));
    }
    let (_directory, path) = place();
    let mut random = fastrand::Rng::with_seed(4);
    for round in 0..20 {
        let mut child = Other::of(TEST, &path, round);
        let mut said: Vec<String> = (0..random.u8(1..60))
            .map(|_| {
                child
                    .next("acknowledged")
                    .expect("the child writes until it is killed")
            })
            .collect();
        said.extend(child.kill("acknowledged"));
        let acknowledged: Vec<_> = said
            .iter()
            .map(|line| {
                let numbers: Vec<u64> = line.split(' ').map(|word| word.parse().unwrap()).collect();
                (numbers[0], u8::try_from(numbers[1]).unwrap(), numbers[2])
            })
            .collect();
        block_on(audit(&path, round, &acknowledged));
    }
}

#[test]
fn an_account_is_free_at_once_when_its_holder_is_killed() {
    const TEST: &str = "an_account_is_free_at_once_when_its_holder_is_killed";
    if let Some((path, _)) = role() {
        return block_on(async {
            let journal = journal(&path).await;
            let _held = hold(&journal, 1).await;
            say("\nholding");
            // Until the parent is gone, if it does not kill before.
            io::stdin().read_to_end(&mut Vec::new()).unwrap();
        });
    }
    let (_directory, path) = place();
    let mut child = Other::of(TEST, &path, 0);
    child.next("holding").expect("the child holds the account");
    block_on(async {
        let journal = journal(&path).await;
        let refused = journal.open(CHAIN, account(1)).await;
        assert!(
            matches!(refused, Err(JournalError::InUse { .. })),
            "{refused:?}"
        );
        hold(&journal, 2).await;
        child.kill("");
        hold(&journal, 1).await;
    });
}

/// Takes the account as often as it is told, and each time writes the next free nonce.
async fn take_turns(path: PathBuf, name: u64) {
    let journal = journal(&path).await;
    for turn in 0..4 {
        let held = loop {
            match journal.open(CHAIN, account(1)).await {
                Err(JournalError::InUse { .. }) => tokio::task::yield_now().await,
                other => break other.unwrap(),
            }
        };
        let last = held
            .unsettled()
            .await
            .unwrap()
            .last()
            .map(|entry| entry.nonce);
        let next = last.map_or(0, |nonce| nonce + 1);
        held.write(vec![put(1, &format!("{name}-{turn}"), next)])
            .await
            .unwrap();
    }
}

#[test]
fn processes_take_turns_and_never_the_same_nonce() {
    const TEST: &str = "processes_take_turns_and_never_the_same_nonce";
    if let Some((path, name)) = role() {
        return block_on(take_turns(path, name));
    }
    let (_directory, path) = place();
    let mut children: Vec<_> = (0..3).map(|name| Other::of(TEST, &path, name)).collect();
    for child in &mut children {
        assert_eq!(child.next("no such line"), None);
        assert!(child.process.wait().unwrap().success());
    }
    let nonces = block_on(async {
        let held = hold(&journal(&path).await, 1).await;
        let entries = held.unsettled().await.unwrap();
        entries.iter().map(|entry| entry.nonce).collect::<Vec<_>>()
    });
    assert_eq!(nonces, (0..12).collect::<Vec<_>>());
}

/// Writes until the disk takes no more, and then reads.
fn fill(journal: SqliteJournal) -> BoxFuture<'static, ()> {
    async move {
        let held = hold(&journal, 1).await;
        let mut nonce = 0;
        let refused = loop {
            match held.write(vec![put(1, &nonce.to_string(), nonce)]).await {
                Ok(()) => say(&format!("acknowledged {nonce}")),
                Err(error) => break error,
            }
            nonce += 1;
        };
        assert!(
            matches!(refused, JournalError::Storage { .. }),
            "{refused:?}"
        );
        let entries = held.unsettled().await.unwrap();
        assert_eq!(u64::try_from(entries.len()).unwrap(), nonce);
        say("refused");
    }
    .boxed()
}

#[cfg(unix)]
#[test]
fn a_disk_that_takes_no_more_is_an_error_and_no_loss() {
    const TEST: &str = "a_disk_that_takes_no_more_is_an_error_and_no_loss";
    if let Some((path, _)) = role() {
        return block_on(async { fill(journal(&path).await).await });
    }
    let (_directory, path) = place();
    // The system refuses to let any file grow beyond this, as it does when the disk is full.
    let mut limited = Command::new("sh");
    limited.args(["-c", r#"trap "" XFSZ; ulimit -f 600; exec "$0" "$@""#]);
    limited.arg(env::current_exe().unwrap());
    let mut child = Other::start(limited, TEST, &path, 0);
    let acknowledged: Vec<u64> = std::iter::from_fn(|| {
        let line = child.next("")?;
        Some(
            line.strip_prefix("acknowledged ")
                .and_then(|nonce| nonce.parse().ok()),
        )
    })
    .flatten()
    .collect();
    assert!(child.process.wait().unwrap().success());
    assert!(!acknowledged.is_empty());

    block_on(async {
        let held = hold(&journal(&path).await, 1).await;
        let entries = held.unsettled().await.unwrap();
        let nonces: Vec<u64> = entries.iter().map(|entry| entry.nonce).collect();
        assert_eq!(nonces, acknowledged);
        held.write(vec![put(1, "with room again", 1 << 20)])
            .await
            .unwrap();
    });
}
