//! What every [`Journal`] does: a test for whoever implements one.
//!
//! Each function panics with what a journal did wrong. They use accounts of their own, made at
//! random, so that a journal that has been used before can be tested again.

use futures::future::join_all;
use ogpu_tx::Fees;
use ogpu_types::{Address, ChainId, Hash32, HexBytes, TxHash, Wei};

use super::{
    AccountJournal, IdempotencyKey, Journal, JournalChange, JournalEntry, JournalError,
    JournalState, SignedVersion,
};
use crate::TransactionRequest;

const CHAIN: ChainId = ChainId::OGPU_TESTNET;

/// Tests everything that one journal does by itself.
///
/// # Panics
///
/// If the journal does something wrong.
pub async fn check(journal: &dyn Journal) {
    an_account_has_one_holder(journal).await;
    entries_are_found_as_they_were_put(journal).await;
    unsettled_entries_come_by_rising_nonce(journal).await;
    a_settled_entry_keeps_its_key_and_loses_its_bytes(journal).await;
    a_removed_key_is_free_again(journal).await;
    changes_are_made_in_their_order(journal).await;
    concurrent_writes_are_all_made(journal).await;
    accounts_and_chains_are_apart(journal).await;
    keys_are_compared_byte_for_byte(journal).await;
}

/// Tests two journals that use the same storage, such as two connections to one database.
///
/// # Panics
///
/// If the journals do something wrong.
pub async fn check_shared(first: &dyn Journal, second: &dyn Journal) {
    let account = account();
    let held = open(first, CHAIN, account).await;
    put(&*held, &entry(CHAIN, account, &key("job"), 3)).await;
    is_in_use(second, CHAIN, account).await;
    drop(held);

    let held = open(second, CHAIN, account).await;
    is_in_use(first, CHAIN, account).await;
    let stored = unsettled(&*held).await;
    assert_eq!(
        stored,
        [entry(CHAIN, account, &key("job"), 3)],
        "the next holder finds what the one before has written"
    );
}

/// An unsettled entry to test with: two signed versions, and everything else made of the arguments.
pub fn entry(chain: ChainId, account: Address, key: &IdempotencyKey, nonce: u64) -> JournalEntry {
    let version = |number: u8| SignedVersion {
        hash: TxHash::new([number; 32]),
        fees: Fees::Eip1559 {
            max_fee: Wei::from(9_000_000_000_u64),
            tip: Wei::from(u64::from(number)),
        },
        raw: HexBytes::new(vec![number; 300]),
    };
    JournalEntry {
        key: key.clone(),
        chain,
        account,
        fingerprint: Hash32::new([7; 32]),
        request: TransactionRequest::call(account, vec![0xab; 200])
            .with_value(Wei::from(1_u64))
            .with_not_after(1_900_000_000),
        gas_limit: 250_000,
        nonce,
        versions: vec![version(1), version(2)],
        state: JournalState::Sent,
    }
}

async fn an_account_has_one_holder(journal: &dyn Journal) {
    let account = account();
    let held = open(journal, CHAIN, account).await;
    is_in_use(journal, CHAIN, account).await;
    drop(held);
    drop(open(journal, CHAIN, account).await);
    open(journal, CHAIN, account).await;
}

async fn entries_are_found_as_they_were_put(journal: &dyn Journal) {
    let account = account();
    let held = open(journal, CHAIN, account).await;
    assert_eq!(unsettled(&*held).await, [], "a new account has no entries");
    assert_eq!(find(&*held, &key("job")).await, None);
    write(&*held, Vec::new()).await;

    let mut wanted = entry(CHAIN, account, &key("job"), 0);
    put(&*held, &wanted).await;
    assert_eq!(find(&*held, &key("job")).await.as_ref(), Some(&wanted));

    // A replacement, and a deployment as large as a chain takes.
    wanted.request = TransactionRequest::deploy(vec![0x5b; 128 * 1024]);
    wanted.versions.truncate(1);
    put(&*held, &wanted).await;
    assert_eq!(find(&*held, &key("job")).await.as_ref(), Some(&wanted));
    drop(held);

    let held = open(journal, CHAIN, account).await;
    assert_eq!(
        unsettled(&*held).await,
        [wanted],
        "entries outlive their holder"
    );
}

async fn unsettled_entries_come_by_rising_nonce(journal: &dyn Journal) {
    let account = account();
    let held = open(journal, CHAIN, account).await;
    for (text, nonce) in [("c", u64::MAX - 1), ("a", 10), ("d", 9), ("b", 1 << 63)] {
        put(&*held, &entry(CHAIN, account, &key(text), nonce)).await;
    }
    let nonces = unsettled(&*held).await.into_iter().map(|entry| entry.nonce);
    assert_eq!(
        nonces.collect::<Vec<_>>(),
        [9, 10, 1 << 63, u64::MAX - 1],
        "unsettled entries come by rising nonce"
    );
}

async fn a_settled_entry_keeps_its_key_and_loses_its_bytes(journal: &dyn Journal) {
    let account = account();
    let held = open(journal, CHAIN, account).await;
    let mut wanted = entry(CHAIN, account, &key("job"), 0);
    let hash = wanted.versions[0].hash;
    put(&*held, &wanted).await;
    write(&*held, vec![settle("job", hash), settle("none", hash)]).await;

    wanted.settle(hash);
    assert_eq!(find(&*held, &key("job")).await, Some(wanted));
    assert_eq!(
        find(&*held, &key("none")).await,
        None,
        "settling an absent entry makes none"
    );
    assert_eq!(
        unsettled(&*held).await,
        [],
        "a settled entry is not unsettled"
    );
}

async fn a_removed_key_is_free_again(journal: &dyn Journal) {
    let account = account();
    let held = open(journal, CHAIN, account).await;
    put(&*held, &entry(CHAIN, account, &key("job"), 0)).await;
    write(&*held, vec![remove("job"), remove("none")]).await;
    assert_eq!(find(&*held, &key("job")).await, None);
    assert_eq!(unsettled(&*held).await, []);
}

async fn changes_are_made_in_their_order(journal: &dyn Journal) {
    let account = account();
    let held = open(journal, CHAIN, account).await;
    let hash = TxHash::new([1; 32]);
    let first = entry(CHAIN, account, &key("job"), 0);
    let second = entry(CHAIN, account, &key("job"), 1);
    let change = |entry: &JournalEntry| JournalChange::Put(Box::new(entry.clone()));
    write(
        &*held,
        vec![
            settle("job", hash),
            change(&first),
            remove("job"),
            change(&second),
        ],
    )
    .await;
    assert_eq!(find(&*held, &key("job")).await, Some(second));
    write(&*held, vec![change(&first), settle("job", hash)]).await;
    let settled = find(&*held, &key("job"))
        .await
        .and_then(|entry| entry.settled_hash());
    assert_eq!(settled, Some(hash));
}

async fn concurrent_writes_are_all_made(journal: &dyn Journal) {
    let account = account();
    let held = open(journal, CHAIN, account).await;
    let put_one = |nonce: u64| {
        let key = key(&nonce.to_string());
        let put = JournalChange::Put(Box::new(entry(CHAIN, account, &key, nonce)));
        held.write(vec![put])
    };
    for outcome in join_all((0..64).map(put_one)).await {
        outcome.expect("a write among others succeeds");
    }
    assert_eq!(
        unsettled(&*held).await.len(),
        64,
        "concurrent writes are all made"
    );
}

async fn accounts_and_chains_are_apart(journal: &dyn Journal) {
    let (here, there) = (account(), account());
    let far = ChainId::new(u64::MAX);
    let places = [(CHAIN, here), (CHAIN, there), (far, here)];
    let mut held = Vec::new();
    for (nonce, (chain, account)) in (0..).zip(places) {
        let account_journal = open(journal, chain, account).await;
        put(
            &*account_journal,
            &entry(chain, account, &key("job"), nonce),
        )
        .await;
        held.push(account_journal);
    }
    write(&*held[1], vec![remove("job")]).await;
    let left = join_all(held.iter().map(|held| unsettled(&**held))).await;
    let left: Vec<usize> = left.iter().map(Vec::len).collect();
    assert_eq!(left, [1, 0, 1], "a key belongs to one account of one chain");
}

async fn keys_are_compared_byte_for_byte(journal: &dyn Journal) {
    let longest = "x".repeat(IdempotencyKey::LONGEST);
    // The same letter, composed and decomposed, is not the same key.
    let composed = ["\u{e9}", "e\u{301}"];
    let texts = [
        "a",
        "A",
        " a",
        "a ",
        "a\0",
        "\0",
        "'a'",
        "%",
        "\u{1f511}",
        &longest,
    ];
    let texts = texts.into_iter().chain(composed);

    let account = account();
    let held = open(journal, CHAIN, account).await;
    for (nonce, text) in (0..).zip(texts.clone()) {
        put(&*held, &entry(CHAIN, account, &key(text), nonce)).await;
    }
    for (nonce, text) in (0..).zip(texts) {
        let found = find(&*held, &key(text)).await.map(|entry| entry.nonce);
        assert_eq!(found, Some(nonce), "the entry of key {text:?}");
    }
}

/// An account that no other test has.
fn account() -> Address {
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    Address::new(bytes)
}

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::new(text).expect("the test's keys have 1 to 255 bytes")
}

fn settle(text: &str, hash: TxHash) -> JournalChange {
    JournalChange::Settle {
        key: key(text),
        hash,
    }
}

fn remove(text: &str) -> JournalChange {
    JournalChange::Remove { key: key(text) }
}

async fn open(journal: &dyn Journal, chain: ChainId, account: Address) -> Box<dyn AccountJournal> {
    let opened = journal.open(chain, account).await;
    opened.expect("an account that nobody holds can be opened")
}

async fn is_in_use(journal: &dyn Journal, chain: ChainId, account: Address) {
    match journal.open(chain, account).await {
        Err(JournalError::InUse {
            chain: in_chain,
            account: used,
        }) => assert_eq!((in_chain, used), (chain, account)),
        other => panic!("a held account is in use, not {other:?}"),
    }
}

async fn put(held: &dyn AccountJournal, entry: &JournalEntry) {
    write(held, vec![JournalChange::Put(Box::new(entry.clone()))]).await;
}

async fn write(held: &dyn AccountJournal, changes: Vec<JournalChange>) {
    held.write(changes).await.expect("a write succeeds");
}

async fn find(held: &dyn AccountJournal, key: &IdempotencyKey) -> Option<JournalEntry> {
    held.find(key).await.expect("a key can be looked up")
}

async fn unsettled(held: &dyn AccountJournal) -> Vec<JournalEntry> {
    held.unsettled()
        .await
        .expect("unsettled entries can be read")
}
