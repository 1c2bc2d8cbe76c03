//! What the machines want done.

use ogpu_types::TxHash;
use serde::{Deserialize, Serialize};

use crate::{Fees, IntentId, Millis};

/// What is to be done for an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Action {
    /// Sign the intent's payload under a nonce; answered by `Signed` or `SigningFailed`.
    Sign {
        /// The intent.
        id: IntentId,
        /// The nonce.
        nonce: u64,
        /// The fees; `None` leaves them as they were prepared.
        fees: Option<Fees>,
    },
    /// Store a version where a restart finds it, with all that were stored under its nonce before,
    /// and as not settled; answered by `Stored` or `StoringFailed`.
    Store {
        /// The intent.
        id: IntentId,
        /// The version.
        hash: TxHash,
    },
    /// Offer a version to the nodes; answered by `Answered` or `Withheld`.
    Offer {
        /// The intent.
        id: IntentId,
        /// The version.
        hash: TxHash,
    },
    /// Find the fees of a replacement; answered by `Priced`.
    Price {
        /// The intent.
        id: IntentId,
        /// The fees to be replaced.
        than: Fees,
    },
    /// Look for receipts of all its versions; answered by `Included` or `Missing`.
    FindReceipt {
        /// The intent.
        id: IntentId,
    },
    /// Find out whether another transaction is final at the nonce; answered by `Overtaken`, if so.
    FindUser {
        /// The intent.
        id: IntentId,
        /// The nonce.
        nonce: u64,
    },
    /// Note that it is done; not answered.
    Settle {
        /// The intent.
        id: IntentId,
        /// The version that was mined.
        hash: TxHash,
    },
    /// See to it that a restart does not find it, whatever was to be stored before; answered by
    /// `Withdrawn`.
    Withdraw {
        /// The intent.
        id: IntentId,
    },
    /// Tell whoever waits.
    Conclude {
        /// The intent.
        id: IntentId,
        /// How it ended, or stands.
        verdict: Verdict,
    },
    /// Nothing more will be asked about it.
    Forget {
        /// The intent.
        id: IntentId,
    },
    /// Count the account's transactions after a pause; answered by `Counted` or `NotCounted`.
    Count {
        /// The pause, in milliseconds.
        after: Millis,
    },
    /// Send a transaction that does nothing, as an intent of its own: a nonce is missing.
    Fill,
}

/// What the caller is told, once for each time that somebody waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Verdict {
    /// Nothing was sent, or nothing of it can take effect any more.
    NotSent {
        /// Why.
        cause: NotSentCause,
    },
    /// It may take effect, once.
    Unknown {
        /// The newest version that may have left.
        hash: TxHash,
        /// The nonce.
        nonce: u64,
    },
    /// It is on the chain, as deep as was asked for.
    Included {
        /// The version that made it.
        hash: TxHash,
    },
}

/// Why nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum NotSentCause {
    /// The caller stopped waiting before anything had left.
    Abandoned,
    /// It could not be signed.
    NotSigned,
    /// It could not be stored, and so was not offered.
    NotStored,
    /// Its own time had passed.
    TooLate,
    /// Every node that was asked refused it.
    Refused,
    /// It needs higher fees than the limits allow.
    FeeCap,
    /// Another transaction took its nonce, for good.
    Superseded {
        /// That transaction's hash, if it was found.
        by: Option<TxHash>,
    },
}
