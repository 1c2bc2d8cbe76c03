//! One look at new blocks for all providers: which tasks were published.

use std::time::Duration;

use ogpu_chain::Contract;
use ogpu_client::Client;
use ogpu_contracts::{event, nexus};
use ogpu_types::{Address, Hash32, HexBytes, Log, TxHash};
use serde::Deserialize;
use serde_json::json;
use tokio::{sync::broadcast, task::AbortHandle};

/// Between two looks at the chain: well below the patience of a test, far above a call's cost.
const PAUSE: Duration = Duration::from_millis(20);
/// Tasks that a provider may be behind; a slow one misses what comes before.
const BACKLOG: usize = 4_096;

/// A task and the source that it was published to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NewTask {
    pub(crate) task: Address,
    pub(crate) source: Address,
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
struct RawLog {
    address: Address,
    topics: Vec<Hash32>,
    data: HexBytes,
}

async fn poll(client: Client, tasks: broadcast::Sender<NewTask>) {
    let nexus = client.chain().contract(Contract::Nexus);
    let topic = event::topic::<nexus::TaskPublishedFilter>();
    let mut next = 0;
    loop {
        match published_since(&client, nexus, topic, next).await {
            Ok((head, found)) => {
                for task in found {
                    // Nobody listening is no failure.
                    let _ = tasks.send(task);
                }
                // A head below what was seen is a chain that was set back: its next blocks are new.
                next = head + 1;
            }
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(error, "cannot look for new tasks");
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The tasks in the blocks from `from` to the head, and the head's number.
async fn published_since(
    client: &Client,
    nexus: Address,
    topic: Hash32,
    from: u64,
) -> Result<(u64, Vec<NewTask>), ogpu_client::RpcError> {
    let head: String = client.rpc().call("eth_blockNumber", ()).await?;
    let head = u64::from_str_radix(head.trim_start_matches("0x"), 16).unwrap_or(0);
    if head < from {
        return Ok((head, Vec::new()));
    }
    let filter = json!([{
        "address": nexus,
        "topics": [topic],
        "fromBlock": format!("{from:#x}"),
        "toBlock": format!("{head:#x}"),
    }]);
    let logs: Vec<RawLog> = client.rpc().call("eth_getLogs", filter).await?;
    let found = logs
        .into_iter()
        .map(|log| {
            Log::new(
                log.address,
                log.topics,
                log.data,
                head,
                TxHash::new([0; 32]),
                0,
            )
        })
        .filter_map(|log| event::decode::<nexus::TaskPublishedFilter>(&log))
        .map(|event| NewTask {
            task: event.task.into(),
            source: event.source.into(),
        })
        .collect();
    Ok((head, found))
}
