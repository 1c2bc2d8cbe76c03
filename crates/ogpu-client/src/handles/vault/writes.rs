//! Moving money in, out, and between an account's balance, lockup and unbonding.
//!
//! Vault writes name their key: none is taken from the client or the environment. Amounts are in wei.

use ogpu_chain::Contract;
use ogpu_contracts::{ContractCall, vault};
use ogpu_types::{Address, Receipt, Wei};

use super::Vault;
use crate::{
    Signer, Write,
    contract_write::{ContractWrite, Fault},
    refusal::Subject,
};

impl Vault {
    /// Moves `amount` wei of the signer's own coins into the vault balance of `account`.
    ///
    /// # Errors
    ///
    /// [`Error::ZeroAmount`](crate::Error::ZeroAmount) and [`Error::Invalid`](crate::Error::Invalid)
    /// (the zero address, from which nobody can withdraw) before anything is sent;
    /// [`Error::Transaction`](crate::Error::Transaction), whose
    /// [`outcome`](crate::Error::outcome) says whether it was deposited.
    pub fn deposit(&self, account: Address, amount: Wei, signer: &Signer) -> Write<Receipt> {
        let call = vault::DepositCall {
            account: account.into(),
        };
        let write = of_amount("vault_deposit", amount, call)
            .refuse_if(account.is_zero(), Fault::ZeroAddress { field: "account" })
            .value(amount);
        self.signed(write, signer)
    }

    /// Pays `amount` wei of the signer's vault balance out to its account.
    ///
    /// # Errors
    ///
    /// [`Error::ZeroAmount`](crate::Error::ZeroAmount),
    /// [`Error::InsufficientVaultBalance`](crate::Error::InsufficientVaultBalance),
    /// [`Error::Transaction`](crate::Error::Transaction).
    pub fn withdraw(&self, amount: Wei, signer: &Signer) -> Write<Receipt> {
        let call = vault::WithdrawCall {
            amount: amount.into(),
        };
        self.signed(of_amount("vault_withdraw", amount, call), signer)
    }

    /// Moves `amount` wei of the signer's vault balance into its lockup.
    ///
    /// # Errors
    ///
    /// [`Error::ZeroAmount`](crate::Error::ZeroAmount),
    /// [`Error::InsufficientVaultBalance`](crate::Error::InsufficientVaultBalance),
    /// [`Error::Transaction`](crate::Error::Transaction).
    pub fn lock(&self, amount: Wei, signer: &Signer) -> Write<Receipt> {
        let call = vault::LockCall {
            amount: amount.into(),
        };
        self.signed(of_amount("vault_lock", amount, call), signer)
    }

    /// Starts to free `amount` wei of the signer's lockup: they can be [claimed](Self::claim) when the
    /// unbonding period has passed.
    ///
    /// # Errors
    ///
    /// [`Error::ZeroAmount`](crate::Error::ZeroAmount),
    /// [`Error::InsufficientLockup`](crate::Error::InsufficientLockup),
    /// [`Error::Transaction`](crate::Error::Transaction).
    pub fn unbond(&self, amount: Wei, signer: &Signer) -> Write<Receipt> {
        let call = vault::UnbondCall {
            amount: amount.into(),
        };
        self.signed(of_amount("vault_unbond", amount, call), signer)
    }

    /// Moves all that the signer is unbonding back into its lockup. Not every chain's vault can: see
    /// [`ChainSpec::vault_can_cancel_unbonding`](crate::ChainSpec::vault_can_cancel_unbonding).
    ///
    /// # Errors
    ///
    /// [`Error::NotOnThisChain`](crate::Error::NotOnThisChain),
    /// [`Error::Transaction`](crate::Error::Transaction), such as when nothing is unbonding.
    pub fn cancel_unbonding(&self, signer: &Signer) -> Write<Receipt> {
        let can = self.client.chain().vault_can_cancel_unbonding();
        let function = "cancelUnbonding";
        let write = write("vault_cancel_unbonding", vault::CancelUnbondingCall)
            .refuse_if(!can, Fault::NotOnThisChain { function });
        self.signed(write, signer)
    }

    /// Moves all that the signer has unbonded into its vault balance, once the unbonding period has
    /// passed.
    ///
    /// # Errors
    ///
    /// [`Error::UnbondingNotElapsed`](crate::Error::UnbondingNotElapsed),
    /// [`Error::Transaction`](crate::Error::Transaction), such as when nothing is unbonding.
    pub fn claim(&self, signer: &Signer) -> Write<Receipt> {
        self.signed(write("vault_claim", vault::ClaimCall), signer)
    }

    fn signed(&self, write: ContractWrite, signer: &Signer) -> Write<Receipt> {
        write.write(&self.client).signer(signer)
    }
}

fn of_amount(name: &'static str, amount: Wei, call: impl ContractCall) -> ContractWrite {
    write(name, call)
        .about(Subject::amount(amount))
        .refuse_if(amount.is_zero(), Fault::ZeroAmount)
}

fn write(name: &'static str, call: impl ContractCall) -> ContractWrite {
    ContractWrite::new(name, Contract::Vault, call)
}
