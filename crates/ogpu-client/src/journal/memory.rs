//! A journal that lasts as long as the process.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::future::{BoxFuture, FutureExt, ready};
use ogpu_types::{Address, ChainId};

use super::{AccountJournal, IdempotencyKey, Journal, JournalChange, JournalEntry, JournalError};

/// The default journal: it makes a key one effect within a process, and is gone with it.
///
/// Clones share their entries. It keeps all keys; a program that sends for months wants a durable
/// one.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    held: HashSet<(ChainId, Address)>,
    entries: HashMap<(ChainId, Address), HashMap<IdempotencyKey, JournalEntry>>,
}

impl MemoryJournal {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for MemoryJournal {
    fn open(
        &self,
        chain: ChainId,
        account: Address,
    ) -> BoxFuture<'_, Result<Box<dyn AccountJournal>, JournalError>> {
        let opened: Result<Box<dyn AccountJournal>, JournalError> =
            if self.lock().held.insert((chain, account)) {
                Ok(Box::new(Held {
                    journal: self.clone(),
                    chain,
                    account,
                }))
            } else {
                Err(JournalError::InUse { chain, account })
            };
        ready(opened).boxed()
    }
}

/// One account's part, held.
#[derive(Debug)]
struct Held {
    journal: MemoryJournal,
    chain: ChainId,
    account: Address,
}

impl Drop for Held {
    fn drop(&mut self) {
        let held = (self.chain, self.account);
        self.journal.lock().held.remove(&held);
    }
}

impl Held {
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<IdempotencyKey, JournalEntry>) -> T) -> T {
        let mut shared = self.journal.lock();
        work(
            shared
                .entries
                .entry((self.chain, self.account))
                .or_default(),
        )
    }
}

impl AccountJournal for Held {
    fn unsettled(&self) -> BoxFuture<'_, Result<Vec<JournalEntry>, JournalError>> {
        let mut found: Vec<JournalEntry> = self.with(|entries| {
            let unsettled = |entry: &&JournalEntry| entry.settled_hash().is_none();
            entries.values().filter(unsettled).cloned().collect()
        });
        found.sort_by_key(|entry| entry.nonce);
        ready(Ok(found)).boxed()
    }

    fn find<'a>(
        &'a self,
        key: &'a IdempotencyKey,
    ) -> BoxFuture<'a, Result<Option<JournalEntry>, JournalError>> {
        ready(Ok(self.with(|entries| entries.get(key).cloned()))).boxed()
    }

    fn write(&self, changes: Vec<JournalChange>) -> BoxFuture<'_, Result<(), JournalError>> {
        self.with(|entries| {
            for change in changes {
                match change {
                    JournalChange::Put(entry) => {
                        entries.insert(entry.key.clone(), *entry);
                    }
                    JournalChange::Settle { key, hash } => {
                        if let Some(entry) = entries.get_mut(&key) {
                            entry.settle(hash);
                        }
                    }
                    JournalChange::Remove { key } => {
                        entries.remove(&key);
                    }
                }
            }
        });
        ready(Ok(())).boxed()
    }
}
