//! Who publishes in the fault matrix: our client, and others as they are meant to be used.

use std::{
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use ogpu_client::{Client, TaskInfo, TaskInput, Wei};
use serde::Deserialize;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::{sleep, timeout_at},
};

use crate::{intent, network::Network};

/// The account that publishes.
const ACCOUNT: u64 = 0;

/// A column of the matrix.
#[derive(Clone, Debug)]
pub(crate) enum Peer {
    Ours,
    /// A program that takes an order as its last argument and answers in lines of JSON.
    Program {
        name: &'static str,
        command: Vec<PathBuf>,
    },
}

/// What a caller has heard of one publish.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Heard {
    pub(crate) number: u64,
    pub(crate) ok: bool,
    pub(crate) millis: u64,
    #[serde(default)]
    pub(crate) error: String,
}

impl Peer {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Ours => "this SDK",
            Self::Program { name, .. } => name,
        }
    }

    /// Publishes so many tasks one after the other, calling once for each; what was not heard within
    /// the limit is missing.
    pub(crate) async fn publish(
        &self,
        network: &Network,
        tasks: u64,
        limit: Duration,
    ) -> Result<Vec<Heard>> {
        match self {
            Self::Ours => ours(network, tasks, limit).await,
            Self::Program { command, .. } => program(network, command, tasks, limit).await,
        }
    }
}

async fn ours(network: &Network, tasks: u64, limit: Duration) -> Result<Vec<Heard>> {
    let client = Client::builder()
        .chain(network.devnet.chain_spec())
        .signer(intent::signer(network.seed, ACCOUNT)?)
        .build()?;
    let give_up = tokio::time::Instant::now() + limit;
    let mut heard = Vec::new();
    for number in 0..tasks {
        let started = Instant::now();
        let task = TaskInfo {
            source: network.source,
            config: TaskInput::new("soak", &number)?,
            expiry_time: network.expiry_time,
            payment: Wei::from(intent::payment(number)),
        };
        let Ok(answer) = timeout_at(give_up, client.publish_task(&task).into_future()).await else {
            break;
        };
        let ok = answer.is_ok();
        heard.push(Heard {
            number,
            ok,
            millis: u64::try_from(started.elapsed().as_millis())?,
            error: answer.err().map_or_else(String::new, |e| e.to_string()),
        });
        if !ok {
            // As somebody does who has just seen a failure.
            sleep(Duration::from_millis(500)).await;
        }
    }
    Ok(heard)
}

async fn program(
    network: &Network,
    command: &[PathBuf],
    tasks: u64,
    limit: Duration,
) -> Result<Vec<Heard>> {
    let contracts = network.devnet.contracts();
    let services = network.devnet.services();
    let config = json!({ "function_name": "soak", "data": 0 }).to_string();
    let order = json!({
        "rpc": network.devnet.chain_spec().rpc_url().expose(),
        "chain": network.devnet.chain_spec().id().get(),
        "pin": services.pin_url(),
        "config": services.put(config, "application/json"),
        "nexus": contracts.nexus,
        "controller": contracts.controller,
        "terminal": contracts.terminal,
        "vault": contracts.vault,
        "source": network.source,
        "key": hex::encode(intent::secret(network.seed, ACCOUNT)),
        "expiry": network.expiry_time,
        "payment": intent::payment(0),
        "tasks": tasks,
    });
    let (program, args) = command.split_first().context("an empty command")?;
    let mut process = Command::new(program)
        .args(args)
        .arg(order.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let output = process.stdout.take().context("no output")?;
    let mut lines = BufReader::new(output).lines();
    let give_up = tokio::time::Instant::now() + limit;
    let mut heard = Vec::new();
    while let Ok(Some(line)) = timeout_at(give_up, lines.next_line())
        .await
        .unwrap_or(Ok(None))
    {
        heard.push(serde_json::from_str(&line).with_context(|| format!("no answer: {line}"))?);
    }
    process.kill().await?;
    Ok(heard)
}
