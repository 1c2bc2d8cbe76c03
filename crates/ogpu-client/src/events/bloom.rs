//! What a block's header says about the logs in it.

use ogpu_types::Address;
use sha3::{Digest, Keccak256};

const BYTES: usize = 256;
/// With more of its bits set than this, a bloom says that everything may be there.
const MOST_BITS: u32 = 512;

/// Whether the header says that a contract has logged something in the block. It may be wrong, but
/// not often; a chain whose headers say nothing never says so.
pub(super) fn tells_of(bloom: &[u8], address: Address) -> bool {
    let set: u32 = bloom.iter().map(|byte| byte.count_ones()).sum();
    if bloom.len() != BYTES || set > MOST_BITS {
        return false;
    }
    let hash: [u8; 32] = Keccak256::digest(address.as_bytes()).into();
    [0, 2, 4].into_iter().all(|place| {
        let bit = usize::from(u16::from_be_bytes([hash[place], hash[place + 1]]) & 2047);
        bloom[BYTES - 1 - bit / 8] & (1 << (bit % 8)) != 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bloom_tells_of_what_was_put_in_and_of_little_else() {
        let bloom = |addresses: &[Address]| {
            let mut bloom = ethers_core::types::Bloom::zero();
            for address in addresses {
                let input = ethers_core::abi::ethereum_types::BloomInput::Raw(address.as_bytes());
                bloom.accrue(input);
            }
            bloom
        };
        let one = Address::new([1; 20]);
        let two = Address::new([2; 20]);
        let both = bloom(&[one, two]);
        assert!(tells_of(both.as_bytes(), one) && tells_of(both.as_bytes(), two));
        let others = (3..200).map(|n| Address::new([n; 20]));
        let wrong = others
            .filter(|other| tells_of(both.as_bytes(), *other))
            .count();
        assert_eq!(wrong, 0);
        assert!(!tells_of(&[0; BYTES], one));
        assert!(!tells_of(&[0xff; BYTES], one), "it says nothing");
        assert!(!tells_of(&[], one));
    }
}
