//! What is written down before a transaction is sent, so that a restart finds it.

#[cfg(feature = "conformance")]
pub mod conformance;
mod entry;
mod key;
mod memory;

use std::fmt;

use futures::future::BoxFuture;
use ogpu_types::{Address, ChainId, TxHash};

use crate::BoxError;

pub use entry::{JournalEntry, JournalState, SignedVersion};
pub use key::{IdempotencyKey, IdempotencyKeyError};
pub use memory::MemoryJournal;

/// Where a client writes down what it sends.
///
/// Before the first byte of a transaction leaves, its key, nonce and signed bytes are here. What is
/// durable decides what a restart after a crash knows: the default, [`MemoryJournal`], forgets
/// everything with the process.
///
/// # Implementing one
///
/// The feature `conformance` of this crate brings a test for any implementation,
/// `ogpu_client::conformance`.
///
/// A journal that many machines share, in PostgreSQL say, has no lock that an operating system frees
/// when its holder dies. It leases an account for some time instead, extends the lease while the
/// [`AccountJournal`] lives, and counts up a fencing number with each new holder; the database's
/// clock decides when a lease has run out. [`write`](AccountJournal::write) compares the number in
/// the transaction that makes the changes, with the row of the lease locked, and answers
/// [`JournalError::Lost`] if there has been a new holder since. Nothing else needs the lease: a
/// holder that has lost it can sign nothing more that is ever sent, and what it still offers are
/// bytes that the new holder has read and offers too. `drop` cannot wait for a server: it hands the
/// lease back in the background, or lets it run out.
pub trait Journal: fmt::Debug + Send + Sync + 'static {
    /// Opens one account's part, for one holder at a time.
    ///
    /// # Errors
    ///
    /// [`JournalError::InUse`] when somebody else holds it: two holders would hand out the same
    /// nonces. Whoever dies must not hold it any longer. [`JournalError::Storage`] when it cannot be
    /// found out.
    fn open(
        &self,
        chain: ChainId,
        account: Address,
    ) -> BoxFuture<'_, Result<Box<dyn AccountJournal>, JournalError>>;
}

/// One account's part of a [`Journal`]; dropping it lets the next one open it.
pub trait AccountJournal: fmt::Debug + Send + Sync + 'static {
    /// All entries that are not settled, by rising nonce.
    ///
    /// # Errors
    ///
    /// [`JournalError::Corrupt`] when one of them cannot be read: without it, it is not known which
    /// nonces are taken. [`JournalError::Storage`] when reading fails.
    fn unsettled(&self) -> BoxFuture<'_, Result<Vec<JournalEntry>, JournalError>>;

    /// The entry with this key, settled or not.
    ///
    /// # Errors
    ///
    /// As for [`unsettled`](Self::unsettled).
    fn find<'a>(
        &'a self,
        key: &'a IdempotencyKey,
    ) -> BoxFuture<'a, Result<Option<JournalEntry>, JournalError>>;

    /// Makes all the changes or none, in their order. When it returns `Ok`, they outlive whatever
    /// the journal is made to outlive.
    ///
    /// The entries that are put are of this account and chain. Several writes may be under way at
    /// once, in no order among each other; a write whose future is dropped may still be made.
    ///
    /// # Errors
    ///
    /// [`JournalError::Lost`] when somebody else has become the holder: none of the changes was
    /// made, and none will be. [`JournalError::Corrupt`] when an entry to be settled cannot be read:
    /// none was made. [`JournalError::Storage`] leaves it open: a disk or a connection that fails
    /// while it commits may have committed, so that a restart may find either all of the changes or
    /// none.
    fn write(&self, changes: Vec<JournalChange>) -> BoxFuture<'_, Result<(), JournalError>>;
}

/// A change to one account's journal.
///
/// Not `#[non_exhaustive]` on purpose: a journal that overlooks a kind of change loses money.
#[derive(Clone, Debug)]
pub enum JournalChange {
    /// Writes an entry, in place of the one with the same key.
    Put(Box<JournalEntry>),
    /// The entry's transaction was mined: [`JournalEntry::settle`]. An absent entry stays absent.
    Settle {
        /// The entry.
        key: IdempotencyKey,
        /// The version that was mined.
        hash: TxHash,
    },
    /// Nothing of the entry can take effect: its key is free again.
    Remove {
        /// The entry.
        key: IdempotencyKey,
    },
}

/// A journal that did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// Another holder has the account.
    #[error(
        "the journal of {account} on chain {chain} is in use: another client or process sends from this account"
    )]
    InUse {
        /// The chain.
        chain: ChainId,
        /// The account.
        account: Address,
    },
    /// Somebody else has become the holder of the account since it was opened.
    #[error(
        "the journal of {account} on chain {chain} was lost to another holder: another client or process sends from this account now"
    )]
    Lost {
        /// The chain.
        chain: ChainId,
        /// The account.
        account: Address,
    },
    /// An entry that is stored cannot be read.
    #[error("the journal of {account} cannot read its entry {key:?}: {problem}")]
    Corrupt {
        /// The account.
        account: Address,
        /// The key that it is stored under.
        key: String,
        /// What is wrong, without anything of its content.
        problem: String,
    },
    /// The storage failed.
    #[error("the journal of {account} failed to {step}")]
    Storage {
        /// The account.
        account: Address,
        /// What it was doing.
        step: &'static str,
        /// Why.
        #[source]
        source: BoxError,
    },
}

impl JournalError {
    /// The same error, for another change of the group that was not made.
    pub(crate) fn for_another(&self) -> Self {
        match self {
            Self::InUse { chain, account } => Self::InUse {
                chain: *chain,
                account: *account,
            },
            Self::Lost { chain, account } => Self::Lost {
                chain: *chain,
                account: *account,
            },
            Self::Corrupt {
                account,
                key,
                problem,
            } => Self::Corrupt {
                account: *account,
                key: key.clone(),
                problem: problem.clone(),
            },
            Self::Storage {
                account,
                step,
                source,
            } => Self::Storage {
                account: *account,
                step,
                // Errors of storage cannot be cloned: what it says has to do.
                source: source.to_string().into(),
            },
        }
    }
}
