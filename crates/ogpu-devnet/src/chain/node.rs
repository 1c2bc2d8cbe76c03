//! The running node: the ledger, its RPC server and its miner.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonrpsee_server::ServerHandle;
use tokio::task::AbortHandle;

use super::config::NodeConfig;
use super::handle::ChainHandle;
use super::ledger::{Genesis, Ledger};
use super::shared::Shared;
use super::{convert, miner, rpc};

/// Why a node did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The RPC port could not be opened.
    #[error(
        "could not listen on 127.0.0.1:{port} for the chain's RPC; use port 0 for any free one"
    )]
    Listen {
        /// The TCP port asked for.
        port: u16,
        /// What the operating system said.
        source: io::Error,
    },
}

/// A dev chain with a JSON-RPC server on a loopback port, over HTTP and WebSocket alike.
///
/// It runs on the Tokio runtime that started it, which must have its I/O and time drivers on.
/// Dropping the node stops it: the port and all connections close and no further block is mined.
#[derive(Debug)]
#[must_use = "a node stops when it is dropped"]
pub struct Node {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: ServerHandle,
    miner: AbortHandle,
}

impl Node {
    /// Starts a node; it answers calls when this returns.
    ///
    /// # Errors
    ///
    /// [`NodeError::Listen`] if the port cannot be opened.
    pub async fn start(config: NodeConfig) -> Result<Self, NodeError> {
        let ledger = Ledger::new(&Genesis {
            chain_id: config.chain_id,
            base_fee: config.base_fee,
            gas_limit: config.block_gas_limit,
            balances: config
                .accounts
                .iter()
                .map(|(address, balance)| (convert::address(*address), convert::amount(*balance)))
                .collect(),
            now: host_clock,
        });
        let shared = Arc::new(Shared::new(ledger, config.mining));
        let (address, server) = rpc::serve(
            (Ipv4Addr::LOCALHOST, config.port).into(),
            Arc::clone(&shared),
        )
        .await
        .map_err(|source| NodeError::Listen {
            port: config.port,
            source,
        })?;
        let miner = tokio::spawn(miner::run(Arc::clone(&shared))).abort_handle();
        tracing::debug!(%address, chain_id = config.chain_id, "dev chain started");
        Ok(Self {
            shared,
            address,
            server,
            miner,
        })
    }

    /// The URL of the JSON-RPC over HTTP.
    #[must_use]
    pub fn http_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The URL of the JSON-RPC over WebSocket, on the same port.
    #[must_use]
    pub fn ws_url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// The chain itself, without the RPC in between.
    #[must_use]
    pub fn chain(&self) -> ChainHandle {
        ChainHandle::new(Arc::clone(&self.shared))
    }

    /// Stops the node and waits until its port and all connections are closed.
    pub async fn stop(self) {
        let server = self.server.clone();
        drop(self);
        server.stopped().await;
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.miner.abort();
        // An error only says that the server has stopped already, with its runtime.
        let _ = self.server.stop();
    }
}

fn host_clock() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
