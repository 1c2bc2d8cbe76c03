//! Why a stream of events ends before its last block.

use ogpu_chain::Endpoint;
use ogpu_types::ChainId;

use crate::RpcError;

/// The end of a stream that could not go on by itself.
///
/// Lost connections, nodes that lag or restart, and limits of what a node answers at a time are no
/// errors: they are waited for, or worked round, and seen in traces alone.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// The node serves another chain than the client is set to.
    #[error(
        "{endpoint} serves chain {actual}, not {expected}: correct the RPC endpoint or the chain"
    )]
    WrongChain {
        /// The chain that the client is set to.
        expected: ChainId,
        /// The chain that the node serves.
        actual: ChainId,
        /// The node.
        endpoint: Endpoint,
    },
    /// The cursor is of another chain, or of other contracts on it.
    #[error("the cursor is of chain {actual} or its contracts, not of the client's on {expected}")]
    OtherNetwork {
        /// The client's chain.
        expected: ChainId,
        /// The cursor's chain.
        actual: ChainId,
    },
    /// More blocks were replaced than the stream, or its cursor, remembers: what was handed out of
    /// earlier ones may be the chain's no longer.
    #[error("block {block} was replaced, which is too long ago: start again from before it")]
    TooDeep {
        /// The newest block of which that is known.
        block: u64,
    },
    /// The node keeps refusing to answer for these blocks.
    #[error("the node does not tell the logs of blocks {from} to {to}: use another endpoint")]
    Refused {
        /// The first block.
        from: u64,
        /// The last block.
        to: u64,
        /// What it says.
        #[source]
        source: Box<RpcError>,
    },
}
