//! Many reads as one plan.

use std::marker::PhantomData;

use ogpu_contracts::ContractCall;
use ogpu_types::{Address, HexBytes};

/// Reads that are performed together, at one block.
///
/// One that fails spoils no other.
#[derive(Debug, Default)]
pub(crate) struct ReadSet {
    pub(super) reads: Vec<Wanted>,
    pub(super) names_block: bool,
}

/// One read, and what it may cost.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) contract: Address,
    pub(super) data: HexBytes,
    pub(super) cost: Cost,
}

/// What a read is expected to cost. A wrong guess costs round trips, never an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    /// The length of its answer, in bytes.
    pub(super) answer: usize,
    /// The gas that it uses.
    pub(super) gas: u64,
}

/// A value that takes one word is read from two or three places of storage, each new to the call.
const GAS_OF_A_WORD: u64 = 8_000;
/// A struct of numbers and two URLs.
const GAS_OF_A_STRUCT: u64 = 40_000;
/// A place of a list: its item, and perhaps an entry of a mapping that belongs to it.
const GAS_OF_A_PLACE: u64 = 5_000;

impl Cost {
    /// A number, an address, a flag.
    pub(crate) const WORD: Self = Self {
        answer: 32,
        gas: GAS_OF_A_WORD,
    };
    /// A struct with texts, or a text.
    pub(crate) const STRUCT: Self = Self {
        answer: 512,
        gas: GAS_OF_A_STRUCT,
    };

    /// A list of so many words.
    pub(crate) fn places(count: u64) -> Self {
        Self {
            answer: usize::try_from(count.saturating_add(2).saturating_mul(32))
                .unwrap_or(usize::MAX),
            gas: count
                .saturating_mul(GAS_OF_A_PLACE)
                .saturating_add(GAS_OF_A_WORD),
        }
    }
}

/// Where the answer to a read of a set will be.
#[derive(Debug)]
pub(crate) struct Slot<C> {
    pub(super) place: usize,
    pub(super) contract: Address,
    call: PhantomData<fn() -> C>,
}

/// Stands for the block that a set is read at.
#[derive(Debug)]
pub(crate) struct BlockSlot(());

impl ReadSet {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a read of a value that takes one word.
    pub(crate) fn add<C: ContractCall>(
        &mut self,
        contract: impl Into<Address>,
        call: C,
    ) -> Slot<C> {
        self.add_costing(contract, call, Cost::WORD)
    }

    /// Adds a read of something larger.
    pub(crate) fn add_costing<C: ContractCall>(
        &mut self,
        contract: impl Into<Address>,
        call: C,
        cost: Cost,
    ) -> Slot<C> {
        let contract = contract.into();
        self.reads.push(Wanted {
            contract,
            data: call.call_data(),
            cost,
        });
        Slot {
            place: self.reads.len() - 1,
            contract,
            call: PhantomData,
        }
    }

    /// Asks for the name of the block, which the node is asked for along with the reads.
    pub(crate) fn block(&mut self) -> BlockSlot {
        self.names_block = true;
        BlockSlot(())
    }
}
