//! The world state: accounts with balances, nonces, code and storage.

use std::convert::Infallible;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use imbl::HashMap;
use revm::database_interface::DatabaseRef;
use revm::state::{AccountInfo, Bytecode, EvmState};

use super::history::History;

/// All accounts at one point of the chain.
///
/// Its maps share structure: a clone costs a pointer, so every block and every snapshot can keep
/// one of its own.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    accounts: HashMap<Address, Account>,
}

#[derive(Debug, Clone, Default)]
struct Account {
    info: AccountInfo,
    storage: HashMap<U256, U256>,
}

impl State {
    pub(crate) fn balance(&self, address: Address) -> U256 {
        self.accounts
            .get(&address)
            .map_or(U256::ZERO, |account| account.info.balance)
    }

    pub(crate) fn nonce(&self, address: Address) -> u64 {
        self.accounts
            .get(&address)
            .map_or(0, |account| account.info.nonce)
    }

    pub(crate) fn code(&self, address: Address) -> Bytes {
        self.accounts
            .get(&address)
            .and_then(|account| account.info.code.as_ref())
            .map_or_else(Bytes::new, Bytecode::original_bytes)
    }

    pub(crate) fn storage(&self, address: Address, slot: U256) -> U256 {
        self.accounts
            .get(&address)
            .and_then(|account| account.storage.get(&slot))
            .copied()
            .unwrap_or(U256::ZERO)
    }

    pub(crate) fn set_balance(&mut self, address: Address, balance: U256) {
        self.accounts.entry(address).or_default().info.balance = balance;
    }

    pub(crate) fn set_code(&mut self, address: Address, code: Bytes) {
        let info = &mut self.accounts.entry(address).or_default().info;
        info.code_hash = keccak256(&code);
        info.code = Some(Bytecode::new_legacy(code));
    }

    /// Takes over what one execution changed.
    pub(crate) fn apply(&mut self, changes: EvmState) {
        for (address, changed) in changes {
            if !changed.is_touched() {
                continue;
            }
            // A touched account that ends up empty does not exist (EIP-161).
            if changed.is_selfdestructed() || changed.is_empty() {
                self.accounts.remove(&address);
                continue;
            }
            let fresh = changed.is_created();
            let account = self.accounts.entry(address).or_default();
            if fresh {
                account.storage = HashMap::new();
            }
            for (slot, value) in changed.storage {
                if !value.is_changed() {
                    continue;
                }
                if value.present_value.is_zero() {
                    account.storage.remove(&slot);
                } else {
                    account.storage.insert(slot, value.present_value);
                }
            }
            account.info = changed.info;
        }
    }
}

/// What the EVM reads while it executes: a state, and the block hashes before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) state: &'a State,
    pub(crate) history: &'a History,
}

impl DatabaseRef for View<'_> {
    type Error = Infallible;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self
            .state
            .accounts
            .get(&address)
            .map(|account| account.info.clone()))
    }

    fn code_by_hash_ref(&self, _: B256) -> Result<Bytecode, Infallible> {
        // Accounts are handed out together with their code, so the EVM has no reason to ask.
        Ok(Bytecode::default())
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.state.storage(address, slot))
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Infallible> {
        Ok(self
            .history
            .block(number)
            .map_or(B256::ZERO, |block| block.hash()))
    }
}
