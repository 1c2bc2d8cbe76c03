//! The chain below a dev network: embedded, or an anvil process.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use ogpu_client::{Client, RpcError};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use super::DevnetError;
use crate::chain::{Mining, Node, NodeConfig};

/// How long an anvil process may take to open its port.
const ANVIL_START: Duration = Duration::from_secs(30);
const LISTENING: &str = "Listening on ";

/// A running chain; it ends when this is dropped.
#[derive(Debug)]
pub(super) enum Backend {
    Embedded(Node),
    Anvil(Anvil),
}

impl Backend {
    pub(super) async fn start(
        anvil: Option<&Path>,
        config: NodeConfig,
    ) -> Result<Self, DevnetError> {
        match anvil {
            None => Node::start(config)
                .await
                .map(Self::Embedded)
                .map_err(|source| DevnetError::Node { source }),
            Some(program) => Anvil::start(program, &config).await.map(Self::Anvil),
        }
    }

    /// Switches when blocks are mined.
    pub(super) async fn set_mining(&self, mining: Mining, client: &Client) -> Result<(), RpcError> {
        match self {
            Self::Embedded(node) => {
                node.chain().set_mining(mining);
                Ok(())
            }
            Self::Anvil(_) => {
                // Whole seconds are what anvil understands.
                let seconds = match mining {
                    Mining::Interval(interval) => interval.as_secs().max(1),
                    Mining::Instant | Mining::Manual => 0,
                };
                let rpc = client.rpc();
                let instant = mining == Mining::Instant;
                rpc.call::<Value>("evm_setIntervalMining", [seconds])
                    .await?;
                rpc.call::<Value>("evm_setAutomine", [instant]).await?;
                Ok(())
            }
        }
    }

    pub(super) fn http_url(&self) -> String {
        match self {
            Self::Embedded(node) => node.http_url(),
            Self::Anvil(anvil) => format!("http://{}", anvil.address),
        }
    }

    pub(super) fn ws_url(&self) -> String {
        match self {
            Self::Embedded(node) => node.ws_url(),
            Self::Anvil(anvil) => format!("ws://{}", anvil.address),
        }
    }
}

/// An anvil process.
#[derive(Debug)]
pub(super) struct Anvil {
    address: String,
    /// Killed when dropped.
    _process: Child,
    /// Where it keeps old states, in the user's home unless told otherwise; removed when dropped.
    _states: TempDir,
}

impl Anvil {
    async fn start(program: &Path, config: &NodeConfig) -> Result<Self, DevnetError> {
        let failed = |problem: AnvilProblem| DevnetError::Anvil {
            program: PathBuf::from(program),
            problem,
        };
        let states =
            tempfile::tempdir().map_err(|source| failed(AnvilProblem::Spawn { source }))?;
        let mut process = Command::new(program)
            .args(arguments(config))
            .arg("--cache-path")
            .arg(states.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| failed(AnvilProblem::Spawn { source }))?;
        let output = process
            .stdout
            .take()
            .expect("the standard output was asked for above");
        let mut lines = BufReader::new(output).lines();
        let address = tokio::time::timeout(ANVIL_START, address_in(&mut lines))
            .await
            .map_err(|_| failed(AnvilProblem::Silent { limit: ANVIL_START }))?
            .map_err(|source| failed(AnvilProblem::Output { source }))?
            .ok_or_else(|| failed(AnvilProblem::Ended))?;
        // It stops when nobody reads what it prints.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self {
            address,
            _process: process,
            _states: states,
        })
    }
}

/// What went wrong with an anvil process.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnvilProblem {
    /// It could not be started.
    #[error("it cannot be started")]
    Spawn {
        /// What the operating system said.
        source: io::Error,
    },
    /// Its output could not be read.
    #[error("its output cannot be read")]
    Output {
        /// What the operating system said.
        source: io::Error,
    },
    /// It ended before it opened a port.
    #[error("it ended before it opened a port")]
    Ended,
    /// It did not open a port in time.
    #[error("it did not open a port within {limit:?}")]
    Silent {
        /// The time that was allowed.
        limit: Duration,
    },
}

async fn address_in(lines: &mut Lines<BufReader<ChildStdout>>) -> io::Result<Option<String>> {
    while let Some(line) = lines.next_line().await? {
        if let Some((_, address)) = line.split_once(LISTENING) {
            return Ok(Some(address.trim().to_owned()));
        }
    }
    Ok(None)
}

fn arguments(config: &NodeConfig) -> Vec<String> {
    let mut arguments: Vec<String> = [
        "--host",
        "127.0.0.1",
        "--port",
        &config.port.to_string(),
        "--chain-id",
        &config.chain_id.to_string(),
        "--gas-limit",
        &config.block_gas_limit.to_string(),
        "--accounts",
        "1",
    ]
    .map(str::to_owned)
    .into();
    match config.base_fee {
        Some(fee) => arguments.extend(["--base-fee".to_owned(), fee.to_string()]),
        None => arguments.extend(["--hardfork".to_owned(), "berlin".to_owned()]),
    }
    arguments
}
