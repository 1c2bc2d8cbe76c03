//! Building a block: executing waiting transactions on top of a state, changing nothing else.

use std::sync::Arc;

use alloy_consensus::transaction::Transaction;
use alloy_consensus::{Header, ReceiptEnvelope, ReceiptWithBloom, TxType, Typed2718};
use alloy_primitives::B256;
use revm::context::result::ExecutionResult;

use super::block::{Block, Receipt};
use super::evm::Rules;
use super::history::History;
use super::pool::Pool;
use super::state::{State, View};
use super::tx::{self, Envelope, SignedTx};

/// A block that could be the next one, and what it would leave.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) block: Block,
    pub(crate) state: State,
    /// Waiting transactions that turned out not to be executable, such as for lack of funds.
    pub(crate) rejected: Vec<B256>,
}

/// Executes up to `most` of the waiting transactions into a block with that header.
pub(crate) fn build(
    rules: &Rules,
    header: Header,
    history: &History,
    pool: &Pool,
    most: usize,
) -> Candidate {
    let mut state = history.state().clone();
    let mut rejected = Vec::new();
    let mut transactions: Vec<Arc<SignedTx>> = Vec::new();
    let mut receipts = Vec::new();
    let mut gas_used = 0;
    while transactions.len() < most {
        let gas = header.gas_limit - gas_used;
        let Some(tx) = pool.next(&state, header.base_fee_per_gas, gas, &rejected) else {
            break;
        };
        match rules.execute(
            &header,
            tx::environment(&tx),
            View {
                state: &state,
                history,
            },
        ) {
            Ok(done) => {
                state.apply(done.state);
                gas_used += done.result.tx_gas_used();
                receipts.push(receipt(&tx, done.result, gas_used));
                transactions.push(tx);
            }
            Err(error) => {
                tracing::debug!(tx = %tx::hash(&tx), %error, "dropping a transaction that cannot be executed");
                rejected.push(tx::hash(&tx));
            }
        }
    }
    Candidate {
        block: Block::seal(header, transactions, receipts),
        state,
        rejected,
    }
}

fn receipt(tx: &SignedTx, result: ExecutionResult, cumulative_gas_used: u64) -> Receipt {
    let success = result.is_success();
    let gas_used = result.tx_gas_used();
    let created =
        (tx.inner().kind().is_create() && success).then(|| tx.signer().create(tx.inner().nonce()));
    // The logs of a failed execution are no part of the chain.
    let logs = if success {
        result.into_logs()
    } else {
        Vec::new()
    };
    let receipt = alloy_consensus::Receipt {
        status: success.into(),
        cumulative_gas_used,
        logs,
    };
    Receipt {
        envelope: envelope(tx.inner(), receipt.with_bloom()),
        gas_used,
        created,
    }
}

fn envelope(tx: &Envelope, receipt: ReceiptWithBloom) -> ReceiptEnvelope {
    match TxType::try_from(tx.ty()) {
        Ok(TxType::Eip1559) => ReceiptEnvelope::Eip1559(receipt),
        Ok(TxType::Eip2930) => ReceiptEnvelope::Eip2930(receipt),
        // Other types are refused when they are submitted.
        _ => ReceiptEnvelope::Legacy(receipt),
    }
}
