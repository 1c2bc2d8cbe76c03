//! One seed: a network, its callers, and the audit of both.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use ogpu_client::ChainId;
use ogpu_tx::Policy;
use serde_json::json;
use tokio::time::sleep;

use crate::{
    assignment::Assignment,
    audit, caller,
    intent::CALLERS,
    network::Network,
    node::{Node, quantity},
    options::Options,
    progress::{self, Entry, News},
    replay::Replay,
    report::Outcome,
    secrets::Canaries,
    supervisor::{self, Caller},
    tally::Tally,
    traces,
};

/// Fillings of holes may still be under way when the last task is published.
const SETTLING: Duration = Duration::from_secs(20);

/// Runs one seed and audits it.
pub(crate) async fn run(options: &Options, seed: u64) -> Result<Outcome> {
    let tasks = options.tasks_of(seed);
    let files = tempfile::Builder::new().prefix("ogpu-soak-").tempdir()?;
    let network = Network::start(ChainId::OGPU_TESTNET, options.block_time, seed).await?;
    let mut callers = callers(options, &network, seed, files.path())?;

    let faults = network.devnet.faults();
    faults.set(&options.preset.plan(seed));
    let started = Instant::now();
    let mut tally = Tally::new(faults);
    let mut dice = fastrand::Rng::with_seed(seed);
    let supervision = supervisor::run(
        &mut callers,
        options.kills,
        tasks,
        options.limit,
        &mut dice,
        &mut tally,
    )
    .await?;
    let elapsed = started.elapsed();
    faults.clear();
    tally.count();

    let node = Node::new(network.devnet.node_url());
    settle(&network, &node).await?;
    let mut entries = Vec::new();
    for caller in &callers {
        entries.extend(progress::read(&caller.directory)?);
    }
    let audit = audit::run(&network, &node, tasks, &progress::ended(&entries)).await?;
    let checked = check_files(&network, &callers)?;

    let mut outcome = Outcome {
        seed,
        tasks,
        kills: supervision.kills,
        elapsed,
        counts: tally.counts,
        on_chain: audit.tasks_on_chain,
        fills: audit.fills,
        transitions: checked.replay.transitions,
        log_bytes: checked.log_bytes,
        ..Outcome::default()
    };
    outcome.hear(&entries);
    let wrong = entries.iter().filter_map(wrong);
    outcome.discrepancies = supervision.discrepancies;
    outcome.discrepancies.extend(audit.discrepancies);
    outcome.discrepancies.extend(wrong);
    outcome.discrepancies.extend(checked.replay.discrepancies);
    outcome.discrepancies.extend(checked.leaks);
    if !outcome.discrepancies.is_empty() || options.keeps_files {
        outcome.kept = Some((options.reproduction(seed), files.keep()));
    }
    Ok(outcome)
}

fn wrong(entry: &Entry) -> Option<String> {
    match &entry.news {
        News::Wrong { what } => Some(format!("intent {}: {what}", entry.number)),
        _ => None,
    }
}

fn callers(options: &Options, network: &Network, seed: u64, files: &Path) -> Result<Vec<Caller>> {
    (0..CALLERS)
        .map(|caller| {
            let assignment = Assignment {
                chain: network.devnet.chain_spec().clone(),
                source: network.source,
                seed,
                caller,
                tasks: options.tasks_of(seed),
                concurrency: options.concurrency.div_ceil(usize::try_from(CALLERS)?),
                expiry_time: network.expiry_time,
                journal: files.join("journal.db"),
            };
            Caller::new(files.join(format!("caller-{caller}")), &assignment)
        })
        .collect()
}

/// Waits until nothing of the accounts waits for a block, and the last blocks are beyond change.
pub(crate) async fn settle(network: &Network, node: &Node) -> Result<()> {
    let give_up = Instant::now() + SETTLING;
    let mut calm_since = None;
    loop {
        let head = quantity(&node.call("eth_blockNumber", json!([])).await?)?;
        let mut is_calm = true;
        for account in &network.accounts {
            let count = async |tag: &str| {
                let params = json!([account.address, tag]);
                quantity(&node.call("eth_getTransactionCount", params).await?)
            };
            is_calm &= count("latest").await? == count("pending").await?;
        }
        let since = *calm_since.get_or_insert(head);
        if !is_calm {
            calm_since = None;
        } else if head >= since + 4 {
            return Ok(());
        }
        if Instant::now() > give_up {
            // The audit says what is wrong.
            return Ok(());
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// What the callers' files say.
#[derive(Default)]
struct Checked {
    replay: Replay,
    leaks: Vec<String>,
    log_bytes: u64,
}

fn check_files(network: &Network, callers: &[Caller]) -> Result<Checked> {
    let mut canaries = Canaries::default();
    for (number, account) in network.accounts.iter().enumerate() {
        canaries.add(&format!("the key of account {number}"), &account.secret);
    }
    let mut checked = Checked::default();
    let policy: Policy = caller::policy();
    for caller in callers {
        let mut files: Vec<PathBuf> = vec![caller.directory.join("progress.jsonl")];
        for incarnation in 0..caller.incarnations {
            let transitions = traces::transitions_path(&caller.directory, incarnation);
            checked.replay.add(&transitions, policy)?;
            files.push(transitions);
            files.push(traces::log_path(&caller.directory, incarnation));
            files.push(supervisor::output_path(&caller.directory, incarnation));
        }
        for file in files.iter().filter(|file| file.exists()) {
            checked.log_bytes += file.metadata().context("cannot look at a log")?.len();
            for leak in canaries.found_in(file)? {
                checked
                    .leaks
                    .push(format!("{leak} is in {}", file.display()));
            }
        }
    }
    Ok(checked)
}
