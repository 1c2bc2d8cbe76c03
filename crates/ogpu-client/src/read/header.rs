//! The name of the block that reads refer to.

use ogpu_types::{BlockRef, Hash32};
use serde::Deserialize;
use serde_json::json;

use super::At;
use crate::rpc::{Answer, BlockId, Call, Rpc, RpcError, as_u64};

/// What names a block, and what a program that runs in it sees of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Header {
    #[serde(deserialize_with = "as_u64::deserialize")]
    number: u64,
    hash: Hash32,
    parent_hash: Hash32,
}

/// What a program sees of its block. The block's own hash it cannot see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) number: u64,
    pub(super) parent: Hash32,
}

impl Header {
    /// Asks for it.
    pub(super) fn call(block: BlockId) -> Call {
        match block {
            BlockId::Hash(hash) => Call::new("eth_getBlockByHash", &json!([hash, false])),
            block => Call::new("eth_getBlockByNumber", &json!([block, false])),
        }
    }

    /// Reads the answer; `None` when the node has no such block.
    pub(super) fn read(rpc: &Rpc, answer: Answer) -> Result<Option<Self>, RpcError> {
        rpc.parse("eth_getBlockByNumber", answer)
    }

    pub(super) fn block(&self) -> BlockRef {
        BlockRef {
            number: self.number,
            hash: self.hash,
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            number: self.number,
            parent: self.parent_hash,
        }
    }
}

/// Why reads have to start over, or what they end with when that helps no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsettled {
    /// The node has no such block, or not yet.
    NoBlock(At),
    /// Answers came from different blocks.
    Replaced { number: u64 },
}
