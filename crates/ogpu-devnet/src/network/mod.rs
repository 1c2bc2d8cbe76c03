//! The whole network: chain, contracts, services, accounts and providers.

mod accounts;
mod artifacts;
mod backend;
mod builder;
mod control;
mod deploy;
mod error;

pub use accounts::{Accounts, Role};
pub use backend::AnvilProblem;
pub use builder::DevnetBuilder;
pub use deploy::Contracts;
pub use error::DevnetError;

pub(crate) use accounts::dev_signer;
pub(crate) use control::ChainControl;

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use ogpu_chain::{ChainSpec, Contract};
use ogpu_client::{Client, Signer};
use ogpu_types::{Address, TaskInput, TxHash, Wei};
use serde::Serialize;
use serde_json::json;

use self::{accounts::BALANCE, backend::Backend, deploy::deploy};
use crate::{
    chain::{Mining, Orphans, Reorg},
    faults::{FaultPlan, Faults, NodeDoor, Warden},
    provider::{ProviderBuilder, TaskFeed},
    services::{Services, ServicesConfig},
};

/// The name of the chain in its description.
const NAME: &str = "OGPU_DEVNET";

/// An OpenGPU network in this process: gone when it is dropped.
///
/// Everything in it listens on loopback ports and is reached as a real network is: by JSON-RPC and
/// HTTP.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use ogpu_devnet::Devnet;
/// use ogpu_types::Wei;
///
/// let devnet = Devnet::start().await?;
/// let client = devnet.client();
/// let account = devnet.accounts().client();
///
/// client.vault().deposit(account.address(), Wei::from_ether(5), account).await?;
/// assert_eq!(client.vault().balance_of(account.address()).await?, Wei::from_ether(5));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Devnet {
    shared: Arc<Shared>,
    faults: Faults,
    control: ChainControl,
    services: Services,
    backend: Backend,
    spec: ChainSpec,
    contracts: Contracts,
    accounts: Accounts,
}

/// What simulated providers need, for as long as they run.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) client: Client,
    pub(crate) store: crate::services::ContentStore,
    pub(crate) feed: TaskFeed,
    providers: AtomicU32,
}

impl Shared {
    /// A key that no other account of this network has.
    pub(crate) fn new_provider_signer(&self) -> Signer {
        dev_signer(
            "simulated provider",
            self.providers.fetch_add(1, Ordering::Relaxed),
        )
    }

    /// Gives an account a balance of the chain's own coins, in place of what it has.
    pub(crate) async fn set_balance(
        &self,
        account: Address,
        balance: Wei,
    ) -> Result<(), DevnetError> {
        set_balance(&self.client, account, balance).await
    }
}

impl Devnet {
    /// Starts a network with the default options.
    ///
    /// # Errors
    ///
    /// [`DevnetError`], naming the part that did not start.
    pub async fn start() -> Result<Self, DevnetError> {
        Self::builder().start().await
    }

    /// The options of a network.
    pub fn builder() -> DevnetBuilder {
        DevnetBuilder::default()
    }

    async fn start_with(mut options: DevnetBuilder) -> Result<Self, DevnetError> {
        let chain_id = options.node.chain_id;
        // Setting up takes a dozen transactions, each after the other.
        let mining = std::mem::take(&mut options.node.mining);
        let (door_port, plan) = match options.faults.take() {
            Some(plan) => (Some(std::mem::take(&mut options.node.port)), plan),
            None => (None, FaultPlan::none()),
        };
        let accounts = Accounts::new();
        let admin = dev_signer("admin", 0);
        let scheduler = dev_signer("scheduler", 0).address();

        let backend = Backend::start(options.anvil.as_deref(), options.node).await?;
        // Before there are contracts, a client that only sends transactions.
        let bare = spec(chain_id, direct(&backend), None, None)?;
        let bootstrap = build_client(&bare)?;
        let funded = accounts.iter().map(|(_, signer)| signer.address());
        for account in funded.chain([admin.address(), scheduler]) {
            set_balance(&bootstrap, account, BALANCE).await?;
        }
        let contracts = deploy(&bootstrap, &admin, scheduler)
            .await
            .map_err(DevnetError::setup("deploy the contracts"))?;

        let deployed = spec(chain_id, direct(&backend), Some(&contracts), None)?;
        let lookup = build_client(&deployed)?;
        let warden = Arc::new(Warden::default());
        let config = ServicesConfig::new(move |task| {
            let client = lookup.clone();
            async move {
                match client.get_confirmed_response(task).await {
                    Ok(confirmed) => Ok(confirmed.map(|response| response.address)),
                    Err(error) if error.is_not_found() => Ok(None),
                    Err(error) => Err(error.into()),
                }
            }
        });
        let services = Services::start_guarded(config, Arc::clone(&warden))
            .await
            .map_err(|source| DevnetError::Services { source })?;

        let whole = spec(
            chain_id,
            direct(&backend),
            Some(&contracts),
            Some(&services),
        )?;
        let client = build_client(&whole)?;
        backend
            .set_mining(mining, &client)
            .await
            .map_err(DevnetError::command("set the mining"))?;

        let control = match &backend {
            Backend::Embedded(node) => ChainControl::embedded(node.chain()),
            Backend::Anvil(_) => ChainControl::anvil(client.clone()).await?,
        };
        let door = match door_port {
            Some(port) => Some(NodeDoor::open(&backend.http_url(), port, &warden).await?),
            None => None,
        };
        let spec = match &door {
            Some(door) => spec(
                chain_id,
                (door.http_url(), door.ws_url()),
                Some(&contracts),
                Some(&services),
            )?,
            None => whole,
        };
        let shared = Shared {
            feed: TaskFeed::start(client.clone()),
            store: services.store(),
            client,
            providers: AtomicU32::new(0),
        };
        Ok(Self {
            shared: Arc::new(shared),
            faults: Faults::new(warden, control.clone(), &plan, backend.http_url(), door),
            control,
            services,
            backend,
            spec,
            contracts,
            accounts,
        })
    }

    /// The network's description: what a client needs to find it.
    pub fn chain_spec(&self) -> &ChainSpec {
        &self.spec
    }

    /// A client of this network that signs as the first client account.
    pub fn client(&self) -> Client {
        Client::builder()
            .chain(&self.spec)
            .signer(self.accounts.client().clone())
            .build()
            .expect("the network's own description was used for a client before")
    }

    /// The funded accounts.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Where the contracts are.
    pub fn contracts(&self) -> &Contracts {
        &self.contracts
    }

    /// The off-chain services: to see what was uploaded, or to make them fail.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The URL of the JSON-RPC over WebSocket, through the faulty door if there is one.
    pub fn ws_url(&self) -> String {
        self.faults
            .ws_url()
            .unwrap_or_else(|| self.backend.ws_url())
    }

    /// The URL of the node's own JSON-RPC over HTTP, where no fault happens: for audits.
    pub fn node_url(&self) -> String {
        self.backend.http_url()
    }

    /// The faults that happen, their log, and more doors to the node.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// A simulated provider that answers tasks with what `handler` makes of their input.
    ///
    /// Each has an account of its own and acts by transactions, as a real provider does.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let devnet = ogpu_devnet::Devnet::start().await?;
    /// use ogpu_types::TaskInput;
    /// use serde_json::json;
    ///
    /// let provider = devnet
    ///     .provider(|input: TaskInput| async move { json!({ "ran": input.function_name() }) })
    ///     .start()
    ///     .await?;
    /// println!("{} waits for sources to serve", provider.address());
    /// # Ok(())
    /// # }
    /// ```
    pub fn provider<H, F, T>(&self, handler: H) -> ProviderBuilder
    where
        H: Fn(TaskInput) -> F + Send + Sync + 'static,
        F: Future<Output = T> + Send + 'static,
        T: Serialize,
    {
        ProviderBuilder::new(Arc::clone(&self.shared), handler)
    }

    /// Gives an account a balance of the chain's own coins, in place of what it has.
    ///
    /// # Errors
    ///
    /// [`DevnetError::Command`] when the chain refuses.
    pub async fn set_balance(&self, account: Address, balance: Wei) -> Result<(), DevnetError> {
        self.shared.set_balance(account, balance).await
    }

    /// Moves the chain's clock forward and mines a block there.
    ///
    /// # Errors
    ///
    /// [`DevnetError::Command`] when the chain refuses.
    pub async fn increase_time(&self, seconds: u64) -> Result<(), DevnetError> {
        self.shared
            .client
            .rpc()
            .call::<serde_json::Value>("evm_increaseTime", [seconds])
            .await
            .map_err(DevnetError::command("move the chain's clock"))?;
        self.mine().await
    }

    /// Switches when blocks are mined. On anvil an interval is rounded to whole seconds.
    ///
    /// # Errors
    ///
    /// [`DevnetError::Command`] when the chain refuses.
    pub async fn set_mining(&self, mining: Mining) -> Result<(), DevnetError> {
        self.backend
            .set_mining(mining, &self.shared.client)
            .await
            .map_err(DevnetError::command("set the mining"))
    }

    /// Replaces the latest `depth` blocks by others; the chain is at least as high afterwards.
    ///
    /// Of the transactions in them the last one is dropped, and the others are mined again in the
    /// last of the new blocks. On anvil all are dropped. A provider starts again
    /// with a task whose own block was replaced, up to 16 blocks deep; what else it did is its own
    /// client's matter.
    ///
    /// # Errors
    ///
    /// [`DevnetError::Reorg`] if `depth` is 0, or reaches back to before the network was complete.
    pub async fn reorg(&self, depth: u64) -> Result<Reorg, DevnetError> {
        let orphans = match self.backend {
            Backend::Embedded(_) => Orphans::LastDropped,
            Backend::Anvil(_) => Orphans::Dropped,
        };
        self.reorg_with(depth, orphans).await
    }

    /// [`reorg`](Self::reorg), with a choice of what becomes of the transactions.
    ///
    /// # Errors
    ///
    /// As [`reorg`](Self::reorg); [`DevnetError::Unsupported`] on anvil, unless all are dropped.
    pub async fn reorg_with(&self, depth: u64, orphans: Orphans) -> Result<Reorg, DevnetError> {
        self.control.reorg(depth, orphans).await
    }

    /// Has the mempool forget up to `most` of the transactions that wait for a block, the latest
    /// first; answers which. `usize::MAX` is all.
    ///
    /// # Errors
    ///
    /// [`DevnetError::Command`] when the chain refuses.
    pub async fn drop_pending(&self, most: usize) -> Result<Vec<TxHash>, DevnetError> {
        self.control.drop_pending(most).await
    }

    /// Has the mempool refuse transactions that offer a lower tip than this, in wei per gas, with
    /// "transaction underpriced". Starts at 0.
    ///
    /// # Errors
    ///
    /// [`DevnetError::Unsupported`] on anvil.
    pub fn set_least_tip(&self, wei: u128) -> Result<(), DevnetError> {
        self.control.set_least_tip(wei)
    }

    /// Fixes the base fee of the next block, in wei per gas; from there it moves by Ethereum's rule.
    ///
    /// # Errors
    ///
    /// [`DevnetError::Unsupported`] on a chain without a base fee, [`DevnetError::Command`] if it is
    /// anvil's.
    pub async fn spike_base_fee(&self, wei: u64) -> Result<(), DevnetError> {
        self.control.spike_base_fee(wei).await
    }

    /// Sets how far the chain's time is from the host's clock, in seconds, for the blocks to come.
    /// None is older than its parent: a chain that is set back stands still until its time has come.
    ///
    /// # Errors
    ///
    /// [`DevnetError::Unsupported`] on anvil.
    pub fn skew_clock(&self, seconds: i64) -> Result<(), DevnetError> {
        self.control.skew_clock(seconds)
    }

    /// Mines one block.
    ///
    /// # Errors
    ///
    /// [`DevnetError::Command`] when the chain refuses.
    pub async fn mine(&self) -> Result<(), DevnetError> {
        self.shared
            .client
            .rpc()
            .call::<serde_json::Value>("evm_mine", json!([]))
            .await
            .map(drop)
            .map_err(DevnetError::command("mine a block"))
    }
}

fn spec(
    chain_id: u64,
    (rpc_url, ws_url): (String, String),
    contracts: Option<&Contracts>,
    services: Option<&Services>,
) -> Result<ChainSpec, DevnetError> {
    let of = |pick: fn(&Contracts) -> Address| contracts.map_or(UNDEPLOYED, pick);
    let mut builder = ChainSpec::builder(chain_id)
        .name(NAME)
        .rpc_url(rpc_url)
        .ws_url(ws_url)
        .contract(Contract::Nexus, of(|c| c.nexus))
        .contract(Contract::Controller, of(|c| c.controller))
        .contract(Contract::Terminal, of(|c| c.terminal))
        .contract(Contract::Vault, of(|c| c.vault));
    if let Some(contracts) = contracts {
        builder = builder.manager(contracts.manager);
    }
    if let Some(services) = services {
        builder = builder
            .pin_url(services.pin_url())
            .gateway_url(services.gateway_url())
            .management_url(services.management_url());
    }
    builder
        .build()
        .map_err(|source| DevnetError::Spec { source })
}

/// The URLs of the node itself.
fn direct(backend: &Backend) -> (String, String) {
    (backend.http_url(), backend.ws_url())
}

/// Stands in for a contract that is not deployed yet, and that nobody calls before it is.
const UNDEPLOYED: Address = Address::new([0xde; 20]);

fn build_client(spec: &ChainSpec) -> Result<Client, DevnetError> {
    Client::builder()
        .chain(spec)
        .without_management_api()
        .build()
        .map_err(|source| DevnetError::Client { source })
}

async fn set_balance(client: &Client, account: Address, balance: Wei) -> Result<(), DevnetError> {
    let balance: ethers_core::types::U256 = balance.into();
    client
        .rpc()
        .call::<serde_json::Value>(
            "anvil_setBalance",
            json!([account, format!("{balance:#x}")]),
        )
        .await
        .map(drop)
        .map_err(DevnetError::command("fund an account"))
}
