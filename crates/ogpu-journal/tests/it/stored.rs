//! What is in the database.

use std::time::{Duration, SystemTime};

use ogpu_client::{JournalChange, JournalError, TxHash};

use crate::support::{account, entry, hold, journal, key, place, put, sqlite};

#[tokio::test]
async fn an_entry_can_be_queried_by_its_columns() {
    let (_directory, path) = place();
    let journal = journal(&path).await;
    let held = hold(&journal, 0xab).await;
    held.write(vec![put(0xab, "order-7", 41)]).await.unwrap();
    let query = "SELECT chain, key, nonce, state, hash, settled_at IS NULL FROM entries
                 WHERE account = ?1 AND json_extract(entry, '$.gasLimit') = 250000";
    let found: (i64, String, i64, String, String, bool) = sqlite(&path)
        .query_row(query, [account(0xab).to_string().to_uppercase()], |row| {
            row.try_into()
        })
        .unwrap();
    let newest = entry(0xab, "order-7", 41).versions[1].hash.to_string();
    let wanted = (
        200_820_172_034,
        "order-7".into(),
        41,
        "sent".into(),
        newest,
        true,
    );
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn a_settled_entry_holds_no_signed_bytes() {
    let (_directory, path) = place();
    let journal = journal(&path).await;
    let held = hold(&journal, 1).await;
    let hash = TxHash::new([1; 32]);
    held.write(vec![put(1, "job", 0)]).await.unwrap();
    let stored = || -> (String, String) {
        sqlite(&path)
            .query_row("SELECT hash, entry FROM entries", [], |row| row.try_into())
            .unwrap()
    };
    let raw = entry(1, "job", 0).versions[0].raw.to_string();
    assert!(stored().1.contains(&raw));

    let key = key("job");
    held.write(vec![JournalChange::Settle { key, hash }])
        .await
        .unwrap();
    assert_eq!(stored().0, hash.to_string());
    assert!(!stored().1.contains(&raw));
}

#[tokio::test]
async fn pruning_forgets_old_settled_keys_and_nothing_else() {
    let (_directory, path) = place();
    let journal = journal(&path).await;
    let held = hold(&journal, 1).await;
    let hash = TxHash::new([1; 32]);
    let texts: Vec<String> = (0..2500).map(|number| number.to_string()).collect();
    let mut changes: Vec<_> = (0..)
        .zip(&texts)
        .map(|(nonce, text)| put(1, text, nonce))
        .collect();
    let settle = |text: &String| JournalChange::Settle {
        key: key(text),
        hash,
    };
    changes.extend(texts[..2400].iter().map(settle));
    held.write(changes).await.unwrap();

    let now = SystemTime::now();
    let (past, future) = (
        now - Duration::from_secs(3600),
        now + Duration::from_secs(3600),
    );
    assert_eq!(journal.prune(past).await.unwrap(), 0);
    assert!(held.find(&key("0")).await.unwrap().is_some());
    assert_eq!(journal.prune(future).await.unwrap(), 2400);
    assert_eq!(held.find(&key("0")).await.unwrap(), None);
    assert_eq!(held.unsettled().await.unwrap().len(), 100);
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_named_and_not_quoted() {
    for (damage, problem) in [
        (
            "entry = replace(entry, '0x0101', '0xzz')",
            "its JSON has a Data error in column ",
        ),
        (
            "entry = substr(entry, 1, 400)",
            "its JSON has a Eof error in column 400",
        ),
        ("nonce = 8", "its columns and its JSON disagree"),
        (
            "state = 'settled', settled_at = 0",
            "its columns and its JSON disagree",
        ),
    ] {
        let (_directory, path) = place();
        let journal = journal(&path).await;
        let held = hold(&journal, 1).await;
        held.write(vec![put(1, "good", 6), put(1, "bad", 7)])
            .await
            .unwrap();
        sqlite(&path)
            .execute(
                &format!("UPDATE entries SET {damage} WHERE key = 'bad'"),
                [],
            )
            .unwrap();

        let error = held.find(&key("bad")).await.unwrap_err();
        let JournalError::Corrupt {
            account: of,
            key: named,
            problem: said,
        } = &error
        else {
            panic!("{error:?}")
        };
        assert_eq!((*of, named.as_str()), (account(1), "bad"));
        assert!(said.starts_with(problem), "{said}");
        assert!(!error.to_string().contains("zz"), "{error}");
        assert!(held.find(&key("good")).await.unwrap().is_some());

        // All of a write or nothing.
        let settle = JournalChange::Settle {
            key: key("bad"),
            hash: TxHash::new([1; 32]),
        };
        let refused = held
            .write(vec![put(1, "new", 9), settle])
            .await
            .unwrap_err();
        assert!(
            matches!(refused, JournalError::Corrupt { .. }),
            "{refused:?}"
        );
        assert_eq!(held.find(&key("new")).await.unwrap(), None);
    }
}

#[tokio::test]
async fn unsettled_entries_are_all_read_or_none() {
    let (_directory, path) = place();
    let journal = journal(&path).await;
    let held = hold(&journal, 1).await;
    held.write(vec![put(1, "good", 6), put(1, "bad", 7)])
        .await
        .unwrap();
    let other = sqlite(&path);
    other
        .execute("UPDATE entries SET nonce = 8 WHERE key = 'bad'", [])
        .unwrap();
    let error = held.unsettled().await.unwrap_err();
    assert!(
        matches!(&error, JournalError::Corrupt { key, .. } if key == "bad"),
        "{error:?}"
    );
    // Other accounts go on.
    assert!(
        hold(&journal, 2)
            .await
            .unsettled()
            .await
            .unwrap()
            .is_empty()
    );
}
