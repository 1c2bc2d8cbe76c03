//! What the failures of reads show.

use ogpu_contracts::{ContractCall, ConvertError, DecodeError, Revert};
use ogpu_types::Address;

use crate::{Error, rpc::RpcError};

/// A contract that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{function}` of {contract}")]
#[non_exhaustive]
pub struct ReadError {
    /// The contract.
    pub contract: Address,
    /// The function's signature.
    pub function: String,
    /// What happened.
    #[source]
    pub cause: ReadCause,
}

/// Why a contract could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadCause {
    /// The node could not answer.
    #[error(transparent)]
    Rpc(Box<RpcError>),
    /// The contract refused.
    #[error("the contract refuses: {0}")]
    Reverted(Revert),
    /// The answer is not what the function returns.
    #[error(transparent)]
    Decode(DecodeError),
    /// The answer holds a value that this version does not know.
    #[error(transparent)]
    Convert(ConvertError),
}

impl ReadError {
    /// The contract's words, if it refused.
    pub fn revert(&self) -> Option<&Revert> {
        match &self.cause {
            ReadCause::Reverted(revert) => Some(revert),
            _ => None,
        }
    }

    /// Whether this shows that no such contract is there: nothing answers, or another kind of
    /// contract, which does not have the function.
    pub(crate) fn shows_absence(&self) -> bool {
        matches!(
            self.cause,
            ReadCause::Decode(_) | ReadCause::Reverted(Revert::Empty)
        )
    }

    /// Whether this shows that a list has no such place. Solidity's own getters say it with nothing.
    pub(crate) fn shows_no_item(&self) -> bool {
        matches!(
            self.cause,
            ReadCause::Reverted(Revert::Empty | Revert::Panic { code: 0x32 })
        )
    }

    /// Whether nothing was heard from the contract: it may have an answer all the same.
    pub(crate) fn is_unanswered(&self) -> bool {
        matches!(self.cause, ReadCause::Rpc(_))
    }

    /// Whether this cannot be, when an earlier answer for the same block is true: a place past the
    /// last one counted, or nothing at an address that was just listed.
    pub(crate) fn contradicts_earlier_answer(&self) -> bool {
        let out_of_bounds = matches!(
            self.cause,
            ReadCause::Reverted(Revert::Panic { code: 0x32 })
        );
        out_of_bounds || self.shows_absence()
    }

    /// The error of a read at an address where `absent` says what should be there.
    pub(crate) fn or_absent(self, absent: Error) -> Error {
        if self.shows_absence() {
            absent
        } else {
            Error::read(self)
        }
    }
}

/// A value that came from `contract` but has no counterpart in this version.
pub(crate) fn unknown_value<C: ContractCall>(
    contract: Address,
    error: impl Into<ConvertError>,
) -> ReadError {
    ReadError {
        contract,
        function: C::abi_signature().into_owned(),
        cause: ReadCause::Convert(error.into()),
    }
}
