//! The journal in SQLite against the one in memory.

use ogpu_client::{AccountJournal, IdempotencyKey, Journal, JournalChange, MemoryJournal, TxHash};
use proptest::{collection::vec, prelude::*};

use crate::support::{CHAIN, account, entry, hold, journal, key, place};

const KEYS: [&str; 5] = ["a", "A", "order-7", "\0", "\u{e9}"];

#[derive(Clone, Debug)]
enum Step {
    Write(u8, Vec<JournalChange>),
    /// The holder goes, and the next one comes.
    Hand(u8),
    /// The database is closed and opened again.
    Restart,
}

fn change(number: u8) -> impl Strategy<Value = JournalChange> {
    let keys = || prop::sample::select(&KEYS[..]);
    prop_oneof![
        3 => (keys(), any::<u64>(), 0..3_usize).prop_map(move |(text, nonce, versions)| {
            let mut entry = entry(number, text, nonce);
            entry.versions.truncate(versions);
            JournalChange::Put(Box::new(entry))
        }),
        2 => (keys(), any::<u8>()).prop_map(|(text, byte)| JournalChange::Settle {
            key: key(text),
            hash: TxHash::new([byte; 32]),
        }),
        1 => keys().prop_map(|text| JournalChange::Remove { key: key(text) }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let write = (0..2_u8).prop_flat_map(|number| {
        vec(change(number), 0..6).prop_map(move |c| Step::Write(number, c))
    });
    prop_oneof![
        8 => write,
        1 => (0..2_u8).prop_map(Step::Hand),
        1 => Just(Step::Restart),
    ]
}

async fn same(left: &dyn AccountJournal, right: &dyn AccountJournal) {
    let (mut unsettled, mut wanted) = (
        left.unsettled().await.unwrap(),
        right.unsettled().await.unwrap(),
    );
    // Equal nonces have no order.
    let order = |entry: &ogpu_client::JournalEntry| (entry.nonce, entry.key.clone());
    assert!(unsettled.is_sorted_by_key(|entry| entry.nonce));
    unsettled.sort_by_key(order);
    wanted.sort_by_key(order);
    assert_eq!(unsettled, wanted);
    for text in KEYS {
        let key: IdempotencyKey = key(text);
        assert_eq!(
            left.find(&key).await.unwrap(),
            right.find(&key).await.unwrap()
        );
    }
}

async fn runs_alike(steps: Vec<Step>) {
    let (_directory, path) = place();
    let mut sqlite = journal(&path).await;
    let memory = MemoryJournal::default();
    let mut held = Vec::new();
    for number in 0..2 {
        let model = memory.open(CHAIN, account(number)).await.unwrap();
        held.push((hold(&sqlite, number).await, model));
    }
    for step in steps {
        match step {
            Step::Write(number, changes) => {
                let (real, model) = &held[usize::from(number)];
                real.write(changes.clone()).await.unwrap();
                model.write(changes).await.unwrap();
            }
            Step::Hand(number) => {
                let (real, model) = held.remove(usize::from(number));
                drop(real);
                held.insert(usize::from(number), (hold(&sqlite, number).await, model));
            }
            Step::Restart => {
                let models: Vec<_> = held.into_iter().map(|(_, model)| model).collect();
                drop(sqlite);
                sqlite = journal(&path).await;
                held = Vec::new();
                for (number, model) in (0..).zip(models) {
                    held.push((hold(&sqlite, number).await, model));
                }
            }
        }
    }
    for (real, model) in &held {
        same(&**real, &**model).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_changes_leave_what_they_leave_in_memory(steps in vec(step(), 1..24)) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(runs_alike(steps));
    }
}
