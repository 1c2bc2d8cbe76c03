//! What is written down before a transaction is sent, so that a restart finds it.

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
pub trait Journal: fmt::Debug + Send + Sync + 'static {
    /// Opens one account's part, for one holder at a time.
    ///
    /// # Errors
    ///
    /// [`JournalError::InUse`] when somebody else holds it: two holders would hand out the same
    /// nonces. Whoever dies must not hold it any longer.
    fn open(
        &self,
        chain: ChainId,
        account: Address,
    ) -> BoxFuture<'_, Result<Box<dyn AccountJournal>, JournalError>>;
}

/// One account's part of a [`Journal`]; dropping it lets the next one open it.
pub trait AccountJournal: fmt::Debug + Send + Sync + 'static {
    /// All entries whose state is [`JournalState::Sent`], by rising nonce.
    fn unsettled(&self) -> BoxFuture<'_, Result<Vec<JournalEntry>, JournalError>>;

    /// The entry with this key.
    fn find<'a>(
        &'a self,
        key: &'a IdempotencyKey,
    ) -> BoxFuture<'a, Result<Option<JournalEntry>, JournalError>>;

    /// Makes all the changes or none, in their order. When it returns `Ok`, they outlive whatever
    /// the journal is made to outlive.
    fn write(&self, changes: Vec<JournalChange>) -> BoxFuture<'_, Result<(), JournalError>>;
}

/// A change to one account's journal.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum JournalChange {
    /// Writes an entry, in place of the one with the same key.
    Put(Box<JournalEntry>),
    /// The entry's transaction was mined; an absent entry stays absent.
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
    /// What is stored cannot be read.
    #[error("the journal of {account} cannot be read: {problem}")]
    Corrupt {
        /// The account.
        account: Address,
        /// What is wrong.
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
