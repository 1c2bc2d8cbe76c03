//! One lane per account: transactions leave in the order of their nonces.
//!
//! A nonce belongs to a transaction from the moment its bytes may have left. A transaction that
//! never left, or was refused for good, gives its nonce back, so that no gap is left behind: the
//! lane is held until the node's answer is known. What was sent and not seen mined is remembered,
//! and offered again before anything is sent above it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ogpu_types::{Address, TxHash};

use super::signed::Signed;

/// The lanes of all accounts that a client and its clones send from.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    by_account: Mutex<HashMap<Address, Arc<Lane>>>,
}

impl Lanes {
    /// The account's lane.
    pub(super) fn of(&self, account: Address) -> Arc<Lane> {
        let mut lanes = self
            .by_account
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lanes.entry(account).or_default())
    }
}

/// The order in which one account sends.
#[derive(Debug, Default)]
pub(super) struct Lane {
    turn: tokio::sync::Mutex<()>,
    book: Mutex<Book>,
}

impl Lane {
    /// Waits until it is the caller's turn to send, which lasts as long as the guard is kept.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// What has been sent; not to be kept across an `.await`.
    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one account has sent.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// Sent, or maybe sent, and not seen mined; by rising nonce.
    unsettled: Vec<Signed>,
    /// The nonce after the highest that was used.
    floor: u64,
}

impl Book {
    /// Forgets what is mined, given the number of the account's mined transactions.
    pub(super) fn settle(&mut self, mined_count: u64) {
        self.unsettled.retain(|signed| signed.nonce >= mined_count);
    }

    /// Forgets a transaction whose receipt was seen.
    pub(super) fn seen_mined(&mut self, hash: TxHash) {
        self.unsettled.retain(|signed| signed.hash != hash);
    }

    /// Whether the node's count alone does not tell the next nonce: something is under way, or the
    /// lane has sent more than the node knows.
    pub(super) fn needs_a_look(&self, pending_count: u64) -> bool {
        !self.unsettled.is_empty() || self.floor > pending_count
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
        let mut lane = Book::default();
        assert_eq!(lane.next_nonce(4), 4);
        lane.take(signed(4));
        lane.take(signed(5));
        assert_eq!(lane.next_nonce(4), 6);
        assert_eq!(lane.next_nonce(9), 9, "another program has sent");
    }

    #[test]
    fn a_nonce_given_back_is_used_next() {
        let mut lane = Book::default();
        lane.take(signed(0));
        let refused = signed(1);
        lane.take(refused.clone());
        lane.give_back(&refused);
        assert_eq!(lane.next_nonce(1), 1);
    }

    #[test]
    fn an_account_at_rest_needs_no_further_look() {
        let mut lane = Book::default();
        assert!(!lane.needs_a_look(4));
        lane.take(signed(4));
        assert!(lane.needs_a_look(5));
        lane.seen_mined(signed(4).hash);
        assert!(!lane.needs_a_look(5));
        assert!(lane.needs_a_look(4), "the node lags, or was set back");
    }

    #[test]
    fn what_the_node_forgot_is_offered_again() {
        let mut lane = Book::default();
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
        let mut lane = Book::default();
        lane.take(signed(7));
        assert!(!lane.is_ahead_of(3));
        lane.seen_mined(signed(7).hash);
        assert!(lane.is_ahead_of(3));
        lane.reset(3);
        assert_eq!(lane.next_nonce(3), 3);
    }
}
