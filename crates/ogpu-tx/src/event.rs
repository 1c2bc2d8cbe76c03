//! What the machines are told.

use ogpu_types::TxHash;
use serde::{Deserialize, Serialize};

use crate::{Fees, IntentId, Meaning, Millis};

/// A signed transaction: what a node is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its hash.
    pub hash: TxHash,
    /// What it offers for gas.
    pub fees: Fees,
}

/// What happens to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Event {
    /// A new intent wants to be sent.
    Wanted {
        /// It.
        id: IntentId,
        /// How deep it has to be to count as done; 1 is a block of its own.
        confirmations: u64,
        /// The account's next nonce as a node has just said, if one was asked.
        pending: Option<u64>,
    },
    /// An intent of an earlier process, which may have been sent. It counts for nothing without a
    /// version.
    Restored {
        /// It.
        id: IntentId,
        /// How deep it has to be to count as done.
        confirmations: u64,
        /// Its nonce.
        nonce: u64,
        /// What was signed under it, oldest first.
        versions: Vec<Version>,
    },
    /// Something happened to one intent.
    Intent {
        /// The intent.
        id: IntentId,
        /// What.
        event: IntentEvent,
    },
    /// A node has counted the account's transactions: because it was asked for, and besides once for
    /// each new block while something is out, as receipts are looked for where nonces are used.
    Counted {
        /// Those that are mined.
        mined: u64,
        /// Those that are mined or wait. A count that was asked for has it: without, it is never
        /// found out that another program's transaction is gone.
        pending: Option<u64>,
    },
    /// The count that was asked for could not be had.
    NotCounted,
    /// The chain has this height.
    Head {
        /// The number of its last block.
        number: u64,
    },
    /// Blocks that were seen are no longer the chain's. It comes before the new chain's
    /// [`Head`](Self::Head), and no receipt that was read before it is told after it.
    Reorganised,
    /// Time has passed.
    Tick,
    /// The process that did what was to be done has ended, and another one goes on.
    Interrupted,
}

/// What happens to one intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum IntentEvent {
    /// The version that was asked for is signed.
    Signed {
        /// The nonce that it is signed under.
        nonce: u64,
        /// It.
        version: Version,
    },
    /// The signer could not, or would not.
    SigningFailed {
        /// The nonce that was to be signed under.
        nonce: u64,
    },
    /// The version is where a restart finds it.
    Stored {
        /// The version's hash.
        hash: TxHash,
    },
    /// The version could not be stored.
    StoringFailed {
        /// The version's hash.
        hash: TxHash,
    },
    /// The offer was held back: the time until which it makes sense has passed.
    Withheld {
        /// The hash of the version that was to be offered.
        hash: TxHash,
    },
    /// A node answered an offer.
    Answered {
        /// The hash of the version that was offered.
        hash: TxHash,
        /// What the answer means.
        meaning: Meaning,
        /// When the node wants to be asked again at the earliest, in milliseconds from now.
        retry_after: Option<Millis>,
    },
    /// The fees of a replacement, if the limits allow one.
    Priced {
        /// They.
        fees: Option<Fees>,
    },
    /// A receipt of one of its versions is on the chain.
    Included {
        /// The version's hash.
        hash: TxHash,
        /// The block's number.
        block: u64,
    },
    /// None of its versions has a receipt, though one could be expected.
    Missing,
    /// Another transaction is final at its nonce.
    Overtaken {
        /// The nonce.
        nonce: u64,
        /// The other transaction's hash, if it was found.
        by: Option<TxHash>,
    },
    /// A restart no longer finds it.
    Withdrawn,
    /// Nobody waits for it any more: the caller's time is up, or the caller is gone.
    Abandoned,
    /// Somebody waits for it again.
    Awaited,
}
