//! The block that a read refers to.

use std::fmt;

use ogpu_types::{BlockRef, Hash32};

use crate::rpc::BlockId;

/// The block that a read refers to.
///
/// Nodes keep the state of recent blocks only, unless they are archives: what is read at an older
/// one fails with the node's own words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum At {
    /// The newest block of the node that answers.
    #[default]
    Head,
    /// The block with this number.
    Number(u64),
    /// The block with this hash, and no other, whatever becomes of the chain.
    Hash(Hash32),
}

impl At {
    pub(crate) fn id(self) -> BlockId {
        match self {
            Self::Head => BlockId::Latest,
            Self::Number(number) => BlockId::Number(number),
            Self::Hash(hash) => BlockId::Hash(hash),
        }
    }
}

impl From<u64> for At {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<Hash32> for At {
    fn from(hash: Hash32) -> Self {
        Self::Hash(hash)
    }
}

impl From<BlockRef> for At {
    fn from(block: BlockRef) -> Self {
        Self::Hash(block.hash)
    }
}

impl fmt::Display for At {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => formatter.write_str("the newest"),
            Self::Number(number) => number.fmt(formatter),
            Self::Hash(hash) => hash.fmt(formatter),
        }
    }
}
