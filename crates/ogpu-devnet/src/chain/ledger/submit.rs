//! Accepting signed transactions.

use std::sync::Arc;

use alloy_consensus::transaction::Transaction;
use alloy_primitives::B256;
use revm::context_interface::cfg::gas::calculate_initial_tx_gas_for_tx;
use revm::primitives::eip3860::MAX_INITCODE_SIZE;
use revm::primitives::hardfork::SpecId;

use super::Ledger;
use super::error::Refused;
use super::events::Event;
use super::tx::{self, SignedTx};

impl Ledger {
    /// Takes a signed transaction in; with instant mining it and whatever it unblocks are mined
    /// when this returns.
    pub(crate) fn submit(&mut self, raw: &[u8]) -> Result<B256, Refused> {
        let tx = tx::decode(raw, self.rules.chain_id, self.rules.dynamic_fees())?;
        let hash = tx::hash(&tx);
        if self.pool.get(hash).is_some() {
            return Err(Refused::AlreadyKnown);
        }
        self.check(&tx)?;
        for executable in self.pool.insert(tx, self.history.state())? {
            self.listeners
                .tell(&Event::Pending(Arc::clone(&executable)));
        }
        self.settle();
        Ok(hash)
    }

    /// Everything that can be known about a transaction before it is executed, in geth's order.
    fn check(&self, signed: &SignedTx) -> Result<(), Refused> {
        let (sender, tx) = (signed.signer(), signed.inner());
        let spec = self.rules.spec;
        if tx.kind().is_create()
            && spec.is_enabled_in(SpecId::SHANGHAI)
            && tx.input().len() > MAX_INITCODE_SIZE
        {
            return Err(Refused::InitCodeTooLong {
                size: tx.input().len(),
                limit: MAX_INITCODE_SIZE,
            });
        }
        if tx.gas_limit() > self.rules.gas_limit {
            return Err(Refused::ExceedsBlockGas);
        }
        let (max, tip) = (tx.max_fee_per_gas(), tx.priority_fee_or_price());
        if tip > max {
            return Err(Refused::TipAboveMaxFee { sender, tip, max });
        }
        if tip < self.least_tip {
            return Err(Refused::BelowLeastTip);
        }
        let gas = tx.gas_limit();
        let least = calculate_initial_tx_gas_for_tx(tx::environment(signed), spec, None);
        if gas < least.initial_regular_gas {
            return Err(Refused::IntrinsicGas {
                gas,
                needed: least.initial_regular_gas,
            });
        }
        if gas < least.floor_gas {
            return Err(Refused::FloorGas {
                gas,
                needed: least.floor_gas,
            });
        }
        let state = self.history.state();
        let (next, nonce) = (state.nonce(sender), tx.nonce());
        if nonce < next {
            return Err(Refused::NonceTooLow { next, nonce });
        }
        // geth lets such a transaction wait for a lower base fee. A chain whose base fee moves only
        // when somebody sends something would let it wait for ever.
        if let Some(base) = self.next_base_fee().filter(|base| u128::from(*base) > max) {
            return Err(Refused::BelowBaseFee { sender, max, base });
        }
        self.pool.check_funds(signed, state.balance(sender))
    }
}
