//! Why the ledger says no. The texts are geth's: clients tell the cases apart by them.

use alloy_primitives::{Address, Bytes, U256};

/// Why a signed transaction was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("rlp: {0}")]
    Malformed(String),
    #[error("oversized data: transaction size {size}, limit {limit}")]
    Oversized { size: usize, limit: usize },
    #[error("transaction type not supported")]
    TypeNotSupported,
    #[error("invalid sender: invalid chain id for signer: have {have} want {want}")]
    WrongChain { have: u64, want: u64 },
    #[error("only replay-protected (EIP-155) transactions allowed over RPC")]
    Unprotected,
    #[error("invalid sender: invalid transaction v, r, s values")]
    BadSignature,
    #[error("exceeds block gas limit")]
    ExceedsBlockGas,
    #[error("max initcode size exceeded: code size {size}, limit {limit}")]
    InitCodeTooLong { size: usize, limit: usize },
    #[error(
        "max priority fee per gas higher than max fee per gas: address {sender}, maxPriorityFeePerGas: {tip}, maxFeePerGas: {max}"
    )]
    TipAboveMaxFee {
        sender: Address,
        tip: u128,
        max: u128,
    },
    #[error(
        "max fee per gas less than block base fee: address {sender}, maxFeePerGas: {max}, baseFee: {base}"
    )]
    BelowBaseFee {
        sender: Address,
        max: u128,
        base: u64,
    },
    #[error("intrinsic gas too low: gas {gas}, minimum needed {needed}")]
    IntrinsicGas { gas: u64, needed: u64 },
    #[error("insufficient gas for floor data gas cost: gas {gas}, minimum needed {needed}")]
    FloorGas { gas: u64, needed: u64 },
    #[error("nonce too low: next nonce {next}, tx nonce {nonce}")]
    NonceTooLow { next: u64, nonce: u64 },
    #[error("insufficient funds for gas * price + value: balance {balance}, tx cost {cost}, overshot {}", cost.saturating_sub(*balance))]
    InsufficientFunds { balance: U256, cost: U256 },
    #[error("insufficient funds for gas * price + value: balance {balance}, queued cost {queued}, tx cost {cost}, overshot {}", queued.saturating_add(*cost).saturating_sub(*balance))]
    InsufficientFundsQueued {
        balance: U256,
        queued: U256,
        cost: U256,
    },
    #[error("already known")]
    AlreadyKnown,
    #[error("replacement transaction underpriced")]
    Underpriced,
    #[error("transaction underpriced")]
    BelowLeastTip,
}

/// Why a block or its state is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Missing {
    #[error("header not found")]
    Header,
    #[error("unknown block")]
    Block,
    #[error(
        "missing trie node: the state of block {number} is pruned, only the latest {kept} are kept"
    )]
    State { number: u64, kept: u64 },
}

/// Why a call or a gas estimation has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallFailed {
    #[error("{}", revert_message(output))]
    Reverted { output: Bytes },
    #[error("{0}")]
    Halted(String),
    #[error("gas required exceeds allowance ({allowance})")]
    GasAllowance { allowance: u64 },
    #[error("{0}")]
    Invalid(String),
}

/// Why the chain's time cannot be set so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("timestamp {timestamp} is before the latest block's, {latest}: time only moves forward")]
pub(crate) struct TimeGoesBack {
    pub(crate) timestamp: u64,
    pub(crate) latest: u64,
}

fn revert_message(output: &Bytes) -> String {
    use alloy_sol_types::{Panic, Revert, SolError};

    const REVERTED: &str = "execution reverted";
    if let Ok(revert) = Revert::abi_decode(output) {
        format!("{REVERTED}: {}", revert.reason())
    } else if let Ok(panic) = Panic::abi_decode(output) {
        format!("{REVERTED}: {}", panic.as_geth_str())
    } else {
        REVERTED.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_sol_types::{Panic, PanicKind, Revert, SolError};

    fn message(output: impl Into<Bytes>) -> String {
        CallFailed::Reverted {
            output: output.into(),
        }
        .to_string()
    }

    #[test]
    fn a_revert_tells_its_reason_when_it_has_one() {
        assert_eq!(
            message(Revert::from("NotOwner").abi_encode()),
            "execution reverted: NotOwner"
        );
        assert_eq!(
            message(Panic::from(PanicKind::UnderOverflow).abi_encode()),
            "execution reverted: arithmetic underflow or overflow"
        );
        assert_eq!(message(vec![1, 2, 3, 4]), "execution reverted");
        assert_eq!(message(Bytes::new()), "execution reverted");
    }

    #[test]
    fn insufficient_funds_tells_what_is_missing() {
        let error = Refused::InsufficientFunds {
            balance: U256::from(5),
            cost: U256::from(12),
        };
        assert_eq!(
            error.to_string(),
            "insufficient funds for gas * price + value: balance 5, tx cost 12, overshot 7"
        );
    }
}
