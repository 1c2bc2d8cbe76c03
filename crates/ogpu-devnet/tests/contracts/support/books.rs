//! What the Vault says about an account.

use ethers_core::types::{Address, U256};
use ogpu_contracts::vault::{
    BalanceOfCall, FrozenPaymentCall, GetBalanceOfCall, GetLockupOfCall, IsEligibleCall,
    LockupOfCall, SanctionOfCall, TotalEarningsOfCall, UnbondingOfCall,
};

use super::{Actor, Net};

/// Everything that an account has in the Vault, and what it earned, in wei.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Books {
    pub(crate) balance: U256,
    pub(crate) lockup: U256,
    pub(crate) unbonding: U256,
    pub(crate) frozen: U256,
    pub(crate) sanction: U256,
    /// Not owed on top: earnings are paid into the balance.
    pub(crate) earnings: U256,
}

impl Books {
    /// What the Vault holds for the account.
    pub(crate) fn owed(&self) -> U256 {
        self.balance + self.lockup + self.unbonding + self.frozen + self.sanction
    }
}

impl Net {
    pub(crate) async fn books(&self, account: Address) -> Books {
        let vault = self.vault;
        let books = Books {
            balance: self.read(vault, BalanceOfCall(account)).await.0,
            lockup: self.read(vault, LockupOfCall(account)).await.0,
            unbonding: self.read(vault, UnbondingOfCall(account)).await.0,
            frozen: self.read(vault, FrozenPaymentCall(account)).await.0,
            sanction: self.read(vault, SanctionOfCall(account)).await.0,
            earnings: self.read(vault, TotalEarningsOfCall(account)).await.0,
        };
        let balance = self.read(vault, GetBalanceOfCall { account }).await.0;
        let lockup = self.read(vault, GetLockupOfCall { account }).await.0;
        assert_eq!((balance, lockup), (books.balance, books.lockup));
        books
    }

    /// Whether an account may serve tasks.
    pub(crate) async fn eligible(&self, account: &Actor) -> bool {
        let account = account.address;
        let call = IsEligibleCall { account };
        self.read(self.vault, call).await.0
    }
}
