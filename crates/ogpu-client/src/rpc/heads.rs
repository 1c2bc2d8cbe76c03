//! What is known of the chain's newest blocks, so that reads never go back in time.
//!
//! A head below one that was seen is one of three things. On a block that is known to have been
//! replaced, it is a reorg, and the new truth. Otherwise the node lags, and another one, or the
//! same URL a moment later, is ahead of it. If nobody is ahead however often it is asked, the
//! chain was set back, as development chains can be.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use ogpu_types::Hash32;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::quantity::{self, Quantity};

/// How many blocks are remembered: deeper reorgs and longer lags pass for other things.
const REMEMBERED: usize = 256;

/// A node's newest block, as it names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head {
    #[serde(deserialize_with = "quantity::as_u64::deserialize")]
    pub(super) number: u64,
    hash: Option<Hash32>,
    parent_hash: Option<Hash32>,
}

impl Head {
    /// Reads the answer of `eth_getBlockByNumber` or of `eth_blockNumber`.
    pub(super) fn read(answer: &RawValue) -> Option<Self> {
        serde_json::from_str(answer.get()).ok().or_else(|| {
            let number: Quantity = serde_json::from_str(answer.get()).ok()?;
            Some(Self {
                number: number.to_u64()?,
                hash: None,
                parent_hash: None,
            })
        })
    }
}

/// What a node's head says about its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// They are not older than what was read before.
    Current,
    /// They are older, but the blocks in between are gone.
    Reorganized,
    /// They are older.
    Behind,
}

/// The heads that all calls have seen.
#[derive(Debug, Default)]
pub(super) struct Heads(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    highest: u64,
    /// When an answer last reached the highest.
    reached: Option<Instant>,
    hashes: BTreeMap<u64, Hash32>,
}

impl Heads {
    /// The highest block that was seen: what is asked for from now on has to be as new.
    pub(super) fn highest(&self) -> u64 {
        self.seen().highest
    }

    /// Learns that a block exists.
    pub(super) fn saw_block(&self, number: u64) {
        let mut seen = self.seen();
        seen.highest = seen.highest.max(number);
    }

    /// Judges a head against the highest that was seen before it was asked for, and learns from it
    /// unless it is behind.
    pub(super) fn learn(&self, head: &Head, floor: u64) -> Standing {
        let mut seen = self.seen();
        if head.number >= floor {
            seen.advance(head);
            return Standing::Current;
        }
        let known = seen.hashes.get(&head.number);
        if known.is_some_and(|known| head.hash.is_some_and(|hash| hash != *known)) {
            seen.restart(head);
            return Standing::Reorganized;
        }
        Standing::Behind
    }

    /// Takes a lower head for the truth: the chain was set back.
    pub(super) fn restart(&self, head: &Head) {
        self.seen().restart(head);
    }

    /// Forgets everything: the chain may have been set back on purpose.
    pub(super) fn forget(&self) {
        *self.seen() = Seen::default();
    }

    /// Whether an answer since then was as new as any before.
    pub(super) fn reached_since(&self, moment: Instant) -> bool {
        self.seen().reached.is_some_and(|reached| reached > moment)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn advance(&mut self, head: &Head) {
        if head.number >= self.highest {
            self.highest = head.number;
            self.reached = Some(Instant::now());
        }
        let Some(hash) = head.hash else { return };
        let replaced = |number: u64, hash| self.hashes.get(&number).is_some_and(|k| *k != hash);
        let parent = head.number.checked_sub(1).zip(head.parent_hash);
        if replaced(head.number, hash) || parent.is_some_and(|(n, hash)| replaced(n, hash)) {
            self.hashes.clear();
        }
        self.hashes.insert(head.number, hash);
        if self.hashes.len() > REMEMBERED {
            self.hashes.pop_first();
        }
    }

    fn restart(&mut self, head: &Head) {
        *self = Self::default();
        self.advance(head);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block of one of several branches; all branches share the blocks up to 10.
    fn head(number: u64, branch: u8) -> Head {
        let hash = |number: u64| {
            let branch = if number <= 10 { 0 } else { branch };
            let mut bytes = [branch; 32];
            bytes[0] = u8::try_from(number).unwrap();
            Hash32::from(bytes)
        };
        Head {
            number,
            hash: Some(hash(number)),
            parent_hash: Some(hash(number - 1)),
        }
    }

    fn learn(heads: &Heads, head: Head) -> Standing {
        heads.learn(&head, heads.highest())
    }

    #[test]
    fn a_lower_head_of_the_same_chain_is_behind() {
        let heads = Heads::default();
        for number in 8..=12 {
            assert_eq!(learn(&heads, head(number, 0)), Standing::Current);
        }
        assert_eq!(learn(&heads, head(9, 0)), Standing::Behind);
        assert_eq!(learn(&heads, head(2, 0)), Standing::Behind, "never seen");
        assert_eq!(heads.highest(), 12);
    }

    #[test]
    fn a_lower_head_of_another_branch_is_a_reorg() {
        let heads = Heads::default();
        for number in 8..=14 {
            learn(&heads, head(number, 0));
        }
        assert_eq!(learn(&heads, head(12, 1)), Standing::Reorganized);
        assert_eq!(heads.highest(), 12);
        assert_eq!(learn(&heads, head(12, 1)), Standing::Current);
    }

    #[test]
    fn a_higher_head_of_another_branch_replaces_what_was_known() {
        let heads = Heads::default();
        for number in 8..=13 {
            learn(&heads, head(number, 0));
        }
        assert_eq!(learn(&heads, head(14, 1)), Standing::Current);
        assert_eq!(
            learn(&heads, head(12, 1)),
            Standing::Behind,
            "the new branch's own block, not a contradiction"
        );
    }

    #[test]
    fn what_was_asked_before_a_newer_head_came_is_not_behind_it() {
        let heads = Heads::default();
        learn(&heads, head(11, 0));
        let floor = heads.highest();
        learn(&heads, head(12, 0));
        assert_eq!(heads.learn(&head(11, 0), floor), Standing::Current);
        assert_eq!(heads.highest(), 12);
    }

    #[test]
    fn a_block_seen_elsewhere_raises_the_floor() {
        let heads = Heads::default();
        learn(&heads, head(11, 0));
        heads.saw_block(13);
        assert_eq!(learn(&heads, head(12, 0)), Standing::Behind);
        heads.restart(&head(12, 0));
        assert_eq!(learn(&heads, head(12, 0)), Standing::Current);
    }

    #[test]
    fn a_head_is_read_from_a_block_and_from_a_number() {
        let read = |text: &str| Head::read(&RawValue::from_string(text.to_owned()).unwrap());
        assert_eq!(read(r#""0x1f""#).unwrap().number, 31);
        let block = format!(r#"{{"number":"0x1f","hash":"0x{}"}}"#, "ab".repeat(32));
        assert!(read(&block).unwrap().hash.is_some());
        assert_eq!(read("null"), None);
    }
}
