//! What accounts hold in the vault.

use ogpu_chain::Contract;
use ogpu_contracts::{ContractCall, vault};
use ogpu_types::{Address, Wei};

use super::Vault;
use crate::{Error, Read, read::Cost};

impl Vault {
    /// The part of an account's vault balance that tasks can be paid from, in wei. One round trip.
    pub fn balance_of(&self, account: Address) -> Read<Wei> {
        let call = vault::BalanceOfCall(account.into());
        self.read("vault_balance_of", call, |balance| balance.0.into())
    }

    /// What an account's tasks hold back until they are paid or released, in wei. One round trip.
    pub fn frozen_payment_of(&self, account: Address) -> Read<Wei> {
        let call = vault::FrozenPaymentCall(account.into());
        self.read("vault_frozen_payment_of", call, |frozen| frozen.0.into())
    }

    /// All that a provider has ever been paid for confirmed responses, in wei. One round trip.
    pub fn total_earnings_of(&self, provider: Address) -> Read<Wei> {
        let call = vault::TotalEarningsOfCall(provider.into());
        self.read("vault_total_earnings_of", call, |earned| earned.0.into())
    }

    fn read<C: ContractCall + Send + 'static>(
        &self,
        name: &'static str,
        call: C,
        value: fn(C::Output) -> Wei,
    ) -> Read<Wei> {
        let vault = self.client.contract(Contract::Vault);
        Read::of(&self.client, name, vault, (call, Cost::WORD), move |read| {
            read.map(value).map_err(Error::read)
        })
    }
}
