//! The intents of a seed: each is another payload, so that a task on chain says whose it is.

use anyhow::{Context, Result};
use ogpu_client::{Address, IdempotencyKey, Signer, TaskInfo, TaskInput, Wei};
use sha3::{Digest, Keccak256};

use crate::assignment::Assignment;

/// The accounts of a seed.
pub(crate) const ACCOUNTS: u64 = 4;
/// The callers of a seed, each a process with its part of the accounts.
pub(crate) const CALLERS: u64 = 2;

/// The payment of intent 0, in wei; each further one pays a wei more.
const BASE_PAYMENT: u64 = 1_000_000_000;

/// The key of an account of the seed.
pub(crate) fn secret(seed: u64, account: u64) -> [u8; 32] {
    Keccak256::digest(format!("ogpu-soak {seed} {account}")).into()
}

pub(crate) fn signer(seed: u64, account: u64) -> Result<Signer> {
    Signer::from_bytes(&secret(seed, account)).context("a hash that is no key")
}

/// Which account an intent belongs to.
pub(crate) const fn account_of(number: u64) -> u64 {
    number % ACCOUNTS
}

/// Which caller acts for an account.
pub(crate) const fn caller_of(account: u64) -> u64 {
    account % CALLERS
}

pub(crate) const fn payment(number: u64) -> u64 {
    BASE_PAYMENT + number
}

/// The intent that pays so much.
pub(crate) fn number_of(payment: u128) -> Option<u64> {
    u64::try_from(payment).ok()?.checked_sub(BASE_PAYMENT)
}

pub(crate) fn idempotency_key(seed: u64, number: u64) -> Result<IdempotencyKey> {
    Ok(IdempotencyKey::new(format!("soak-{seed}-{number}"))?)
}

pub(crate) fn task(assignment: &Assignment, number: u64) -> Result<TaskInfo> {
    Ok(TaskInfo {
        source: assignment.source,
        config: TaskInput::new("soak", &number)?,
        expiry_time: assignment.expiry_time,
        payment: Wei::from(payment(number)),
    })
}

/// What is done around an intent beside publishing it, the same in every process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Calls until it is published.
    Persistent,
    /// Gives up when it hears that nothing was sent: nothing may ever come of it then.
    GivesUp,
    /// Calls once more when it is published: the answer has to be the same.
    Repeats,
    /// Drops the first future in the midst of it.
    Drops,
    /// Has little time at first.
    Hurries,
}

impl Manner {
    pub(crate) fn of(seed: u64, number: u64) -> Self {
        let mut dice = fastrand::Rng::with_seed(seed.wrapping_mul(0x9e37_79b9) ^ number);
        match dice.u32(..100) {
            0..5 => Self::GivesUp,
            5..15 => Self::Repeats,
            15..25 => Self::Drops,
            25..45 => Self::Hurries,
            _ => Self::Persistent,
        }
    }
}

/// An account, as the audit and the set-up know it.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) address: Address,
    pub(crate) secret: [u8; 32],
}

impl Account {
    pub(crate) fn all(seed: u64) -> Result<Vec<Self>> {
        (0..ACCOUNTS)
            .map(|account| {
                Ok(Self {
                    address: signer(seed, account)?.address(),
                    secret: secret(seed, account),
                })
            })
            .collect()
    }
}
