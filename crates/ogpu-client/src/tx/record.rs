//! What the plumbing keeps of an intent besides its state: payload, bytes, and who waits.

use std::collections::HashSet;

use ethers_core::utils::keccak256;
use ogpu_tx::{NotSentCause, Verdict, Version};
use ogpu_types::{Address, ChainId, Hash32, TxHash};
use tokio::sync::oneshot;
use tracing::Span;

use super::{PendingPublish, Prepared, TxError};
use crate::{
    IdempotencyKey, JournalEntry, JournalState, RpcError, SignedVersion, Signer,
    deadline::Deadline, rpc::RawReceipt, write::Description,
};

/// What names an intent to its caller.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) key: IdempotencyKey,
    /// A digest of what was asked for.
    pub(crate) fingerprint: Hash32,
}

impl Name {
    /// The key, and a digest of the operation's name and arguments.
    pub(crate) fn new(key: IdempotencyKey, (operation, arguments): &Description) -> Self {
        let text = format!("{operation} {arguments}");
        Self {
            key,
            fingerprint: keccak256(text).into(),
        }
    }
}

/// An intent's payload, bytes and waiter.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) name: Name,
    pub(super) prepared: Prepared,
    /// `None` for what an earlier process has signed: the account's signer, once there is one.
    pub(super) signer: Option<Signer>,
    pub(super) nonce: Option<u64>,
    /// Signed under the nonce, oldest first.
    pub(super) versions: Vec<SignedVersion>,
    /// Nothing is offered for the first time after it.
    pub(super) deadline: Deadline,
    /// The versions that may have left.
    pub(super) offered: HashSet<TxHash>,
    /// What went wrong last, for the caller.
    pub(super) trouble: Option<Trouble>,
    pub(super) receipt: Option<RawReceipt>,
    pub(super) waiter: Option<oneshot::Sender<Conclusion>>,
    pub(super) span: Span,
}

/// What went wrong with an intent.
#[derive(Debug)]
pub(super) enum Trouble {
    Node(Box<RpcError>),
    Other(Box<TxError>),
}

/// What a caller gets.
#[derive(Debug)]
pub(super) enum Conclusion {
    Included(Box<RawReceipt>, Box<Prepared>),
    Failed(Box<TxError>),
}

impl Record {
    pub(super) fn entry(&self, chain: ChainId, account: Address) -> Option<JournalEntry> {
        Some(JournalEntry {
            key: self.name.key.clone(),
            chain,
            account,
            fingerprint: self.name.fingerprint,
            request: self.prepared.request.clone(),
            gas_limit: self.prepared.gas_limit,
            nonce: self.nonce?,
            versions: self.versions.clone(),
            state: JournalState::Sent,
        })
    }

    /// The newest version as the machines know it.
    pub(super) fn newest(&self) -> Option<Version> {
        self.versions.last().map(|signed| Version {
            hash: signed.hash,
            fees: signed.fees,
        })
    }

    pub(super) fn version(&self, hash: TxHash) -> Option<&SignedVersion> {
        self.versions.iter().find(|signed| signed.hash == hash)
    }

    /// The error of a wait that ended without a verdict.
    pub(super) fn stands(
        &mut self,
        chain: ChainId,
        account: Address,
        deadline: Deadline,
    ) -> Option<TxError> {
        let hash = self.versions.last()?.hash;
        let entry = self.entry(chain, account)?;
        Some(TxError::Pending {
            hash,
            nonce: entry.nonce,
            budget: deadline.budget(),
            pending: Box::new(PendingPublish::new(entry)),
            source: None,
        })
    }

    /// The verdict as the caller is to read it; `None` when the receipt is not at hand.
    pub(super) fn conclude(
        &mut self,
        verdict: Verdict,
        chain: ChainId,
        account: Address,
    ) -> Option<Conclusion> {
        let failed = |error| Some(Conclusion::Failed(Box::new(error)));
        match verdict {
            Verdict::Included { hash } => {
                let receipt = self.receipt.as_ref()?;
                (receipt.transaction_hash == hash).then(|| {
                    Conclusion::Included(Box::new(receipt.clone()), Box::new(self.prepared.clone()))
                })
            }
            Verdict::Unknown { hash, nonce } => {
                let entry = self.entry(chain, account)?;
                let source = match self.trouble.take() {
                    Some(Trouble::Node(source)) => Some(source),
                    _ => None,
                };
                failed(TxError::Pending {
                    hash,
                    nonce,
                    budget: self.deadline.budget(),
                    pending: Box::new(PendingPublish::new(entry)),
                    source,
                })
            }
            Verdict::NotSent { cause } => failed(self.not_sent(cause, account)),
            // The machines may learn new endings; none of them is a success.
            _ => failed(TxError::Interrupted),
        }
    }

    fn not_sent(&mut self, cause: NotSentCause, account: Address) -> TxError {
        let hash = self.versions.last().map(|signed| signed.hash);
        let budget = self.deadline.budget();
        match (cause, hash, self.nonce, self.trouble.take()) {
            (NotSentCause::Superseded { by }, Some(hash), Some(nonce), _) => TxError::Superseded {
                from: account,
                hash,
                nonce,
                by,
            },
            (NotSentCause::Refused, Some(hash), Some(nonce), Some(Trouble::Node(source))) => {
                TxError::Rejected {
                    hash,
                    nonce,
                    source,
                }
            }
            (NotSentCause::Abandoned, Some(hash), _, Some(Trouble::Node(source))) => {
                TxError::NotTaken {
                    hash,
                    budget,
                    source,
                }
            }
            (NotSentCause::Abandoned, ..) => TxError::OutOfTime { budget },
            (_, _, _, Some(Trouble::Other(error))) => *error,
            (NotSentCause::FeeCap, Some(hash), _, Some(Trouble::Node(source))) => {
                TxError::NotTaken {
                    hash,
                    budget,
                    source,
                }
            }
            _ => TxError::Interrupted,
        }
    }
}
