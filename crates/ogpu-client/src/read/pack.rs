//! Packs: as many reads as one call should perform.

use ogpu_types::{Address, HexBytes};
use serde_json::json;

use super::{
    program::{HEADER, READ_HEADER, RECORD_HEADER, program},
    set::Wanted,
};
use crate::rpc::{BlockId, Call, Way};

/// Where an overridden state has the program: nobody has the key of this address.
const READER: Address = Address::new(*b"ogpu packed reads v1");

/// Reads in one call.
const MOST_READS: usize = 1_000;
/// The gas that a call's reads may be expected to use. Nodes allow a call 25 million or more, mostly 50.
const MOST_GAS: u64 = 12_000_000;
/// The gas that a read may use; one that needs more is made a call of its own.
const GAS_OF_A_READ: u64 = 2_000_000;
/// How many times the gas that is expected a large read may use.
const MARGIN: u64 = 4;
/// No read is given more within a pack.
const MOST_GAS_OF_A_READ: u64 = 15_000_000;

/// What a way allows.
struct Limits {
    /// The length of the program's input, in bytes.
    input: usize,
    /// The length of its answer, in bytes.
    answer: usize,
    /// How much of that is planned for: what reads give may be longer than expected.
    planned_answer: usize,
    /// The gas that it takes to give the longest answer: memory, and what deployed code costs.
    reserve: u64,
}

impl Limits {
    fn of(way: Way) -> Self {
        match way {
            Way::Override => Self {
                input: 256 * 1024,
                answer: 512 * 1024,
                planned_answer: 256 * 1024,
                reserve: 1_500_000,
            },
            // Nodes limit the code of a creation to 49,152 bytes, and what is deployed to 24,576,
            // each byte of which costs 200 gas.
            Way::Creation => Self {
                input: 48_000,
                answer: 24_000,
                planned_answer: 20_000,
                reserve: 5_000_000,
            },
            // As much as is read of a node's error.
            Way::Reverting => Self {
                input: 48_000,
                answer: 24_000,
                planned_answer: 20_000,
                reserve: 100_000,
            },
        }
    }
}

/// Reads that one call performs.
#[derive(Debug)]
pub(super) struct Pack {
    /// Which reads of the set, in order.
    pub(super) places: Vec<usize>,
    /// What they are expected to answer, in bytes.
    pub(super) expected: usize,
    input: Vec<u8>,
    gas: u64,
}

impl Pack {
    fn new(limits: &Limits) -> Self {
        let mut input = vec![0; 64];
        input[24..32].copy_from_slice(&(limits.answer as u64).to_be_bytes());
        input[56..].copy_from_slice(&limits.reserve.to_be_bytes());
        Self {
            places: Vec::new(),
            expected: HEADER,
            input,
            gas: 0,
        }
    }

    /// The call that performs the reads.
    pub(super) fn call(&self, way: Way, block: BlockId) -> Call {
        let program = program(way);
        let params = match way {
            Way::Override => {
                let input = HexBytes::from(&self.input[..]);
                let program = HexBytes::from(program);
                json!([
                    { "to": READER, "data": input },
                    block,
                    { READER.to_string(): { "code": program } },
                ])
            }
            Way::Creation | Way::Reverting => {
                let code = HexBytes::from([program, self.input.clone()].concat());
                json!([{ "data": code }, block])
            }
        };
        Call::new("eth_call", &params)
    }

    fn push(&mut self, place: usize, read: &Wanted) {
        let gas = u32::try_from(gas_limit(read)).unwrap_or(u32::MAX);
        let length = u32::try_from(read.data.as_slice().len()).unwrap_or(u32::MAX);
        self.input.extend(gas.to_be_bytes());
        self.input.extend(read.contract.as_bytes());
        self.input.extend(length.to_be_bytes());
        self.input.extend(read.data.as_slice());
        self.expected += expected(read);
        self.gas += read.cost.gas;
        self.places.push(place);
    }
}

/// The gas that a read may use within a pack.
pub(super) fn gas_limit(read: &Wanted) -> u64 {
    let generous = read.cost.gas.saturating_mul(MARGIN);
    generous.clamp(GAS_OF_A_READ, MOST_GAS_OF_A_READ)
}

fn expected(read: &Wanted) -> usize {
    RECORD_HEADER.saturating_add(read.cost.answer)
}

/// Puts the reads at these places into packs, in order.
pub(super) fn pack(reads: &[Wanted], places: &[usize], way: Way) -> Vec<Pack> {
    let limits = Limits::of(way);
    let mut packs: Vec<Pack> = Vec::new();
    for &place in places {
        let read = &reads[place];
        let has_room = |pack: &Pack| {
            pack.places.len() < MOST_READS
                && pack.input.len() + READ_HEADER + read.data.as_slice().len() <= limits.input
                && pack.expected.saturating_add(expected(read)) <= limits.planned_answer
                && pack.gas.saturating_add(read.cost.gas) <= MOST_GAS
        };
        match packs.last_mut().filter(|pack| has_room(pack)) {
            Some(pack) => pack.push(place, read),
            None => {
                let mut pack = Pack::new(&limits);
                pack.push(place, read);
                packs.push(pack);
            }
        }
    }
    packs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Cost, ReadSet};
    use ogpu_contracts::task::GetPaymentCall;

    fn set(costs: impl IntoIterator<Item = Cost>) -> ReadSet {
        let mut set = ReadSet::new();
        for cost in costs {
            set.add_costing(Address::new([1; 20]), GetPaymentCall, cost);
        }
        set
    }

    fn sizes(set: &ReadSet, way: Way) -> Vec<usize> {
        let places: Vec<usize> = (0..set.reads.len()).collect();
        let packs = pack(&set.reads, &places, way);
        let packed = packs.iter().flat_map(|pack| &pack.places);
        assert!(packed.eq(&places), "each read is in one pack, in order");
        packs.iter().map(|pack| pack.places.len()).collect()
    }

    #[test]
    fn packs_are_as_large_as_reads_room_and_gas_allow() {
        let words = set([Cost::WORD; 2_100]);
        assert_eq!(sizes(&words, Way::Override), [1_000, 1_000, 100]);
        // 40 bytes each, of 20,000.
        assert_eq!(sizes(&words, Way::Creation), [498, 498, 498, 498, 108]);
        let structs = set([Cost::STRUCT; 400]);
        // 40,000 gas each, of 12 million.
        assert_eq!(sizes(&structs, Way::Override), [300, 100]);
    }

    #[test]
    fn what_is_larger_than_any_pack_has_one_of_its_own() {
        let huge = Cost::places(1_000_000);
        let mixed = set([Cost::WORD, huge, Cost::WORD, Cost::WORD]);
        for way in Way::ALL {
            assert_eq!(sizes(&mixed, way), [1, 1, 2]);
        }
        assert_eq!(gas_limit(&mixed.reads[1]), MOST_GAS_OF_A_READ);
        assert_eq!(gas_limit(&mixed.reads[0]), GAS_OF_A_READ);
    }
}
