//! Transactions that wait for a block: per sender by nonce, with gaps allowed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use alloy_consensus::transaction::Transaction;
use alloy_primitives::{Address, B256, U256};

use super::error::Refused;
use super::state::State;
use super::tx::{self, Envelope, SignedTx};

/// How much more a replacement must offer, in percent of both fee fields, as in geth.
const REPLACEMENT_BUMP: u128 = 10;

/// The waiting transactions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pool {
    senders: HashMap<Address, BTreeMap<u64, Waiting>>,
    hashes: HashMap<B256, (Address, u64)>,
    arrivals: u64,
}

#[derive(Debug, Clone)]
struct Waiting {
    tx: Arc<SignedTx>,
    arrival: u64,
}

impl Pool {
    pub(crate) fn get(&self, hash: B256) -> Option<&Arc<SignedTx>> {
        let (sender, nonce) = self.hashes.get(&hash)?;
        Some(&self.senders.get(sender)?.get(nonce)?.tx)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// The hashes of up to `most` transactions, the latest first.
    pub(crate) fn latest(&self, most: usize) -> Vec<B256> {
        let mut all: Vec<&Waiting> = self.senders.values().flat_map(BTreeMap::values).collect();
        all.sort_unstable_by_key(|waiting| std::cmp::Reverse(waiting.arrival));
        all.iter()
            .take(most)
            .map(|waiting| tx::hash(&waiting.tx))
            .collect()
    }

    /// The nonce after the sender's last transaction that can be executed without a gap.
    pub(crate) fn next_nonce(&self, sender: Address, state: &State) -> u64 {
        let mut next = state.nonce(sender);
        if let Some(waiting) = self.senders.get(&sender) {
            while waiting.contains_key(&next) {
                next += 1;
            }
        }
        next
    }

    /// Whether the sender can pay for `tx` beside its other waiting transactions.
    pub(crate) fn check_funds(&self, tx: &SignedTx, balance: U256) -> Result<(), Refused> {
        let cost = tx::cost(tx.inner());
        if cost > balance {
            return Err(Refused::InsufficientFunds { balance, cost });
        }
        let others = self
            .senders
            .get(&tx.signer())
            .into_iter()
            .flatten()
            .filter(|(nonce, _)| **nonce != tx.inner().nonce());
        let queued = others.fold(U256::ZERO, |sum, (_, other)| {
            sum.saturating_add(tx::cost(other.tx.inner()))
        });
        if queued.saturating_add(cost) > balance {
            return Err(Refused::InsufficientFundsQueued {
                balance,
                queued,
                cost,
            });
        }
        Ok(())
    }

    /// Takes a transaction in, in place of a cheaper one with its nonce; answers the transactions
    /// that can be executed from now on.
    pub(crate) fn insert(
        &mut self,
        tx: SignedTx,
        state: &State,
    ) -> Result<Vec<Arc<SignedTx>>, Refused> {
        let (hash, sender, nonce) = (tx::hash(&tx), tx.signer(), tx.inner().nonce());
        if self.hashes.contains_key(&hash) {
            return Err(Refused::AlreadyKnown);
        }
        let gap = nonce > self.next_nonce(sender, state);
        let waiting = self.senders.entry(sender).or_default();
        let replaced = waiting.get(&nonce).map(|old| &old.tx);
        if replaced.is_some_and(|old| !outbids(tx.inner(), old.inner())) {
            return Err(Refused::Underpriced);
        }
        let replaces = replaced.map(|old| tx::hash(old));
        if let Some(old) = replaces {
            self.hashes.remove(&old);
        }
        self.arrivals += 1;
        self.hashes.insert(hash, (sender, nonce));
        waiting.insert(
            nonce,
            Waiting {
                tx: Arc::new(tx),
                arrival: self.arrivals,
            },
        );
        let last = match (gap, replaces) {
            (true, _) => return Ok(Vec::new()),
            (false, Some(_)) => nonce + 1,
            (false, None) => u64::MAX,
        };
        let run = waiting
            .range(nonce..last)
            .zip(nonce..)
            .take_while(|((have, _), want)| *have == want);
        Ok(run
            .map(|((_, waiting), _)| Arc::clone(&waiting.tx))
            .collect())
    }

    /// Removes what a block holds or what can no longer be executed.
    pub(crate) fn remove(&mut self, gone: impl IntoIterator<Item = B256>) {
        for hash in gone {
            if let Some((sender, nonce)) = self.hashes.remove(&hash)
                && let Some(waiting) = self.senders.get_mut(&sender)
            {
                waiting.remove(&nonce);
                if waiting.is_empty() {
                    self.senders.remove(&sender);
                }
            }
        }
    }

    /// Removes the transactions that the state's nonces have passed: mined, or replaced by mined.
    pub(crate) fn remove_outdated(&mut self, state: &State) {
        let outdated: Vec<_> = self
            .senders
            .iter()
            .flat_map(|(sender, waiting)| waiting.range(..state.nonce(*sender)))
            .map(|(_, waiting)| tx::hash(&waiting.tx))
            .collect();
        self.remove(outdated);
    }

    /// The transaction to execute next on top of `state`: of those that their sender's nonce
    /// allows, that can pay the base fee and that fit into `gas`, the one with the highest tip,
    /// and of equals the one that came first. `passed_over` are skipped.
    pub(crate) fn next(
        &self,
        state: &State,
        base_fee: Option<u64>,
        gas: u64,
        passed_over: &[B256],
    ) -> Option<Arc<SignedTx>> {
        self.senders
            .iter()
            .filter_map(|(sender, waiting)| waiting.get(&state.nonce(*sender)))
            .filter(|waiting| {
                let tx = waiting.tx.inner();
                tx.max_fee_per_gas() >= u128::from(base_fee.unwrap_or(0)) && tx.gas_limit() <= gas
            })
            .filter(|waiting| !passed_over.contains(&tx::hash(&waiting.tx)))
            .max_by_key(|waiting| {
                (
                    tx::tip(waiting.tx.inner(), base_fee),
                    std::cmp::Reverse(waiting.arrival),
                )
            })
            .map(|waiting| Arc::clone(&waiting.tx))
    }
}

/// Whether `new` offers enough more than `old` in both fee fields to take its place.
fn outbids(new: &Envelope, old: &Envelope) -> bool {
    let bids =
        |new: u128, old: u128| new > old && new >= old.saturating_mul(100 + REPLACEMENT_BUMP) / 100;
    bids(new.max_fee_per_gas(), old.max_fee_per_gas())
        && bids(new.priority_fee_or_price(), old.priority_fee_or_price())
}
