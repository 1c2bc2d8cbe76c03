//! The head block, as far as the client needs it.

use ogpu_types::Hash32;
use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct as _};

use super::{Quantity, quantity};

/// A block header's fields that name it, and decide time and fees.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Block {
    #[serde(deserialize_with = "quantity::as_u64::deserialize")]
    pub(crate) number: u64,
    pub(crate) hash: Hash32,
    #[serde(deserialize_with = "quantity::as_u64::deserialize")]
    pub(crate) timestamp: u64,
    #[serde(deserialize_with = "quantity::as_u64::deserialize")]
    pub(crate) gas_limit: u64,
    /// Present exactly on chains with EIP-1559; zero counts as present.
    #[serde(default)]
    pub(crate) base_fee_per_gas: Option<Quantity>,
}

/// Which block a read refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockId {
    Latest,
    Pending,
    Number(u64),
    /// By its hash, so that it is this very block.
    Hash(Hash32),
}

impl Serialize for BlockId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Latest => serializer.serialize_str("latest"),
            Self::Pending => serializer.serialize_str("pending"),
            Self::Number(number) => Quantity::from(*number).serialize(serializer),
            Self::Hash(hash) => {
                let mut block = serializer.serialize_struct("Block", 1)?;
                block.serialize_field("blockHash", hash)?;
                block.end()
            }
        }
    }
}
