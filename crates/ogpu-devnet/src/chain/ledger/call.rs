//! Calls and gas estimation: executions that leave nothing behind.

use alloy_consensus::Header;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_rpc_types_eth::TransactionRequest;
use revm::context::TxEnv;
use revm::context::result::{
    EVMError, ExecutionResult, HaltReason, InvalidTransaction, OutOfGasError,
};

use super::error::CallFailed;
use super::evm::{Invalid, Rules};
use super::history::History;
use super::state::{State, View};

/// The gas that a value transfer hands to the called contract on top.
const CALL_STIPEND: u64 = 2_300;

/// An estimate is at most this share above the least gas that succeeds: 1.5 %, as in geth.
const ESTIMATE_TOLERANCE: (u64, u64) = (15, 1_000);

/// The chain as a call sees it. It owns what it reads, so it needs no lock.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) rules: Rules,
    /// The block that the call pretends to be in.
    pub(crate) header: Header,
    pub(crate) state: State,
    pub(crate) history: History,
}

impl Scene {
    /// Executes a call and answers what it returned.
    pub(crate) fn call(&self, request: &TransactionRequest) -> Result<Bytes, CallFailed> {
        let tx = self.environment(request)?;
        match self.run(tx).map_err(|error| self.explain(error, request))? {
            ExecutionResult::Success { output, .. } => Ok(output.into_data()),
            ExecutionResult::Revert { output, .. } => Err(CallFailed::Reverted { output }),
            ExecutionResult::Halt { reason, .. } => Err(CallFailed::Halted(halted(&reason))),
        }
    }

    /// The gas limit that lets the call succeed, found by bisection: a call may need more gas than
    /// it uses, since it can pass on only 63/64 of what it has.
    pub(crate) fn estimate(&self, request: &TransactionRequest) -> Result<u64, CallFailed> {
        let mut tx = self.environment(request)?;
        let allowance = self.allowance(&tx)?;
        tx.gas_limit = allowance;
        let gas = match self.run(tx.clone()) {
            Ok(ExecutionResult::Success { gas, .. }) => gas,
            Ok(ExecutionResult::Revert { output, .. }) => {
                return Err(CallFailed::Reverted { output });
            }
            Ok(ExecutionResult::Halt {
                reason: HaltReason::OutOfGas(_),
                ..
            })
            | Err(EVMError::Transaction(
                InvalidTransaction::CallGasCostMoreThanGasLimit { .. }
                | InvalidTransaction::GasFloorMoreThanGasLimit { .. },
            )) => return Err(CallFailed::GasAllowance { allowance }),
            Ok(ExecutionResult::Halt { reason, .. }) => {
                return Err(CallFailed::Halted(halted(&reason)));
            }
            Err(error) => return Err(self.explain(error, request)),
        };
        // Refunds come after the execution, so the limit must hold what was spent before them.
        let spent = gas.total_gas_spent().max(gas.floor_gas());
        if self.succeeds(&tx, spent) {
            return Ok(spent);
        }
        let guess = (spent + CALL_STIPEND) * 64 / 63;
        let enough = if guess < allowance && self.succeeds(&tx, guess) {
            guess
        } else {
            allowance
        };
        Ok(self.bisect(&tx, spent, enough))
    }

    /// Narrows the least sufficient gas limit down between one that fails and one that succeeds.
    fn bisect(&self, tx: &TxEnv, mut too_little: u64, mut enough: u64) -> u64 {
        let (tolerated, of) = ESTIMATE_TOLERANCE;
        while too_little + 1 < enough && (enough - too_little) * of > enough * tolerated {
            // The needed gas is mostly near the lower end: never look further than twice that.
            let middle = (too_little + (enough - too_little) / 2).min(too_little * 2);
            if self.succeeds(tx, middle) {
                enough = middle;
            } else {
                too_little = middle;
            }
        }
        enough
    }

    fn succeeds(&self, tx: &TxEnv, gas_limit: u64) -> bool {
        let attempt = TxEnv {
            gas_limit,
            ..tx.clone()
        };
        self.run(attempt).is_ok_and(|result| result.is_success())
    }

    fn run(&self, tx: TxEnv) -> Result<ExecutionResult, Invalid> {
        self.rules.simulate(
            &self.header,
            tx,
            View {
                state: &self.state,
                history: &self.history,
            },
        )
    }

    /// The most gas the call may use: what it asks for, within the block's limit, within what its
    /// sender can pay.
    fn allowance(&self, tx: &TxEnv) -> Result<u64, CallFailed> {
        if tx.gas_price == 0 {
            return Ok(tx.gas_limit);
        }
        let balance = self.state.balance(tx.caller);
        let Some(left) = balance.checked_sub(tx.value) else {
            return Err(CallFailed::Invalid(
                "insufficient funds for transfer".to_owned(),
            ));
        };
        let affordable = left / U256::from(tx.gas_price);
        Ok(affordable.saturating_to::<u64>().min(tx.gas_limit))
    }

    fn environment(&self, request: &TransactionRequest) -> Result<TxEnv, CallFailed> {
        let invalid = |text: &str| Err(CallFailed::Invalid(text.to_owned()));
        let dynamic =
            request.max_fee_per_gas.is_some() || request.max_priority_fee_per_gas.is_some();
        if request.gas_price.is_some() && dynamic {
            return invalid("both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified");
        }
        if request.blob_versioned_hashes.is_some() || request.authorization_list.is_some() {
            return invalid("transaction type not supported");
        }
        if let Some(have) = request.chain_id.filter(|id| *id != self.rules.chain_id) {
            return invalid(&format!(
                "chainId does not match node's (have={have}, want={})",
                self.rules.chain_id
            ));
        }
        let tip = request.max_priority_fee_per_gas.unwrap_or(0);
        let base_fee = u128::from(self.header.base_fee_per_gas.unwrap_or(0));
        let max_fee = request
            .max_fee_per_gas
            .unwrap_or_else(|| tip.saturating_add(base_fee));
        let access_list = request.access_list.clone().unwrap_or_default();
        Ok(TxEnv {
            tx_type: if dynamic {
                2
            } else {
                u8::from(!access_list.is_empty())
            },
            caller: request.from.unwrap_or(Address::ZERO),
            gas_limit: request.gas.unwrap_or(u64::MAX).min(self.header.gas_limit),
            gas_price: if dynamic {
                max_fee
            } else {
                request.gas_price.unwrap_or(0)
            },
            gas_priority_fee: dynamic.then_some(tip),
            kind: request.to.unwrap_or(TxKind::Create),
            value: request.value.unwrap_or(U256::ZERO),
            data: request.input.input().cloned().unwrap_or_default(),
            chain_id: Some(self.rules.chain_id),
            access_list,
            ..TxEnv::default()
        })
    }

    /// geth's words for a call that could not start.
    fn explain(&self, error: Invalid, request: &TransactionRequest) -> CallFailed {
        let from = request.from.unwrap_or(Address::ZERO);
        CallFailed::Invalid(match error {
            EVMError::Transaction(InvalidTransaction::LackOfFundForMaxFee { fee, balance }) => {
                format!(
                    "insufficient funds for gas * price + value: address {from} have {balance} want {fee}"
                )
            }
            EVMError::Transaction(
                InvalidTransaction::CallGasCostMoreThanGasLimit {
                    initial_gas: needed,
                    gas_limit,
                }
                | InvalidTransaction::GasFloorMoreThanGasLimit {
                    gas_floor: needed,
                    gas_limit,
                },
            ) => format!("intrinsic gas too low: have {gas_limit}, want {needed}"),
            EVMError::Transaction(InvalidTransaction::GasPriceLessThanBasefee) => {
                let max = request.gas_price.or(request.max_fee_per_gas).unwrap_or(0);
                let base_fee = self.header.base_fee_per_gas.unwrap_or(0);
                format!(
                    "max fee per gas less than block base fee: address {from}, maxFeePerGas: {max}, baseFee: {base_fee}"
                )
            }
            EVMError::Transaction(InvalidTransaction::PriorityFeeGreaterThanMaxFee) => {
                format!("max priority fee per gas higher than max fee per gas: address {from}")
            }
            EVMError::Transaction(InvalidTransaction::CreateInitCodeSizeLimit) => {
                "max initcode size exceeded".to_owned()
            }
            EVMError::Transaction(InvalidTransaction::Eip1559NotSupported) => {
                "transaction type not supported".to_owned()
            }
            other => other.to_string(),
        })
    }
}

/// geth's words for an execution that ended without a result.
fn halted(reason: &HaltReason) -> String {
    match reason {
        HaltReason::OutOfGas(
            OutOfGasError::Basic | OutOfGasError::Memory | OutOfGasError::Precompile,
        ) => "out of gas",
        HaltReason::OpcodeNotFound | HaltReason::NotActivated => "invalid opcode",
        HaltReason::InvalidFEOpcode => "invalid opcode: INVALID",
        HaltReason::StackOverflow => "stack limit reached 1024 (1024)",
        HaltReason::OutOfOffset => "return data out of bounds",
        HaltReason::CreateCollision => "contract address collision",
        HaltReason::CreateContractSizeLimit => "max code size exceeded",
        HaltReason::CreateContractStartingWithEF => "invalid code: must not begin with 0xef",
        HaltReason::CreateInitCodeSizeLimit => "max initcode size exceeded",
        other => return other.to_string(),
    }
    .to_owned()
}
