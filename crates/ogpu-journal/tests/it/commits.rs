//! How often a write waits for the disk.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use futures::{FutureExt, future::join_all};

use crate::support::{hold, journal, place, put, sqlite};

/// The commits in the write-ahead log: frames that carry the size of the database after them, in
/// the file format of SQLite. Each is one wait for the disk.
fn commits(database: &Path) -> HashSet<usize> {
    const HEADER: usize = 32;
    const FRAME_HEADER: usize = 24;
    let log = fs::read(PathBuf::from(format!("{}-wal", database.display()))).unwrap();
    let word = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let page = usize::try_from(word(8)).unwrap();
    (HEADER..log.len())
        .step_by(FRAME_HEADER + page)
        .filter(|&frame| word(frame + 4) != 0)
        .collect()
}

#[tokio::test]
async fn sixty_four_writes_in_flight_share_their_commits() {
    let (_directory, path) = place();
    let journal = journal(&path).await;
    let mut held = Vec::new();
    for account in 0..8 {
        held.push(hold(&journal, account).await);
    }
    let before = commits(&path).len();

    // Another process is in the middle of a commit, so that all 64 are there before the first one
    // can be made.
    let other = sqlite(&path);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writes = (0..64_u8).map(|number| {
        let account = number % 8;
        held[usize::from(account)].write(vec![put(account, &number.to_string(), number.into())])
    });
    let mut writes = join_all(writes).boxed();
    assert!(futures::poll!(&mut writes).is_pending());
    other.execute_batch("ROLLBACK").unwrap();

    for outcome in writes.await {
        outcome.unwrap();
    }
    let made = commits(&path).len() - before;
    // The first one that arrived, and all others; or all at once.
    assert!((1..=2).contains(&made), "{made} commits for 64 writes");
    for account in &held {
        assert_eq!(account.unsettled().await.unwrap().len(), 8);
    }
}

#[tokio::test]
async fn a_write_of_many_changes_is_one_commit() {
    let (_directory, path) = place();
    let journal = journal(&path).await;
    let held = hold(&journal, 1).await;
    let before = commits(&path).len();
    let changes = (0..64).map(|nonce| put(1, &nonce.to_string(), nonce));
    held.write(changes.collect()).await.unwrap();
    assert_eq!(commits(&path).len() - before, 1);
}
