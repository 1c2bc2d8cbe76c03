//! What a node's answer to an offered transaction means.

use serde::{Deserialize, Serialize};

/// The meaning of an answer to `eth_sendRawTransaction`.
///
/// Only what is known to exclude that the bytes arrived counts as a refusal: taking an arrived
/// transaction for a refused one can pay twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Meaning {
    /// The node took the bytes.
    Accepted,
    /// The node has these very bytes.
    AlreadyKnown,
    /// The account's nonce is past this one: through these bytes, another version, or another
    /// program's transaction.
    NonceTooLow,
    /// The fees are too low for this node now; higher ones may pass.
    Underpriced,
    /// Another transaction waits at this nonce, and the fees are not high enough to replace it.
    Occupied,
    /// The node will not take these bytes, whatever the time.
    Refused,
    /// This offer did not arrive, or was turned away at the door; a later one may be taken.
    NotTaken,
    /// No way to tell: the bytes may have arrived.
    Unclear,
}
