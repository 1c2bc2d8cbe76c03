//! What a node is started with.

use std::time::Duration;

use ogpu_types::{Address, Wei};

/// When blocks are mined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Mining {
    /// Every transaction that can be executed is mined in a block of its own, before
    /// `eth_sendRawTransaction` answers.
    #[default]
    Instant,
    /// A block is mined at this interval, empty or not.
    Interval(Duration),
    /// A block is mined on `evm_mine` only.
    Manual,
}

/// What a [`Node`](super::Node) is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeConfig {
    /// The chain id that transactions must be signed for. Defaults to 31337.
    pub chain_id: u64,
    /// The accounts that own something in block 0. Defaults to none.
    pub accounts: Vec<(Address, Wei)>,
    /// When blocks are mined. Defaults to [`Mining::Instant`].
    pub mining: Mining,
    /// The base fee of block 0 in wei per gas, from where it moves as Ethereum's. With `None` it is
    /// a legacy chain: blocks have no base fee, EIP-1559 transactions are refused, and the EVM is
    /// Berlin's instead of Prague's. Defaults to 1 gwei.
    pub base_fee: Option<u64>,
    /// The gas that fits into a block, which is also the most a call may use. Defaults to 60
    /// million.
    pub block_gas_limit: u64,
    /// The loopback TCP port of the RPC. Defaults to 0, any free one.
    pub port: u16,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            chain_id: 31_337,
            accounts: Vec::new(),
            mining: Mining::default(),
            base_fee: Some(1_000_000_000),
            block_gas_limit: 60_000_000,
            port: 0,
        }
    }
}
