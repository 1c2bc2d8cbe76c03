//! Opening a database, and what is refused.

use std::{fs, io, path::Path};

use ogpu_journal::{SqliteJournal, SqliteJournalError};

use crate::support::{hold, journal, key, place, put, sqlite};

#[tokio::test]
async fn many_may_make_the_same_database_at_once() {
    let (_directory, path) = place();
    let all = futures::future::join_all((0..8).map(|_| SqliteJournal::open(&path))).await;
    for (number, journal) in (0..).zip(all) {
        let held = hold(&journal.unwrap(), number).await;
        held.write(vec![put(number, "job", 0)]).await.unwrap();
    }
}

#[tokio::test]
async fn an_opened_database_is_in_wal_mode_and_marked_as_a_journal() {
    let (_directory, path) = place();
    let _journal = journal(&path).await;
    let other = sqlite(&path);
    let text = |name| -> String {
        let value = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
        format!("{:?}", other.pragma_query_value(None, name, value).unwrap())
    };
    assert_eq!(text("journal_mode"), r#"Text("wal")"#);
    assert_eq!(text("application_id"), format!("Integer({})", 0x6f67_706a));
    assert_eq!(text("user_version"), "Integer(1)");
}

/// A file for its owner alone.
fn private_file(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[tokio::test]
async fn an_empty_file_becomes_a_journal() {
    let (_directory, path) = place();
    // What is left when the process ends between making the file and its tables.
    private_file(&path, "");
    let journal = journal(&path).await;
    assert_eq!(hold(&journal, 1).await.unsettled().await.unwrap(), []);
}

#[tokio::test]
async fn a_file_of_another_program_is_left_as_it_is() {
    let (directory, database) = place();
    let text = directory.path().join("notes.txt");
    private_file(&text, &"not a database\n".repeat(100));
    private_file(&database, "");
    sqlite(&database)
        .execute_batch("CREATE TABLE notes (note TEXT)")
        .unwrap();

    for other in [&text, &database] {
        let before = fs::read(other).unwrap();
        let refused = SqliteJournal::open(other).await.unwrap_err();
        let SqliteJournalError::Foreign { path } = &refused else {
            panic!("{refused:?}")
        };
        assert_eq!(path.file_name(), other.file_name());
        assert_eq!(fs::read(other).unwrap(), before);
    }
}

#[tokio::test]
async fn a_schema_of_another_version_is_refused_by_its_number() {
    let (_directory, path) = place();
    drop(journal(&path).await);
    sqlite(&path)
        .execute_batch("PRAGMA user_version = 2")
        .unwrap();
    let refused = SqliteJournal::open(&path).await.unwrap_err();
    assert!(
        matches!(
            refused,
            SqliteJournalError::Version {
                found: 2,
                known: 1,
                ..
            }
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_place_where_nothing_can_be_made_is_refused_with_the_reason() {
    let (directory, path) = place();
    drop(journal(&path).await);
    for (unusable, kind) in [
        (path.join("journal.db"), io::ErrorKind::NotADirectory),
        (directory.path().join("none/j.db"), io::ErrorKind::NotFound),
    ] {
        match SqliteJournal::open(&unusable).await.unwrap_err() {
            SqliteJournalError::Open { source, .. } => assert_eq!(source.kind(), kind),
            other => panic!("{other:?}"),
        }
    }
}

#[cfg(unix)]
mod unix {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt, path::PathBuf};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn all_files_are_the_owners_alone() {
        let (directory, path) = place();
        let journal = journal(&path).await;
        let held = hold(&journal, 1).await;
        held.write(vec![put(1, "job", 0)]).await.unwrap();
        let mut seen = Vec::new();
        let mut open = vec![directory.path().to_path_buf()];
        while let Some(next) = open.pop() {
            for file in fs::read_dir(next).unwrap() {
                let file = file.unwrap().path();
                if file.is_dir() {
                    assert_eq!(mode(&file), 0o700, "{}", file.display());
                    open.push(file);
                } else {
                    assert_eq!(mode(&file), 0o600, "{}", file.display());
                    seen.push(file);
                }
            }
        }
        // Database, log, shared memory; the locks of opening and of the account.
        assert_eq!(seen.len(), 5, "{seen:?}");
    }

    #[tokio::test]
    async fn a_database_that_others_may_read_is_refused() {
        let (_directory, path) = place();
        drop(journal(&path).await);
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let refused = SqliteJournal::open(&path).await.unwrap_err();
        assert!(
            matches!(refused, SqliteJournalError::Exposed { mode: 0o640, .. }),
            "{refused:?}"
        );
        assert!(refused.to_string().contains("(mode 640)"), "{refused}");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(
            hold(&journal(&path).await, 1)
                .await
                .find(&key("job"))
                .await
                .unwrap(),
            None
        );
    }

    #[tokio::test]
    async fn a_directory_that_cannot_be_written_is_refused_with_the_reason() {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), Permissions::from_mode(0o500)).unwrap();
        let mut place = directory.path().to_path_buf();
        // Root may write anywhere but into the kernel's own files.
        if fs::write(place.join("probe"), "").is_ok() {
            place = PathBuf::from("/sys");
        }
        match SqliteJournal::open(place.join("journal.db"))
            .await
            .unwrap_err()
        {
            SqliteJournalError::Open { source, .. } => assert!(
                matches!(
                    source.kind(),
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
                ),
                "{source:?}"
            ),
            other => panic!("{other:?}"),
        }
    }
}
