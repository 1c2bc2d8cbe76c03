//! One look at new blocks for all providers: which tasks were published.

use std::{collections::HashSet, ops::RangeInclusive, time::Duration};

use ogpu_chain::Contract;
use ogpu_client::{Client, RpcError};
use ogpu_contracts::{event, nexus};
use ogpu_types::{Address, Hash32, HexBytes, Log, SourceAddress, TaskAddress, TxHash};
use serde::Deserialize;
use serde_json::json;
use tokio::{sync::broadcast, task::AbortHandle};

/// Between two looks at the chain: well below the patience of a test, far above a call's cost.
const PAUSE: Duration = Duration::from_millis(20);
/// Blocks that are looked through again with every new one: a reorganisation may have replaced them.
const AGAIN: u64 = 16;
/// Tasks that a provider may be behind; a slow one misses what comes before.
const BACKLOG: usize = 4_096;

/// A task and the source that it was published to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NewTask {
    pub(crate) task: TaskAddress,
    pub(crate) source: SourceAddress,
}

/// Tells every provider of every new task; stops when it is dropped.
#[derive(Debug)]
pub(crate) struct TaskFeed {
    tasks: broadcast::Sender<NewTask>,
    poller: AbortHandle,
}

impl TaskFeed {
    pub(crate) fn start(client: Client) -> Self {
        let (tasks, _) = broadcast::channel(BACKLOG);
        let poller = tokio::spawn(poll(client, tasks.clone())).abort_handle();
        Self { tasks, poller }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<NewTask> {
        self.tasks.subscribe()
    }
}

impl Drop for TaskFeed {
    fn drop(&mut self) {
        self.poller.abort();
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawLog {
    address: Address,
    topics: Vec<Hash32>,
    data: HexBytes,
    block_hash: Hash32,
}

/// The latest block.
#[derive(Deserialize)]
struct Head {
    number: String,
    hash: Hash32,
}

/// A task and the block that it is in: in another block it is news again.
type Seen = HashSet<(Hash32, TaskAddress)>;

async fn poll(client: Client, tasks: broadcast::Sender<NewTask>) {
    let nexus = client.chain().contract(Contract::Nexus);
    let topic = event::topic::<nexus::TaskPublishedFilter>();
    let (mut next, mut latest, mut seen) = (0_u64, None, Seen::new());
    loop {
        match head(&client).await {
            Ok((_, hash)) if latest == Some(hash) => {}
            Ok((number, hash)) => {
                let from = next.min(number + 1).saturating_sub(AGAIN);
                match published(&client, nexus, topic, from..=number).await {
                    Ok(found) => {
                        for (block, task) in &found {
                            if !seen.contains(&(*block, task.task)) {
                                // Nobody listening is no failure.
                                let _ = tasks.send(*task);
                            }
                        }
                        seen = found
                            .into_iter()
                            .map(|(block, task)| (block, task.task))
                            .collect();
                        (next, latest) = (number + 1, Some(hash));
                    }
                    Err(error) => warn(&error),
                }
            }
            Err(error) => warn(&error),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn warn(error: &RpcError) {
    let error: &(dyn std::error::Error + 'static) = error;
    tracing::warn!(error, "cannot look for new tasks");
}

async fn head(client: &Client) -> Result<(u64, Hash32), RpcError> {
    let head: Head = client
        .rpc()
        .call("eth_getBlockByNumber", json!(["latest", false]))
        .await?;
    let number = u64::from_str_radix(head.number.trim_start_matches("0x"), 16).unwrap_or(0);
    Ok((number, head.hash))
}

/// The tasks in those blocks, each with its block's hash.
async fn published(
    client: &Client,
    nexus: Address,
    topic: Hash32,
    blocks: RangeInclusive<u64>,
) -> Result<Vec<(Hash32, NewTask)>, RpcError> {
    let filter = json!([{
        "address": nexus,
        "topics": [topic],
        "fromBlock": format!("{:#x}", blocks.start()),
        "toBlock": format!("{:#x}", blocks.end()),
    }]);
    let logs: Vec<RawLog> = client.rpc().call("eth_getLogs", filter).await?;
    let task = |log: RawLog| {
        let log = Log::new(
            log.address,
            log.topics,
            log.data,
            *blocks.end(),
            log.block_hash,
            TxHash::new([0; 32]),
            0,
        );
        let event = event::decode::<nexus::TaskPublishedFilter>(&log)?;
        Some(NewTask {
            task: event.task.into(),
            source: event.source.into(),
        })
    };
    Ok(logs
        .into_iter()
        .filter_map(|log| Some((log.block_hash, task(log)?)))
        .collect())
}

#[cfg(test)]
mod tests {
    use ogpu_client::{DeliveryMethod, ImageEnvironments, SourceInfo, TaskInfo};
    use ogpu_types::{TaskInput, Wei};

    use super::*;
    use crate::{Devnet, Orphans};

    #[tokio::test]
    async fn a_task_that_a_reorganisation_moves_is_told_again() {
        let devnet = Devnet::start().await.unwrap();
        let client = devnet.client();
        let account = devnet.accounts().client();
        let source = client
            .publish_source(&SourceInfo {
                name: "echo".into(),
                description: String::new(),
                logo_url: String::new(),
                image_envs: ImageEnvironments::cpu("https://example.org/compose.yml"),
                min_payment: Wei::ZERO,
                min_available_lockup: Wei::ZERO,
                max_expiry_duration: 3_600,
                delivery_method: DeliveryMethod::FirstResponse,
            })
            .await
            .unwrap();
        client
            .vault()
            .deposit(account.address(), Wei::from_ether(1), account)
            .await
            .unwrap();
        let feed = TaskFeed::start(client.clone());
        let mut tasks = feed.subscribe();
        let published = client
            .publish_task(&TaskInfo {
                source: source.address,
                config: TaskInput::new("run", &1).unwrap(),
                expiry_time: devnet_time(&client).await + 600,
                payment: Wei::from_gwei(1),
            })
            .await
            .unwrap();
        assert_eq!(tasks.recv().await.unwrap().task, published.address);
        devnet.reorg_with(1, Orphans::Delayed).await.unwrap();
        assert_eq!(tasks.recv().await.unwrap().task, published.address);
    }

    async fn devnet_time(client: &Client) -> u64 {
        let block: serde_json::Value = client
            .rpc()
            .call("eth_getBlockByNumber", json!(["latest", false]))
            .await
            .unwrap();
        let time = block["timestamp"].as_str().unwrap();
        u64::from_str_radix(time.trim_start_matches("0x"), 16).unwrap()
    }
}
