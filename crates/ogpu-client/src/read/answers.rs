//! What the reads of a set gave.

use ogpu_contracts::ContractCall;
use ogpu_types::BlockRef;

use super::{
    Found, ReadError,
    plain::decode_found,
    set::{BlockSlot, Slot},
};

/// What the reads of a set gave, each for itself.
#[derive(Debug)]
pub(crate) struct Answers {
    block: Option<BlockRef>,
    found: Vec<Option<Found>>,
}

impl Answers {
    pub(super) fn new(block: Option<BlockRef>, found: Vec<Option<Found>>) -> Self {
        Self { block, found }
    }

    /// The block that all reads refer to.
    pub(crate) fn block(&self, _asked: &BlockSlot) -> BlockRef {
        self.block
            .expect("a set that asked for its block is not answered without it")
    }

    /// The answer to a read.
    pub(crate) fn take<C: ContractCall>(&mut self, slot: Slot<C>) -> Result<C::Output, ReadError> {
        let found = self.found[slot.place]
            .take()
            .expect("every read is answered, and its slot cannot be used twice");
        decode_found::<C>(slot.contract, found)
    }
}
