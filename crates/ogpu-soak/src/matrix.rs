//! The fault matrix: each fault alone, against our client and others.

use std::{collections::BTreeMap, fmt::Write, path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail};
use futures::{StreamExt, TryStreamExt, stream};
use ogpu_client::ChainId;

use crate::{
    audit,
    network::Network,
    node::Node,
    peers::{Heard, Peer},
    presets::{PRESETS, Preset},
    round,
    tally::Tally,
};

/// Publishes in each cell.
const TASKS: u64 = 20;
/// The longest that a cell may take.
const LIMIT: Duration = Duration::from_secs(100);
const BLOCK_TIME: Duration = Duration::from_millis(200);
/// Cells at the same time.
const AT_ONCE: usize = 12;
const SEED: u64 = 1;

/// How one peer fared under one fault.
struct Cell {
    preset: &'static Preset,
    peer: &'static str,
    /// Tasks beyond the one that was asked for.
    doubled: usize,
    /// Success was told, and there is no task.
    lost: usize,
    /// Failure was told, and there is a task.
    misreported: usize,
    /// Failure was told, and there is none.
    failed: usize,
    /// Nothing was told in time.
    unheard: u64,
    /// Of successes, in milliseconds, sorted.
    latencies: Vec<u64>,
    requests: u64,
    /// The first error that was told.
    error: Option<String>,
}

/// Runs every cell, and writes the matrix as Markdown.
pub(crate) async fn run(args: &[String]) -> Result<String> {
    let mut peers = vec![Peer::Ours];
    for arg in args {
        let (name, command) = arg.split_once('=').context("a peer is name=command")?;
        let name = match name {
            "python" => "Python SDK 0.2.3",
            "ethers" => "ethers 2.0.14",
            _ => bail!("there is no peer of the name `{name}`"),
        };
        let command = command.split(',').map(PathBuf::from).collect();
        peers.push(Peer::Program { name, command });
    }
    let places: Vec<(&'static Preset, Peer)> = PRESETS
        .iter()
        .filter(|preset| preset.name != "heavy")
        .flat_map(|preset| peers.iter().map(move |peer| (preset, peer.clone())))
        .collect();
    let cells: Vec<Cell> = stream::iter(places)
        .map(|(preset, peer)| cell(preset, peer))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    table(&cells)
}

async fn cell(preset: &'static Preset, peer: Peer) -> Result<Cell> {
    let network = Network::start(ChainId::OGPU_TESTNET, BLOCK_TIME, SEED).await?;
    let faults = network.devnet.faults();
    faults.set(&preset.plan(SEED));
    let mut tally = Tally::new(faults);
    let heard = peer.publish(&network, TASKS, LIMIT).await?;
    tally.count();
    faults.clear();
    let node = Node::new(network.devnet.node_url());
    round::settle(&network, &node).await?;
    let on_chain = audit::count(&network, &node).await?;
    Ok(judge(
        preset,
        &peer,
        &heard,
        &on_chain,
        tally.counts.rpc_requests,
    ))
}

fn judge(
    preset: &'static Preset,
    peer: &Peer,
    heard: &[Heard],
    on_chain: &BTreeMap<u64, usize>,
    requests: u64,
) -> Cell {
    let told = |ok: bool, is_there: bool| {
        let fits = |one: &&Heard| one.ok == ok && on_chain.contains_key(&one.number) == is_there;
        heard.iter().filter(fits).count()
    };
    let mut latencies: Vec<u64> = heard
        .iter()
        .filter(|one| one.ok)
        .map(|one| one.millis)
        .collect();
    latencies.sort_unstable();
    Cell {
        preset,
        peer: peer.name(),
        doubled: on_chain.values().map(|count| count - 1).sum(),
        lost: told(true, false),
        misreported: told(false, true),
        failed: told(false, false),
        unheard: TASKS - heard.len() as u64,
        latencies,
        requests,
        error: heard
            .iter()
            .find(|one| !one.ok)
            .map(|one| one.error.clone()),
    }
}

impl Cell {
    fn percentile(&self, percent: usize) -> String {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies
            .get((last * percent).div_ceil(100))
            .map_or_else(|| "-".to_owned(), u64::to_string)
    }

    #[expect(clippy::cast_precision_loss, reason = "for the eye, at one digit")]
    fn requests_each(&self) -> f64 {
        self.requests as f64 / (TASKS - self.unheard).max(1) as f64
    }
}

fn table(cells: &[Cell]) -> Result<String> {
    let mut text = format!(
        "# The fault matrix

Each cell: {TASKS} tasks published one after the other, each by one call (half a second after
one that failed), on a network of its own with a block every {} ms, while one fault goes on. `cargo xtask fault-matrix` writes this file anew.

- doubled: tasks on chain beyond the one asked for. Each is paid for.
- lost: success was told, and no such task is on chain in the end.
- misreported: failure was told, and the task is on chain.
- failed: failure was told, and nothing is on chain.
- unheard: no answer within {} s for the whole cell.
- p50 and p99: of calls that told success, in milliseconds. Requests: JSON-RPC over HTTP, each batch
  counting once, for each task.

The Python SDK is as published, with its table of chains pointed at the network. ethers is used as its
documentation shows it: `SignerMiddleware` over `Provider<Http>`, `send().await?.await?`, polling every
100 ms; it is given a configuration that is uploaded already.

| fault | client | doubled | lost | misreported | failed | unheard | p50 | p99 | requests |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|
",
        BLOCK_TIME.as_millis(),
        LIMIT.as_secs(),
    );
    for cell in cells {
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {:.1} |",
            cell.preset.about,
            cell.peer,
            cell.doubled,
            cell.lost,
            cell.misreported,
            cell.failed,
            cell.unheard,
            cell.percentile(50),
            cell.percentile(99),
            cell.requests_each(),
        )?;
    }
    text.push_str("\nThe first error that a caller was told:\n\n");
    for cell in cells {
        if let Some(error) = &cell.error {
            let line: String = error.replace(['\n', '`'], " ").chars().take(160).collect();
            writeln!(text, "- {}, {}: `{line}`", cell.preset.name, cell.peer)?;
        }
    }
    Ok(text)
}
