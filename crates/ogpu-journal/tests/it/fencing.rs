//! Holders and their locks.

use std::fs;

use ogpu_client::{Journal, JournalError};

use crate::support::{CHAIN, account, hold, journal, key, place, put};

#[tokio::test]
async fn an_account_is_free_as_soon_as_its_holder_is_dropped() {
    let (_directory, path) = place();
    let (first, second) = (journal(&path).await, journal(&path).await);
    for nonce in 0..8 {
        for journal in [&first, &second] {
            let held = hold(journal, 1).await;
            held.write(vec![put(1, &nonce.to_string(), nonce)])
                .await
                .unwrap();
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn an_account_is_free_though_processes_are_being_started() {
    use std::{
        process::Command,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        thread,
    };

    let (_directory, path) = place();
    let journal = journal(&path).await;
    let done = Arc::new(AtomicBool::new(false));
    let starter = {
        let done = Arc::clone(&done);
        // Until it becomes another program, a new process has copies of all open files.
        thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                assert!(Command::new("true").status().unwrap().success());
            }
        })
    };
    let mut refused = 0;
    for _ in 0..60 {
        refused += u32::from(journal.open(CHAIN, account(1)).await.is_err());
    }
    done.store(true, Ordering::Relaxed);
    starter.join().unwrap();
    assert_eq!(refused, 0);
}

#[tokio::test]
async fn a_dropped_write_is_made_before_the_account_is_opened_again() {
    let (_directory, path) = place();
    let journal = journal(&path).await;
    let held = hold(&journal, 1).await;
    {
        let mut write = held.write(vec![put(1, "job", 0)]);
        // The thread may have made it by the time it is looked at; either way it has it.
        let _ = futures::poll!(&mut write);
    }
    drop(held);
    let held = hold(&journal, 1).await;
    assert!(held.find(&key("job")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_deleted_lock_file_lets_the_next_one_in_and_the_first_one_out() {
    let (_directory, path) = place();
    let (first, second) = (journal(&path).await, journal(&path).await);
    let old = hold(&first, 1).await;
    old.write(vec![put(1, "before", 0)]).await.unwrap();

    let mut locks = path.clone().into_os_string();
    locks.push(".locks");
    fs::remove_dir_all(&locks).unwrap();
    fs::create_dir(&locks).unwrap();
    let new = hold(&second, 1).await;
    assert!(new.find(&key("before")).await.unwrap().is_some());

    let lost = old.write(vec![put(1, "after", 1)]).await.unwrap_err();
    assert!(
        matches!(lost, JournalError::Lost { chain, account: lost } if (chain, lost) == (CHAIN, account(1))),
        "{lost:?}"
    );
    assert_eq!(new.find(&key("after")).await.unwrap(), None);
    new.write(vec![put(1, "after", 1)]).await.unwrap();
}

#[tokio::test]
async fn a_write_that_is_refused_leaves_those_beside_it_alone() {
    let (_directory, path) = place();
    let journal = journal(&path).await;
    let (good, bad) = (hold(&journal, 1).await, hold(&journal, 2).await);
    let other = crate::support::sqlite(&path);
    other
        .execute(
            "UPDATE accounts SET holder = 9 WHERE account = ?1",
            [account(2).to_string()],
        )
        .unwrap();

    // Held up, so that they share a commit.
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut both = futures::future::join3(
        good.write(vec![put(1, "a", 0)]),
        bad.write(vec![put(2, "b", 0)]),
        good.write(vec![put(1, "c", 1)]),
    );
    assert!(futures::poll!(&mut both).is_pending());
    other.execute_batch("ROLLBACK").unwrap();

    let (first, refused, last) = both.await;
    first.unwrap();
    assert!(matches!(refused, Err(JournalError::Lost { .. })));
    last.unwrap();
    assert_eq!(good.unsettled().await.unwrap().len(), 2);
    assert_eq!(bad.find(&key("b")).await.unwrap(), None);
    assert!(journal.open(CHAIN, account(3)).await.is_ok());
}
