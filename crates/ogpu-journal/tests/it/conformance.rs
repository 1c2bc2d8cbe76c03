//! What every journal does.

use ogpu_client::{MemoryJournal, conformance};

use crate::support::{journal, place};

#[tokio::test]
async fn the_journal_in_memory_is_a_journal() {
    let journal = MemoryJournal::default();
    conformance::check(&journal).await;
    conformance::check_shared(&journal, &journal.clone()).await;
}

#[tokio::test]
async fn the_journal_in_sqlite_is_a_journal() {
    let (_directory, path) = place();
    let journal = journal(&path).await;
    conformance::check(&journal).await;
    conformance::check_shared(&journal, &journal.clone()).await;
}

#[tokio::test]
async fn two_journals_on_one_database_are_one() {
    let (directory, path) = place();
    let first = journal(&path).await;
    // By another name, which must lead to the same locks.
    let second = journal(&directory.path().join(".").join("journal.db")).await;
    conformance::check_shared(&first, &second).await;
    #[cfg(unix)]
    {
        let link = directory.path().join("link.db");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        conformance::check_shared(&journal(&link).await, &first).await;
    }
}
