//! One lane per account: transactions leave in the order of their nonces.
//!
//! A nonce belongs to a transaction from the moment its bytes may have left. A transaction that
//! never left, or was refused for good, gives its nonce back, so that no gap is left behind: the
//! turn is kept until the node's answer is known. What was sent and not seen mined is remembered,
//! and offered again before anything else is sent.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ogpu_types::Address;

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
    /// Sent, or maybe sent, and not seen mined; by nonce.
    unsettled: BTreeMap<u64, Signed>,
    /// How many of the account's transactions are known to be mined: nonces below it are used.
    mined: u64,
}

impl Book {
    /// Learns how many of the account's transactions are mined. A lower number than before is a
    /// node that lags, and teaches nothing.
    pub(super) fn learn_mined(&mut self, count: u64) {
        self.mined = self.mined.max(count);
        self.unsettled = self.unsettled.split_off(&self.mined);
    }

    /// Learns that a transaction was seen mined, and so was all below it.
    pub(super) fn seen_mined(&mut self, signed: &Signed) {
        self.learn_mined(signed.nonce + 1);
    }

    /// Whether the node's count alone does not tell the next nonce: something is under way, or the
    /// node knows less than is known to be mined.
    pub(super) fn needs_a_look(&self, pending_count: u64) -> bool {
        !self.unsettled.is_empty() || self.mined > pending_count
    }

    /// The nonce of the next transaction: the lowest that is neither mined, nor known to the node,
    /// nor used by what this lane has under way.
    pub(super) fn next_nonce(&self, pending_count: u64) -> u64 {
        let mut nonce = self.mined.max(pending_count);
        while self.unsettled.contains_key(&nonce) {
            nonce += 1;
        }
        nonce
    }

    /// What the node does not know of, though it was sent; by rising nonce.
    pub(super) fn forgotten(&self, pending_count: u64) -> Vec<Signed> {
        self.unsettled
            .range(pending_count..)
            .map(|(_, signed)| signed.clone())
            .collect()
    }

    /// Takes a nonce: from now on its transaction may arrive.
    pub(super) fn take(&mut self, signed: Signed) {
        self.unsettled.insert(signed.nonce, signed);
    }

    /// Gives a nonce back, since the node refuses its transaction. Another one may take the nonce:
    /// of two at one nonce, at most one is ever mined.
    pub(super) fn give_back(&mut self, signed: &Signed) {
        self.unsettled.remove(&signed.nonce);
    }

    /// Whether the node's count has fallen below what was seen mined, with nothing under way: it
    /// lags, or the chain was set back, as development chains can be.
    pub(super) fn is_ahead_of(&self, mined_count: u64) -> bool {
        self.unsettled.is_empty() && self.mined > mined_count
    }

    /// Starts over from the node's count, on a chain that was set back.
    pub(super) fn reset(&mut self, mined_count: u64) {
        self.mined = mined_count;
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

    fn nonces(signed: &[Signed]) -> Vec<u64> {
        signed.iter().map(|signed| signed.nonce).collect()
    }

    #[test]
    fn nonces_count_up_whatever_a_lagging_node_says() {
        let mut book = Book::default();
        assert_eq!(book.next_nonce(4), 4);
        book.take(signed(4));
        book.take(signed(5));
        assert_eq!(book.next_nonce(4), 6);
        assert_eq!(book.next_nonce(9), 9, "another program has sent");
        book.seen_mined(&signed(5));
        assert_eq!(book.next_nonce(4), 6, "the node lags");
    }

    #[test]
    fn a_nonce_given_back_is_used_next_even_below_others() {
        let mut book = Book::default();
        for nonce in 0..3 {
            book.take(signed(nonce));
        }
        book.give_back(&signed(1));
        assert_eq!(book.next_nonce(1), 1);
        book.take(signed(1));
        assert_eq!(book.next_nonce(1), 3);
    }

    #[test]
    fn a_hole_that_others_left_is_filled() {
        let mut book = Book::default();
        book.take(signed(9));
        assert_eq!(book.next_nonce(7), 7);
    }

    #[test]
    fn an_account_at_rest_needs_no_further_look() {
        let mut book = Book::default();
        assert!(!book.needs_a_look(4));
        book.take(signed(4));
        assert!(book.needs_a_look(5));
        book.seen_mined(&signed(4));
        assert!(!book.needs_a_look(5));
        assert!(book.needs_a_look(4), "the node lags, or was set back");
    }

    #[test]
    fn what_the_node_forgot_is_offered_again() {
        let mut book = Book::default();
        for nonce in 0..3 {
            book.take(signed(nonce));
        }
        book.learn_mined(1);
        assert_eq!(nonces(&book.forgotten(2)), [2]);
        assert_eq!(nonces(&book.forgotten(0)), [1, 2]);
        assert_eq!(nonces(&book.forgotten(3)), [0; 0]);
    }

    #[test]
    fn a_chain_set_back_is_noticed_only_when_nothing_is_under_way() {
        let mut book = Book::default();
        book.take(signed(7));
        assert!(!book.is_ahead_of(3));
        book.seen_mined(&signed(7));
        assert!(book.is_ahead_of(3));
        book.reset(3);
        assert_eq!(book.next_nonce(3), 3);
    }
}
