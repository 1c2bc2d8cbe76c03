//! The options of a dev network.

use std::path::PathBuf;

use super::{Devnet, DevnetError};
use crate::chain::{Mining, NodeConfig};
use crate::faults::FaultPlan;

/// The variable that names an anvil program to run networks on.
pub(super) const ANVIL_VARIABLE: &str = "OGPU_DEVNET_ANVIL";

/// The options of a [`Devnet`].
#[derive(Clone, Debug)]
#[must_use = "call `start` to get the network"]
pub struct DevnetBuilder {
    pub(super) node: NodeConfig,
    pub(super) anvil: Option<PathBuf>,
    pub(super) faults: Option<FaultPlan>,
}

impl Default for DevnetBuilder {
    fn default() -> Self {
        Self {
            node: NodeConfig::default(),
            anvil: std::env::var_os(ANVIL_VARIABLE)
                .filter(|program| !program.is_empty())
                .map(PathBuf::from),
            faults: None,
        }
    }
}

impl DevnetBuilder {
    /// Gives the chain this id. Defaults to 31337.
    pub fn chain_id(mut self, chain_id: u64) -> Self {
        self.node.chain_id = chain_id;
        self
    }

    /// Mines like this once the network is set up. Defaults to [`Mining::Instant`].
    pub fn mining(mut self, mining: Mining) -> Self {
        self.node.mining = mining;
        self
    }

    /// Starts with this base fee, in wei per gas; `None` is a chain without EIP-1559. Defaults to
    /// 1 gwei.
    pub fn base_fee(mut self, base_fee: Option<u64>) -> Self {
        self.node.base_fee = base_fee;
        self
    }

    /// Serves JSON-RPC on this loopback port. Defaults to 0: any free one.
    pub fn port(mut self, port: u16) -> Self {
        self.node.port = port;
        self
    }

    /// Runs the chain in an anvil process, given its program, in place of the embedded one: an
    /// independent node to compare with. Defaults to the variable `OGPU_DEVNET_ANVIL`, and without
    /// it to the embedded chain.
    pub fn anvil(mut self, program: impl Into<PathBuf>) -> Self {
        self.anvil = Some(program.into());
        self
    }

    /// Puts a faulty door in front of the node, which the network's clients come through, and this
    /// plan in force there and at the services. Defaults to no door, and services without faults.
    ///
    /// With [`FaultPlan::none`] there is the door, its log, and a plan for later:
    /// [`Faults::set`](crate::faults::Faults::set). A [`port`](Self::port) is the door's then.
    pub fn faults(mut self, plan: FaultPlan) -> Self {
        self.faults = Some(plan);
        self
    }

    /// Starts the network: chain, accounts, contracts and services.
    ///
    /// # Errors
    ///
    /// [`DevnetError`], naming the part that did not start.
    pub async fn start(self) -> Result<Devnet, DevnetError> {
        Devnet::start_with(self).await
    }
}
