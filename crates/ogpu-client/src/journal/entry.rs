//! One intent, written down.

use std::fmt;

use ogpu_tx::Fees;
use ogpu_types::{Address, ChainId, Hash32, HexBytes, TxHash};
use serde::{Deserialize, Serialize};

use super::IdempotencyKey;
use crate::TransactionRequest;

/// An intent as a journal keeps it: everything that is needed to see it through.
///
/// Whoever has it can send its transaction, and nothing else: keep it as safe as the payment is
/// worth. `Debug` leaves the signed bytes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct JournalEntry {
    /// What makes two calls the same intent.
    pub key: IdempotencyKey,
    /// The chain that it is signed for.
    pub chain: ChainId,
    /// The sender.
    pub account: Address,
    /// A digest of what was asked for: the same key for something else is a mistake.
    pub fingerprint: Hash32,
    /// What the transaction does.
    pub request: TransactionRequest,
    /// The most gas that it may use.
    pub gas_limit: u64,
    /// The sender's nonce that all versions use.
    pub nonce: u64,
    /// All that was signed for it, oldest first. Empty once it is settled.
    pub versions: Vec<SignedVersion>,
    /// How far it is.
    pub state: JournalState,
}

impl JournalEntry {
    /// What [`JournalChange::Settle`](crate::JournalChange::Settle) does to it: it was mined in the
    /// version with this hash, and the signed bytes, which have done what they were for, are gone.
    pub fn settle(&mut self, hash: TxHash) {
        self.state = JournalState::Settled { hash };
        self.versions.clear();
    }

    /// The hash of the version that was mined; `None` while none is known to be.
    pub fn settled_hash(&self) -> Option<TxHash> {
        match self.state {
            JournalState::Sent => None,
            JournalState::Settled { hash } => Some(hash),
        }
    }
}

/// A signed transaction.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SignedVersion {
    /// Its hash.
    pub hash: TxHash,
    /// What it offers for gas.
    pub fees: Fees,
    /// The signed bytes.
    pub raw: HexBytes,
}

impl fmt::Debug for SignedVersion {
    /// Without the bytes: whoever has them can send them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedVersion")
            .field("hash", &self.hash)
            .field("fees", &self.fees)
            .finish_non_exhaustive()
    }
}

/// How far an intent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum JournalState {
    /// It may have been sent.
    Sent,
    /// It was mined.
    Settled {
        /// The version that was mined.
        hash: TxHash,
    },
}
