//! What accounts hold in the vault, and the vault's own settings.
//!
//! Each is one round trip, and ends with [`Error::Read`](crate::Error::Read) or
//! [`Error::Rpc`](crate::Error::Rpc) when the node cannot answer.

use ogpu_chain::Contract;
use ogpu_contracts::{convert::seconds, vault};
use ogpu_types::{Address, Wei};

use super::Vault;
use crate::{Read, handles::reader::Reader, read::Target};

impl Vault {
    /// The part of an account's balance that tasks can be paid from and that can be withdrawn, in
    /// wei. One round trip.
    pub fn balance_of(&self, account: Address) -> Read<Wei> {
        self.reader().value(
            "vault.balance_of",
            vault::BalanceOfCall(account.into()),
            |amount| amount.0.into(),
        )
    }

    /// What an account has locked up to serve sources, in wei. One round trip.
    pub fn lockup_of(&self, account: Address) -> Read<Wei> {
        self.reader().value(
            "vault.lockup_of",
            vault::LockupOfCall(account.into()),
            |amount| amount.0.into(),
        )
    }

    /// What an account has taken out of its lockup and cannot claim yet, or has not claimed, in
    /// wei. One round trip.
    pub fn unbonding_of(&self, account: Address) -> Read<Wei> {
        self.reader().value(
            "vault.unbonding_of",
            vault::UnbondingOfCall(account.into()),
            |amount| amount.0.into(),
        )
    }

    /// When what an account unbonds can be claimed, in unix seconds; 0 when nothing is unbonding.
    /// One round trip.
    pub fn unbonding_timestamp_of(&self, account: Address) -> Read<u64> {
        self.reader().value(
            "vault.unbonding_timestamp_of",
            vault::UnbondingTimestampCall(account.into()),
            |time| seconds(time.0),
        )
    }

    /// What an account's tasks hold back until they are paid or released, in wei. One round trip.
    pub fn frozen_payment_of(&self, account: Address) -> Read<Wei> {
        self.reader().value(
            "vault.frozen_payment_of",
            vault::FrozenPaymentCall(account.into()),
            |amount| amount.0.into(),
        )
    }

    /// All that a provider has ever been paid for confirmed responses, in wei. One round trip.
    pub fn total_earnings_of(&self, provider: Address) -> Read<Wei> {
        self.reader().value(
            "vault.total_earnings_of",
            vault::TotalEarningsOfCall(provider.into()),
            |amount| amount.0.into(),
        )
    }

    /// What was taken from an account's lockup as a sanction, in wei. One round trip.
    pub fn sanction_of(&self, account: Address) -> Read<Wei> {
        self.reader().value(
            "vault.sanction_of",
            vault::SanctionOfCall(account.into()),
            |amount| amount.0.into(),
        )
    }

    /// What was taken from all accounts as sanctions, in wei. One round trip.
    pub fn sanctioned_amount(&self) -> Read<Wei> {
        self.reader().value(
            "vault.sanctioned_amount",
            vault::SanctionedAmountCall,
            |amount| amount.0.into(),
        )
    }

    /// Whether an account may serve sources. One round trip.
    pub fn is_eligible(&self, account: Address) -> Read<bool> {
        self.reader().value(
            "vault.is_eligible",
            vault::IsEligibleCall {
                account: account.into(),
            },
            |flag| flag.0,
        )
    }

    /// Whether an account is on the vault's whitelist. One round trip.
    pub fn is_whitelisted(&self, account: Address) -> Read<bool> {
        self.reader().value(
            "vault.is_whitelisted",
            vault::IsWhitelistedCall(account.into()),
            |flag| flag.0,
        )
    }

    /// The least lockup that serving a source takes, in wei. One round trip.
    pub fn min_lockup_per_source(&self) -> Read<Wei> {
        self.reader().value(
            "vault.min_lockup_per_source",
            vault::MinLockupPerSourceCall,
            |amount| amount.0.into(),
        )
    }

    /// How long it takes until what is unbonded can be claimed, in seconds. One round trip.
    pub fn unbonding_period(&self) -> Read<u64> {
        self.reader().value(
            "vault.unbonding_period",
            vault::UnbondingPeriodCall,
            |period| seconds(period.0),
        )
    }

    /// The manager's address. One round trip.
    pub fn manager(&self) -> Read<Address> {
        self.reader()
            .value("vault.manager", vault::ManagerCall, |found| found.0.into())
    }

    /// The nexus's address. One round trip.
    pub fn nexus(&self) -> Read<Address> {
        self.reader()
            .value("vault.nexus", vault::NexusCall, |found| found.0.into())
    }

    /// The terminal's address. One round trip.
    pub fn terminal(&self) -> Read<Address> {
        self.reader()
            .value("vault.terminal", vault::TerminalCall, |found| {
                found.0.into()
            })
    }

    fn reader(&self) -> Reader<'_> {
        let at = self.client.contract(Contract::Vault);
        Reader::new(&self.client, Target::At(at))
    }
}
