//! How a simulated provider is set up and told what to serve.

use std::{
    collections::HashSet,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ogpu_chain::Contract;
use ogpu_client::{Signer, TransactionRequest};
use ogpu_contracts::ContractCall;
use ogpu_types::{Address, Environment, SourceAddress, TaskInput, Wei};
use serde::Serialize;
use serde_json::Value;
use tokio::task::AbortHandle;

use super::worker;
use crate::network::{DevnetError, Shared};

/// What a provider owns before it locks anything.
const FUNDS: Wei = Wei::from_ether(10_000);
/// What a provider locks: enough for the protocol's minimum and for most sources.
const LOCKUP: Wei = Wei::from_ether(100);

/// What becomes of a task's input.
pub(super) type Handler = Arc<
    dyn Fn(TaskInput) -> Pin<Box<dyn Future<Output = Result<Value, serde_json::Error>> + Send>>
        + Send
        + Sync,
>;

/// How a provider behaves.
#[derive(Clone)]
pub(super) struct Conduct {
    pub(super) handler: Handler,
    pub(super) delay: Duration,
    pub(super) answer: AnswerKind,
}

/// What a provider puts on chain.
#[derive(Clone, Debug)]
pub(super) enum AnswerKind {
    /// The link to its pinned answer.
    Link,
    /// The answer itself.
    Inline,
    /// This text, whatever the task says.
    Fixed(String),
    /// Nothing: it attempts, and is never heard of again.
    Nothing,
    /// Nothing at all: it does not even attempt.
    Idle,
}

/// The options of a [`SimulatedProvider`].
#[must_use = "call `start` to get the provider"]
pub struct ProviderBuilder {
    shared: Arc<Shared>,
    conduct: Conduct,
}

impl std::fmt::Debug for ProviderBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderBuilder")
            .field("delay", &self.conduct.delay)
            .field("answer", &self.conduct.answer)
            .finish_non_exhaustive()
    }
}

impl ProviderBuilder {
    pub(crate) fn new<H, F, T>(shared: Arc<Shared>, handler: H) -> Self
    where
        H: Fn(TaskInput) -> F + Send + Sync + 'static,
        F: Future<Output = T> + Send + 'static,
        T: Serialize,
    {
        let handler: Handler = Arc::new(move |input| {
            let answer = handler(input);
            Box::pin(async move { serde_json::to_value(answer.await) })
        });
        Self {
            shared,
            conduct: Conduct {
                handler,
                delay: Duration::ZERO,
                answer: AnswerKind::Link,
            },
        }
    }

    /// Waits this long between attempt and response. Defaults to not at all.
    pub fn slow(mut self, delay: Duration) -> Self {
        self.conduct.delay = delay;
        self
    }

    /// Attempts tasks but never responds.
    pub fn silent(mut self) -> Self {
        self.conduct.answer = AnswerKind::Nothing;
        self
    }

    /// Only registers: what it does is up to the test, with [`signer`](SimulatedProvider::signer).
    pub fn idle(mut self) -> Self {
        self.conduct.answer = AnswerKind::Idle;
        self
    }

    /// Puts the answer itself on chain. Defaults to pinning it and putting its link there.
    pub fn inline(mut self) -> Self {
        self.conduct.answer = AnswerKind::Inline;
        self
    }

    /// Responds with this text whatever the task asks, such as a link to nothing.
    pub fn wrong(mut self, data: impl Into<String>) -> Self {
        self.conduct.answer = AnswerKind::Fixed(data.into());
        self
    }

    /// Funds the provider's account, locks 100 OGPU of it in the vault, and starts to listen.
    ///
    /// # Errors
    ///
    /// [`DevnetError`] when a transaction of the set-up fails.
    pub async fn start(self) -> Result<SimulatedProvider, DevnetError> {
        let Self { shared, conduct } = self;
        let signer = shared.new_provider_signer();
        let address = signer.address();
        shared.set_balance(address, FUNDS).await?;

        let client = &shared.client;
        client
            .vault()
            .deposit(address, LOCKUP, &signer)
            .await
            .map_err(DevnetError::setup("deposit a provider's lockup"))?;
        client
            .vault()
            .lock(LOCKUP, &signer)
            .await
            .map_err(DevnetError::setup("lock a provider's deposit"))?;

        let served = Arc::new(Mutex::new(HashSet::new()));
        let worker = tokio::spawn(worker::run(
            Arc::clone(&shared),
            signer.clone(),
            conduct,
            Arc::clone(&served),
            shared.feed.subscribe(),
        ))
        .abort_handle();
        Ok(SimulatedProvider {
            shared,
            signer,
            served,
            worker,
        })
    }
}

/// A provider that answers the tasks of the sources it serves, until it is dropped.
#[derive(Debug)]
#[must_use = "a provider stops when it is dropped"]
pub struct SimulatedProvider {
    shared: Arc<Shared>,
    signer: Signer,
    served: Arc<Mutex<HashSet<SourceAddress>>>,
    worker: AbortHandle,
}

impl SimulatedProvider {
    /// The provider's account.
    pub fn address(&self) -> Address {
        self.signer.address()
    }

    /// The provider's key.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Registers with a source for CPU work, and answers every task published to it from now on.
    ///
    /// # Errors
    ///
    /// [`DevnetError::Setup`] when the network refuses, such as for a source that wants a larger
    /// lockup or offers no CPU image.
    pub async fn serve(&self, source: impl Into<SourceAddress> + Send) -> Result<(), DevnetError> {
        self.serve_on(source, Environment::CPU).await
    }

    /// [`serve`](Self::serve) in another environment that the source offers.
    ///
    /// # Errors
    ///
    /// As [`serve`](Self::serve).
    pub async fn serve_on(
        &self,
        source: impl Into<SourceAddress> + Send,
        environment: Environment,
    ) -> Result<(), DevnetError> {
        let source = source.into();
        let provider = self.shared.client.provider(self.address());
        provider
            .register(source, environment)
            .signer(&self.signer)
            .await
            .map_err(DevnetError::setup("register a provider"))?;
        self.served
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(source);
        Ok(())
    }
}

impl Drop for SimulatedProvider {
    fn drop(&mut self) {
        self.worker.abort();
    }
}

/// One transaction of a provider.
pub(super) async fn send(
    shared: &Shared,
    signer: &Signer,
    contract: Contract,
    call: impl ContractCall,
) -> Result<(), ogpu_client::Error> {
    let to = shared.client.chain().contract(contract);
    shared
        .client
        .send_transaction(TransactionRequest::call(to, call.call_data()))
        .signer(signer)
        .await
        .map(drop)
}
