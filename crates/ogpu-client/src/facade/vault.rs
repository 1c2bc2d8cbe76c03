//! The vault, as far as publishing needs it.

use std::future::ready;

use futures::future::BoxFuture;
use ogpu_chain::Contract;
use ogpu_contracts::{ContractCall, vault};
use ogpu_types::{Address, Receipt, ValidationError, Wei};
use serde_json::json;
use tracing::{Span, field::Empty};

use crate::{
    Client, Error, Signer, TransactionRequest, Write,
    write::{Description, Operation, WriteContext},
};

impl Client {
    /// The part of an account's vault balance that tasks can be paid from, in wei.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] when the node cannot answer.
    #[tracing::instrument(skip_all, fields(%account))]
    pub async fn vault_balance(&self, account: Address) -> Result<Wei, Error> {
        let balance = self
            .read_vault(vault::BalanceOfCall(account.into()))
            .await?;
        Ok(balance.0.into())
    }

    /// What an account's tasks hold back until they are paid or released, in wei.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] when the node cannot answer.
    #[tracing::instrument(skip_all, fields(%account))]
    pub async fn vault_frozen_payment(&self, account: Address) -> Result<Wei, Error> {
        let frozen = self
            .read_vault(vault::FrozenPaymentCall(account.into()))
            .await?;
        Ok(frozen.0.into())
    }

    /// All that a provider has ever been paid for confirmed responses, in wei.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] when the node cannot answer.
    #[tracing::instrument(skip_all, fields(%provider))]
    pub async fn total_earnings_of(&self, provider: Address) -> Result<Wei, Error> {
        let earnings = self
            .read_vault(vault::TotalEarningsOfCall(provider.into()))
            .await?;
        Ok(earnings.0.into())
    }

    /// Moves `amount` wei of the signer's own coins into the vault balance of `account`.
    ///
    /// Vault writes name their key: none is taken from the client or the environment.
    ///
    /// # Errors
    ///
    /// [`Error::ZeroAmount`] and [`Error::Invalid`] (the zero address, which nobody can withdraw
    /// from) before anything is sent; [`Error::Transaction`], whose
    /// [`outcome`](Error::outcome) says whether it was deposited.
    pub fn vault_deposit(&self, account: Address, amount: Wei, signer: &Signer) -> Write<Receipt> {
        Write::new(self, Deposit { account, amount }).signer(signer)
    }

    async fn read_vault<C: ContractCall>(&self, call: C) -> Result<C::Output, Error> {
        self.read(self.contract(Contract::Vault), call)
            .await
            .map_err(Error::read)
    }
}

struct Deposit {
    account: Address,
    amount: Wei,
}

impl Operation for Deposit {
    type Output = Receipt;

    fn span(&self) -> Span {
        tracing::info_span!("vault_deposit", to = %self.account, account = Empty)
    }

    fn describe(&self) -> Description {
        ("vault_deposit", json!([self.account, self.amount]))
    }

    fn request<'a>(
        &'a self,
        write: &'a WriteContext,
    ) -> BoxFuture<'a, Result<TransactionRequest, Error>> {
        Box::pin(ready(self.checked(&write.client)))
    }

    fn finish(&self, _client: &Client, receipt: Receipt) -> Result<Receipt, Error> {
        Ok(receipt)
    }
}

impl Deposit {
    fn checked(&self, client: &Client) -> Result<TransactionRequest, Error> {
        if self.amount.is_zero() {
            return Err(Error::ZeroAmount);
        }
        if self.account.is_zero() {
            return Err(Error::Invalid {
                source: ValidationError::ZeroAddress { field: "account" },
            });
        }
        let vault = client.contract(Contract::Vault);
        let call = vault::DepositCall {
            account: self.account.into(),
        };
        Ok(TransactionRequest::typed(vault, call).with_value(self.amount))
    }
}
