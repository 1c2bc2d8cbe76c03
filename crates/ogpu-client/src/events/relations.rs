//! What belongs to what: tasks to sources, responses to tasks and providers, sources to clients.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ogpu_contracts::{ContractCall, response, source, task};
use ogpu_types::{
    Address, NexusEvent, ProtocolEvent, ResponseAddress, ResponseParams, SourceAddress, TaskAddress,
};
use tokio::sync::OnceCell;

use crate::{Client, ReadCause, ReadError};

/// How many relations of each kind are remembered; beyond that, they are learned anew.
const MOST: usize = 20_000;

/// Relations, as far as they are known. All of a client's watchers share them.
#[derive(Debug, Default)]
pub(crate) struct Relations {
    sources: Known<TaskAddress, SourceAddress>,
    responses: Known<ResponseAddress, (TaskAddress, Address)>,
    clients: Known<SourceAddress, Address>,
}

/// Each value is asked for once, however many want it at the same time.
#[derive(Debug)]
struct Known<K, V>(Mutex<HashMap<K, Arc<OnceCell<V>>>>);

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K, V> Known<K, V>
where
    K: Hash + Eq + Copy + Send + Sync,
    V: Copy + Send + Sync,
{
    fn entries(&self) -> MutexGuard<'_, HashMap<K, Arc<OnceCell<V>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cell(&self, key: K) -> Arc<OnceCell<V>> {
        let mut entries = self.entries();
        if entries.len() >= MOST && !entries.contains_key(&key) {
            entries.clear();
        }
        Arc::clone(entries.entry(key).or_default())
    }

    fn learn(&self, key: K, value: V) {
        let mut entries = self.entries();
        if entries.len() >= MOST {
            entries.clear();
        }
        entries.insert(key, Arc::new(OnceCell::from(value)));
    }

    /// The value; `None` if nothing is there that has one.
    async fn get(
        &self,
        key: K,
        read: impl Future<Output = Result<V, ReadError>> + Send,
    ) -> Result<Option<V>, ReadError> {
        match self.cell(key).get_or_try_init(|| read).await {
            Ok(value) => Ok(Some(*value)),
            Err(error) if matches!(error.cause, ReadCause::Rpc(_)) => Err(error),
            Err(_) => Ok(None),
        }
    }
}

impl Relations {
    /// Learns what an event says.
    pub(super) fn learn(&self, event: &ProtocolEvent) {
        match event {
            ProtocolEvent::Nexus(NexusEvent::TaskPublished { task, source }) => {
                self.sources.learn(*task, *source);
            }
            ProtocolEvent::Nexus(NexusEvent::SourceUpdated {
                source,
                source_params,
            }) => self.clients.learn(*source, source_params.client),
            _ => {}
        }
    }

    /// Forgets everything: another branch of the chain may have other contracts at the same places.
    pub(super) fn forget(&self) {
        self.sources.entries().clear();
        self.responses.entries().clear();
        self.clients.entries().clear();
    }

    pub(super) async fn source_of(
        &self,
        client: &Client,
        task: TaskAddress,
    ) -> Result<Option<SourceAddress>, ReadError> {
        let read = async {
            let source = read(client, task.into(), task::GetSourceCall).await?.0;
            Ok(source.into())
        };
        self.sources.get(task, read).await
    }

    /// The task and the provider of a response.
    pub(super) async fn origin_of(
        &self,
        client: &Client,
        response: ResponseAddress,
    ) -> Result<Option<(TaskAddress, Address)>, ReadError> {
        let read = async {
            let call = response::GetResponseParamsCall;
            let params = read(client, response.into(), call).await?.0;
            let params = ResponseParams::from(params);
            Ok((params.task, params.provider))
        };
        self.responses.get(response, read).await
    }

    pub(super) async fn client_of(
        &self,
        client: &Client,
        source: SourceAddress,
    ) -> Result<Option<Address>, ReadError> {
        let read = async {
            let owner = read(client, source.into(), source::GetClientCall).await?.0;
            Ok(owner.into())
        };
        self.clients.get(source, read).await
    }
}

async fn read<C: ContractCall>(
    client: &Client,
    contract: Address,
    call: C,
) -> Result<C::Output, ReadError> {
    client.read(contract, call).await
}
