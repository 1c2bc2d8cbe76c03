//! One lane per account: transactions leave in the order of their nonces.
//!
//! A nonce belongs to a transaction from the moment its bytes may have left. A transaction that
//! never left, or was refused for good, gives its nonce back, so that no gap is left behind: the
//! lane is held until the node's answer is known. What was sent and not seen mined is remembered,
//! and offered again before anything is sent above it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use ogpu_types::Address;

use super::signed::Signed;

/// The lanes of all accounts that a client and its clones send from.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    by_account: Mutex<HashMap<Address, Arc<tokio::sync::Mutex<Lane>>>>,
}

impl Lanes {
    /// The account's lane; lock it to send.
    pub(super) fn of(&self, account: Address) -> Arc<tokio::sync::Mutex<Lane>> {
        let mut lanes = self
            .by_account
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lanes.entry(account).or_default())
    }
}

/// What one account has sent.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Sent, or maybe sent, and not seen mined; by rising nonce.
    unsettled: Vec<Signed>,
    /// The nonce after the highest that was used.
    floor: u64,
}

impl Lane {
    /// Forgets what is mined, given the number of the account's mined transactions.
    pub(super) fn settle(&mut self, mined_count: u64) {
        self.unsettled.retain(|signed| signed.nonce >= mined_count);
    }

    /// The nonce of the next transaction, given the node's own count of what it knows.
    ///
    /// A node's count may lag behind what this lane has sent, never the other way round: another
    /// program may have sent as well.
    pub(super) fn next_nonce(&self, pending_count: u64) -> u64 {
        self.floor.max(pending_count)
    }

    /// Whether the lane expects more than the node knows, with nothing of its own under way: the
    /// chain may have been set back, as development chains can be.
    pub(super) fn is_ahead_of(&self, pending_count: u64) -> bool {
        self.unsettled.is_empty() && self.floor > pending_count
    }

    /// Starts over from the node's count.
    pub(super) fn reset(&mut self, pending_count: u64) {
        self.floor = pending_count;
    }

    /// What the node does not know of, though it was sent.
    pub(super) fn forgotten(&self, pending_count: u64) -> Vec<Signed> {
        self.unsettled
            .iter()
            .filter(|signed| signed.nonce >= pending_count)
            .cloned()
            .collect()
    }

    /// Takes a nonce: from now on its transaction may arrive.
    pub(super) fn take(&mut self, signed: Signed) {
        self.floor = self.floor.max(signed.nonce + 1);
        self.unsettled.push(signed);
    }

    /// Gives a nonce back: its transaction is certain never to arrive.
    pub(super) fn give_back(&mut self, signed: &Signed) {
        self.unsettled.retain(|other| other.hash != signed.hash);
        self.floor = signed.nonce;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(nonce: u64) -> Signed {
        Signed {
            hash: [u8::try_from(nonce).unwrap(); 32].into(),
            nonce,
            raw: vec![0].into(),
        }
    }

    #[test]
    fn nonces_count_up_whatever_a_lagging_node_says() {
        let mut lane = Lane::default();
        assert_eq!(lane.next_nonce(4), 4);
        lane.take(signed(4));
        lane.take(signed(5));
        assert_eq!(lane.next_nonce(4), 6);
        assert_eq!(lane.next_nonce(9), 9, "another program has sent");
    }

    #[test]
    fn a_nonce_given_back_is_used_next() {
        let mut lane = Lane::default();
        lane.take(signed(0));
        let refused = signed(1);
        lane.take(refused.clone());
        lane.give_back(&refused);
        assert_eq!(lane.next_nonce(1), 1);
    }

    #[test]
    fn what_the_node_forgot_is_offered_again() {
        let mut lane = Lane::default();
        for nonce in 0..3 {
            lane.take(signed(nonce));
        }
        lane.settle(1);
        let nonces =
            |pending| -> Vec<u64> { lane.forgotten(pending).iter().map(|s| s.nonce).collect() };
        assert_eq!(nonces(2), [2]);
        assert_eq!(nonces(1), [1, 2]);
        assert_eq!(nonces(3), [0; 0]);
    }

    #[test]
    fn a_chain_set_back_is_noticed_only_when_nothing_is_under_way() {
        let mut lane = Lane::default();
        lane.take(signed(7));
        assert!(!lane.is_ahead_of(3));
        lane.settle(8);
        assert!(lane.is_ahead_of(3));
        lane.reset(3);
        assert_eq!(lane.next_nonce(3), 3);
    }
}
