//! A contract's refusal as the error that says what it means, with the numbers that decided.
//!
//! The numbers are read at the block that refused: the head for a simulation, the transaction's own
//! block where it was mined. Where they do not bear the reason out, because the state has moved
//! since, or where they cannot be read, the error stays what it was.

mod facts;

use ogpu_contracts::Revert;
use ogpu_types::{Address, Receipt, SourceAddress, TaskAddress, Wei};

use self::facts::Facts;
use crate::{At, Client, Error, TxError};

/// What a call acts on: what is there tells which numbers its refusal is about.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Subject {
    pub(crate) source: Option<SourceAddress>,
    pub(crate) task: Option<TaskAddress>,
    pub(crate) provider: Option<Address>,
    /// Whether the call names an agent.
    pub(crate) is_about_agents: bool,
    /// Wei of the caller's vault balance or lockup that the call moves.
    pub(crate) amount: Option<Wei>,
}

impl Subject {
    pub(crate) fn source(source: SourceAddress) -> Self {
        Self {
            source: Some(source),
            ..Self::default()
        }
    }

    pub(crate) fn task(task: TaskAddress) -> Self {
        Self {
            task: Some(task),
            ..Self::default()
        }
    }

    pub(crate) fn provider(provider: Address) -> Self {
        Self {
            provider: Some(provider),
            ..Self::default()
        }
    }

    pub(crate) fn agents() -> Self {
        Self {
            is_about_agents: true,
            ..Self::default()
        }
    }

    pub(crate) fn amount(amount: Wei) -> Self {
        Self {
            amount: Some(amount),
            ..Self::default()
        }
    }

    pub(crate) fn with_provider(self, provider: Address) -> Self {
        Self {
            provider: Some(provider),
            ..self
        }
    }
}

/// A refusal, and where it was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal<'a> {
    pub(crate) revert: &'a Revert,
    /// The block whose state was refused.
    pub(crate) at: At,
}

impl<'a> Refusal<'a> {
    /// The refusal that an error tells of.
    pub(crate) fn of(error: &'a Error) -> Option<Self> {
        let Error::Transaction { source } = error else {
            return None;
        };
        match &**source {
            TxError::WouldRevert { revert, .. } => Some(Self {
                revert,
                at: At::Head,
            }),
            TxError::Reverted {
                receipt,
                revert: Some(revert),
            } => Some(Self {
                revert,
                at: At::Number(receipt.block_number),
            }),
            _ => None,
        }
    }
}

/// The error with its reason, if one was found: a refusal that was mined has cost gas, and keeps its
/// receipt.
pub(crate) fn with_reason(error: Error, reason: Option<Error>) -> Error {
    let Some(reason) = reason else {
        return error;
    };
    match mined(&error) {
        Some(receipt) => Error::Refused {
            receipt: Box::new(receipt.clone()),
            reason: Box::new(reason),
        },
        None => reason,
    }
}

fn mined(error: &Error) -> Option<&Receipt> {
    let Error::Transaction { source } = error else {
        return None;
    };
    match &**source {
        TxError::Reverted { receipt, .. } => Some(receipt),
        _ => None,
    }
}

/// The error of a call by `account`, with its reason where the chain can tell it.
pub(crate) async fn explain(
    client: &Client,
    error: Error,
    subject: Subject,
    account: Address,
) -> Error {
    let reason = match Refusal::of(&error) {
        Some(Refusal { revert, at }) => {
            let facts = Facts {
                client,
                subject,
                account,
                at,
            };
            // An error here only means that the reason stays the contract's words.
            facts.reason(revert.word()).await.ok().flatten()
        }
        None => None,
    };
    with_reason(error, reason)
}
