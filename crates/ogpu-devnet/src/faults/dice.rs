//! Chance that is the same every time: SplitMix64, fixed here so that a seed keeps its meaning.

use std::time::Duration;

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of numbers that a seed determines.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// The stream of one purpose, such as a rule's `count`th request.
    pub(super) fn new(seed: u64, purpose: u64, count: u64) -> Self {
        let mut dice = Self(seed);
        for part in [purpose, count] {
            dice.0 = dice.next() ^ part;
        }
        dice
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below `limit`; 0 if that is 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        let product = u128::from(self.next()) * u128::from(limit);
        u64::try_from(product >> 64).unwrap_or(u64::MAX)
    }

    /// True with that probability.
    pub(super) fn hits(&mut self, probability: f64) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let roll = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        roll < probability
    }

    /// A duration from nothing to below `limit`.
    pub(super) fn duration(&mut self, limit: Duration) -> Duration {
        let nanos = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.below(nanos))
    }

    /// Puts things into another order, where there is another.
    pub(super) fn shuffle<T: PartialEq + Clone>(&mut self, things: &mut [T]) {
        let before = things.to_vec();
        for index in (1..things.len()).rev() {
            let other = usize::try_from(self.below(index as u64 + 1)).unwrap_or(0);
            things.swap(index, other);
        }
        if things.len() > 1 && things == before.as_slice() {
            things.rotate_left(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_splitmix64s() {
        let mut dice = Dice(0);
        assert_eq!(dice.next(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(dice.next(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn purposes_and_counts_have_streams_of_their_own() {
        let first = |purpose, count| Dice::new(7, purpose, count).next();
        assert_eq!(first(1, 2), first(1, 2));
        assert_ne!(first(1, 2), first(2, 1));
        assert_ne!(first(0, 0), first(0, 1));
    }

    #[test]
    fn a_probability_is_kept_to() {
        let hits = (0..10_000)
            .filter(|count| Dice::new(1, 0, *count).hits(0.25))
            .count();
        assert!((2_300..2_700).contains(&hits), "{hits}");
        assert!(Dice::new(1, 0, 0).hits(1.0));
        assert!(!Dice::new(1, 0, 0).hits(0.0));
    }

    #[test]
    fn two_things_always_change_places() {
        for seed in 0..10 {
            let mut things = [1, 2];
            Dice::new(seed, 0, 0).shuffle(&mut things);
            assert_eq!(things, [2, 1]);
        }
    }
}
