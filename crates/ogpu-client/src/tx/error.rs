//! How a transaction can fail, and what that means for the money.

use std::time::Duration;

use ogpu_contracts::Revert;
use ogpu_types::{Address, Receipt, TxHash, Wei};

use super::PendingPublish;
use crate::{BoxError, IdempotencyKey, JournalError, RpcError, SignerError};

/// The one question after a failed write: did it happen?
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// No: nothing was sent, or nothing of what was sent can take effect any more. Calling again is
    /// safe.
    NotSent {
        /// The transaction of another program that used the nonce, for good, if that is why.
        superseded_by: Option<TxHash>,
    },
    /// Nobody knows yet. The transaction may still take effect, at most once: this client follows
    /// it. [`Client::resume`](crate::Client::resume) the error's
    /// [`pending`](crate::Error::pending), or call again with the same idempotency key: a call with
    /// another key may do the same thing twice.
    Unknown {
        /// The transaction's hash.
        hash: TxHash,
        /// The sender's nonce that it uses.
        nonce: u64,
    },
    /// It was mined. The receipt says whether it took effect or reverted.
    Mined {
        /// The chain's receipt.
        receipt: Box<Receipt>,
    },
}

impl Outcome {
    /// Whether nothing happened, and nothing of it can happen any more.
    pub fn is_not_sent(&self) -> bool {
        matches!(self, Self::NotSent { .. })
    }
}

/// A transaction that did not end in a receipt of success.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TxError {
    /// The contract refuses the call; found by simulating it, so nothing was sent.
    #[error("{} refuses the call from {from}: {}", target_name(*to), explained(revert))]
    WouldRevert {
        /// Who would have sent it.
        from: Address,
        /// The contract, or `None` for a deployment.
        to: Option<Address>,
        /// What the contract says.
        revert: Revert,
    },
    /// The account cannot pay for value and gas.
    #[error("{from} holds {balance} wei, less than the {required} wei that value and gas may cost")]
    InsufficientFunds {
        /// The account.
        from: Address,
        /// What it holds, in wei.
        balance: Wei,
        /// What may be needed at most, in wei.
        required: Wei,
    },
    /// What the node needs to know or to tell before sending failed.
    #[error("cannot prepare the transaction")]
    Prepare {
        /// Why.
        #[source]
        source: Box<RpcError>,
    },
    /// The key could not sign.
    #[error("cannot sign the transaction")]
    Sign {
        /// Why.
        #[source]
        source: SignerError,
    },
    /// The time until which the transaction makes sense had passed before it was sent.
    #[error("not sent: its time limit {not_after} has passed at {now}, both in unix seconds")]
    TooLate {
        /// The limit, in unix seconds.
        not_after: u64,
        /// The time when it would have been sent, in unix seconds.
        now: u64,
    },
    /// The call's own time ran out before anything was sent.
    #[error("not sent: {budget:?} passed before the transaction was ready")]
    OutOfTime {
        /// The call's whole time.
        budget: Duration,
    },
    /// The address has no contract that could take the call: what is sent there is lost.
    #[error("there is no contract at {address} to call: is the chain's description right?")]
    NoContract {
        /// The address.
        address: Address,
    },
    /// The node could not be reached, or turned every offer away: nothing has arrived.
    #[error("not sent: the node took no offer of transaction {hash} within {budget:?}")]
    NotTaken {
        /// The transaction's hash.
        hash: TxHash,
        /// The call's whole time.
        budget: Duration,
        /// The last trouble with the node.
        #[source]
        source: Box<RpcError>,
    },
    /// The program's runtime ended before anything was sent.
    #[error("not sent: the runtime ended first")]
    Interrupted,
    /// The node refused the transaction for good.
    #[error("the node refused transaction {hash} (nonce {nonce})")]
    Rejected {
        /// The transaction's hash.
        hash: TxHash,
        /// Its nonce, which stays free.
        nonce: u64,
        /// The node's words.
        #[source]
        source: Box<RpcError>,
    },
    /// Sent, or maybe sent, and not seen mined in time.
    #[error(
        "transaction {hash} (nonce {nonce}) was not seen mined within {budget:?}: it may still be, resume it"
    )]
    Pending {
        /// The hash of the newest version that may have been sent.
        hash: TxHash,
        /// Its nonce.
        nonce: u64,
        /// The call's whole time.
        budget: Duration,
        /// What it takes to see it through, here or in another process.
        pending: Box<PendingPublish>,
        /// The last trouble with the node, if there was any.
        #[source]
        source: Option<Box<RpcError>>,
    },
    /// Another transaction of the account used the nonce, for good.
    #[error(
        "nonce {nonce} of {from} was used by {}, not by transaction {hash}: does another program send from this account?", other(*by)
    )]
    Superseded {
        /// The account.
        from: Address,
        /// The transaction's hash.
        hash: TxHash,
        /// Its nonce.
        nonce: u64,
        /// The other transaction, if the node could name it.
        by: Option<TxHash>,
    },
    /// The chain asks for more than the limits allow.
    #[error(
        "the chain asks {needed} wei for each gas, more than the {cap} wei that the limits allow"
    )]
    FeeCap {
        /// The least that a block takes now, in wei for each gas.
        needed: Wei,
        /// The most that the limits allow, in wei for each gas.
        cap: Wei,
    },
    /// The journal could not do its part: nothing is sent that it does not know of.
    #[error("cannot keep the journal of what is sent")]
    Journal {
        /// Why.
        #[source]
        source: Box<JournalError>,
    },
    /// The key names something else already.
    #[error("idempotency key {key} was used for another call: use a new one for each intent")]
    KeyReused {
        /// The key.
        key: IdempotencyKey,
    },
    /// It was mined once, and the node has no receipt of it now.
    #[error(
        "transaction {hash} was mined, but the node has no receipt of it now: ask again later, or another node"
    )]
    ReceiptGone {
        /// The transaction's hash.
        hash: TxHash,
        /// Its nonce.
        nonce: u64,
        /// Why the node could not be asked, if that is why.
        #[source]
        source: Option<Box<RpcError>>,
    },
    /// An earlier call's transaction could not be taken up. It is as it was.
    #[error("cannot take up transaction {hash} (nonce {nonce}): it may still be mined, resume it")]
    NotResumed {
        /// The hash of its newest version.
        hash: TxHash,
        /// Its nonce.
        nonce: u64,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// Mined, and reverted: the gas is spent, nothing else happened.
    #[error("transaction {} was mined in block {} but reverted: {}", receipt.transaction_hash, receipt.block_number, reason(revert.as_ref()))]
    Reverted {
        /// The receipt.
        receipt: Box<Receipt>,
        /// The reason, as the same call gives it on the state before that block; `None` where it
        /// does not fail there, or the node could not be asked.
        revert: Option<Revert>,
    },
}

impl TxError {
    /// Whether the transaction took effect.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Pending { hash, nonce, .. }
            | Self::ReceiptGone { hash, nonce, .. }
            | Self::NotResumed { hash, nonce, .. } => Outcome::Unknown {
                hash: *hash,
                nonce: *nonce,
            },
            Self::Reverted { receipt, .. } => Outcome::Mined {
                receipt: receipt.clone(),
            },
            Self::Superseded { by, .. } => Outcome::NotSent { superseded_by: *by },
            Self::WouldRevert { .. }
            | Self::InsufficientFunds { .. }
            | Self::Prepare { .. }
            | Self::Sign { .. }
            | Self::TooLate { .. }
            | Self::OutOfTime { .. }
            | Self::NoContract { .. }
            | Self::NotTaken { .. }
            | Self::Interrupted
            | Self::FeeCap { .. }
            | Self::Journal { .. }
            | Self::KeyReused { .. }
            | Self::Rejected { .. } => Outcome::NotSent {
                superseded_by: None,
            },
        }
    }

    /// The contract's words, if it refused.
    pub fn revert(&self) -> Option<&Revert> {
        match self {
            Self::WouldRevert { revert, .. } => Some(revert),
            Self::Reverted { revert, .. } => revert.as_ref(),
            _ => None,
        }
    }
}

fn other(by: Option<TxHash>) -> String {
    by.map_or_else(|| "another transaction".to_owned(), |by| by.to_string())
}

fn reason(revert: Option<&Revert>) -> String {
    revert.map_or_else(|| "the reason is not known".to_owned(), Revert::to_string)
}

/// A contract that does not have the function refuses without a word.
fn explained(revert: &Revert) -> String {
    match revert {
        Revert::Empty => "it gives no reason: is it the right contract?".to_owned(),
        revert => revert.to_string(),
    }
}

fn target_name(to: Option<Address>) -> String {
    to.map_or_else(|| "the new contract".to_owned(), |to| to.to_string())
}
