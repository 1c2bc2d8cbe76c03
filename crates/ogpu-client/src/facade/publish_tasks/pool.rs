//! Which signer publishes a task.

use std::fmt;

use ogpu_types::Address;
use sha2::{Digest, Sha256};

use crate::{IdempotencyKey, Signer};

/// Signers that share the work.
///
/// A key counts for one account, so a key that came back to another signer of the pool would be
/// published twice. So the key alone decides who signs: any pool of the same signers agrees.
#[derive(Default)]
pub(super) struct Pool {
    members: Vec<Member>,
}

struct Member {
    signer: Signer,
    under_way: u64,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses = self.members.iter().map(Member::address);
        f.debug_list().entries(addresses).finish()
    }
}

impl Member {
    fn address(&self) -> Address {
        self.signer.address()
    }
}

impl FromIterator<Signer> for Pool {
    fn from_iter<I: IntoIterator<Item = Signer>>(signers: I) -> Self {
        let mut pool = Self::default();
        for signer in signers {
            if pool.place(signer.address()).is_none() {
                let under_way = 0;
                pool.members.push(Member { signer, under_way });
            }
        }
        pool
    }
}

impl Pool {
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The key of a new task and its signer, `None` from an empty pool. A key that is made leads to
    /// the signer with the fewest tasks under way.
    pub(super) fn assign(
        &mut self,
        key: Option<IdempotencyKey>,
    ) -> (IdempotencyKey, Option<Signer>) {
        let key = key.unwrap_or_else(|| self.make_key());
        let place = self.choice(&key);
        let member = place.and_then(|place| self.members.get_mut(place));
        let signer = member.map(|member| {
            member.under_way += 1;
            member.signer.clone()
        });
        (key, signer)
    }

    /// One task of the account has ended.
    pub(super) fn release(&mut self, account: Address) {
        let place = self.place(account);
        if let Some(member) = place.and_then(|place| self.members.get_mut(place)) {
            member.under_way = member.under_way.saturating_sub(1);
        }
    }

    /// Takes as many tries as there are members, on average.
    fn make_key(&self) -> IdempotencyKey {
        let idlest = self.members.iter().enumerate();
        let idlest = idlest.min_by_key(|(_, member)| member.under_way);
        let idlest = idlest.map(|(place, _)| place);
        loop {
            let key = IdempotencyKey::random();
            if self.choice(&key) == idlest {
                return key;
            }
        }
    }

    /// Rendezvous hashing: who leaves the pool takes along none but its own keys.
    fn choice(&self, key: &IdempotencyKey) -> Option<usize> {
        let weight = |account: Address| {
            let key = key.as_str().as_bytes();
            Sha256::new()
                .chain_update(account.as_bytes())
                .chain_update(key)
        };
        let members = self.members.iter().enumerate();
        let chosen = members.max_by_key(|(_, member)| weight(member.address()).finalize());
        chosen.map(|(place, _)| place)
    }

    fn place(&self, account: Address) -> Option<usize> {
        self.members.iter().position(|m| m.address() == account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(number: u8) -> Signer {
        Signer::from_bytes(&[number; 32]).unwrap()
    }

    fn pool(numbers: impl IntoIterator<Item = u8>) -> Pool {
        numbers.into_iter().map(signer).collect()
    }

    fn key(text: &str) -> IdempotencyKey {
        IdempotencyKey::new(text).unwrap()
    }

    fn who(pool: &mut Pool, key: IdempotencyKey) -> Address {
        pool.assign(Some(key)).1.unwrap().address()
    }

    #[test]
    fn a_key_leads_to_one_signer_whatever_the_order_and_the_load() {
        let (mut one, mut other) = (pool([1, 2, 3]), pool([3, 1, 2]));
        for _ in 0..7 {
            other.assign(None);
        }
        for n in 0..50 {
            let key = key(&format!("order-{n}"));
            assert_eq!(who(&mut one, key.clone()), who(&mut other, key));
        }
    }

    #[test]
    fn a_made_key_leads_back_to_the_signer_that_it_was_made_for() {
        let mut first = pool([1, 2, 3]);
        for _ in 0..30 {
            let (key, signer) = first.assign(None);
            assert_eq!(who(&mut pool([2, 3, 1]), key), signer.unwrap().address());
        }
    }

    #[test]
    fn work_without_keys_is_spread_evenly() {
        let mut pool = pool([1, 2, 3]);
        for _ in 0..30 {
            pool.assign(None);
        }
        assert!(pool.members.iter().all(|member| member.under_way == 10));
        pool.release(signer(2).address());
        let (_, next) = pool.assign(None);
        assert_eq!(next.unwrap().address(), signer(2).address());
    }

    #[test]
    fn a_signer_that_leaves_takes_no_other_signers_keys_along() {
        let (mut all, mut fewer) = (pool([1, 2, 3]), pool([1, 2]));
        let gone = signer(3).address();
        for n in 0..50 {
            let key = key(&format!("order-{n}"));
            let before = who(&mut all, key.clone());
            assert!(before == gone || before == who(&mut fewer, key));
        }
    }

    #[test]
    fn the_same_signer_twice_is_one() {
        assert_eq!(pool([1, 1, 2]).members.len(), 2);
        assert!(pool([]).is_empty());
        assert!(pool([]).assign(None).1.is_none());
    }
}
