//! A transaction whose end was not seen, to be taken up again here or in another process.

use ogpu_types::{Address, ChainId, TxHash};
use serde::{Deserialize, Serialize};

use super::TxError;
use crate::{BoxError, IdempotencyKey, JournalEntry, JournalState, deadline::Deadline};

/// A transaction that may take effect, once: everything that is needed to see it through.
///
/// Serialise it, keep it, and hand it to [`Client::resume`](crate::Client::resume), in this process
/// or another. It holds the signed bytes, which whoever has them can send, and nothing that could
/// sign others; `Debug` leaves them out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PendingPublish {
    pub(super) entry: JournalEntry,
}

impl PendingPublish {
    pub(super) fn new(entry: JournalEntry) -> Self {
        Self { entry }
    }

    /// The error of a call that did not come to take it up in its time.
    pub(super) fn still(self, deadline: Deadline) -> TxError {
        TxError::Pending {
            hash: self.newest(),
            nonce: self.nonce(),
            budget: deadline.budget(),
            pending: Box::new(self),
            source: None,
        }
    }

    /// The error of a call that could not take it up.
    pub(crate) fn not_resumed(&self, source: BoxError) -> TxError {
        TxError::NotResumed {
            hash: self.newest(),
            nonce: self.nonce(),
            source,
        }
    }

    fn newest(&self) -> TxHash {
        self.hashes().last().copied().unwrap_or_default()
    }

    /// The chain that it is signed for.
    pub fn chain(&self) -> ChainId {
        self.entry.chain
    }

    /// The sender.
    pub fn account(&self) -> Address {
        self.entry.account
    }

    /// The sender's nonce that it uses.
    pub fn nonce(&self) -> u64 {
        self.entry.nonce
    }

    /// What makes two calls the same intent.
    pub fn idempotency_key(&self) -> &IdempotencyKey {
        &self.entry.key
    }

    /// The hashes of all versions that were signed, oldest first: at most one is ever mined.
    pub fn hashes(&self) -> Vec<TxHash> {
        match self.entry.state {
            JournalState::Settled { hash } => vec![hash],
            JournalState::Sent => self.entry.versions.iter().map(|v| v.hash).collect(),
        }
    }
}
