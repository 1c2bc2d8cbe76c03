//! Which block something was read at.

use serde::{Deserialize, Serialize};

use crate::Hash32;

/// A block, by its number and its hash: the number alone may come to name another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockRef {
    /// The block's number.
    pub number: u64,
    /// The block's hash.
    pub hash: Hash32,
}
