//! How a client is put together.

use std::{
    num::{NonZeroU32, NonZeroU64, NonZeroUsize},
    sync::{Arc, OnceLock},
    time::Duration,
};

use ogpu_chain::{ChainConfig, ChainSpec, Endpoint, Registry};
use ogpu_tx::{FeeCaps, Policy};
use ogpu_types::{ChainId, Wei};

use crate::{
    BuildError, Client, Journal, MemoryJournal, RetryPolicy, Signer,
    client::Inner,
    events::{Hub, emitters},
    http,
    rpc::{Rpc, RpcOptions},
    services::{ServiceOptions, Services},
    signer::RoleSigners,
    tx::{Engine, SendOptions},
};

/// A node answers a call within a second or two; the rest is patience with a slow one.
const RPC_TIMEOUT: Duration = Duration::from_secs(15);
/// An upload, a few tries to send, and a dozen slow blocks.
const WRITE_TIMEOUT: Duration = Duration::from_secs(120);

/// Which chain a client works on: a description, or the id of a built-in one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ChainChoice {
    /// This chain.
    Spec(Box<ChainSpec>),
    /// The built-in chain with this id.
    Id(ChainId),
}

impl From<ChainSpec> for ChainChoice {
    fn from(spec: ChainSpec) -> Self {
        Self::Spec(Box::new(spec))
    }
}

impl From<&ChainSpec> for ChainChoice {
    fn from(spec: &ChainSpec) -> Self {
        spec.clone().into()
    }
}

impl From<ChainId> for ChainChoice {
    fn from(id: ChainId) -> Self {
        Self::Id(id)
    }
}

/// The options of a [`Client`]. Setters never fail: [`build`](Self::build) reports what is wrong.
#[derive(Clone, Debug, Default)]
#[must_use = "call `build` to get the client"]
pub struct ClientBuilder {
    chain: Option<ChainChoice>,
    rpc_urls: Vec<UrlText>,
    ws_url: Option<UrlText>,
    pin_url: Option<UrlText>,
    gateway_url: Option<UrlText>,
    management_url: Option<UrlText>,
    chain_only: bool,
    allow_foreign_urls: bool,
    signer: Option<Signer>,
    rpc_timeout: Option<Duration>,
    rpc_retry: RetryPolicy,
    unbatched: bool,
    rpc_rate_limit: Option<NonZeroU32>,
    write_timeout: Option<Duration>,
    service_options: ServiceOptions,
    policy: Policy,
    caps: FeeCaps,
    confirmations: Option<NonZeroU64>,
    journal: Option<Arc<dyn Journal>>,
}

/// A URL as it was given: it may hold a key, so it has no readable `Debug`.
#[derive(Clone)]
struct UrlText(String);

impl std::fmt::Debug for UrlText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(given)")
    }
}

impl ClientBuilder {
    /// Works on this chain: a [`ChainSpec`], or the id of a built-in one. Defaults to the
    /// process-wide [`ChainConfig`], with the chains that were added to it and the environment
    /// (`OGPU_CHAIN`, `OGPU_RPC_URL`, of the process or of a `.env` file); with an explicit chain none
    /// of that is read.
    pub fn chain(mut self, chain: impl Into<ChainChoice>) -> Self {
        self.chain = Some(chain.into());
        self
    }

    /// Talks to this node, in place of any given before. Defaults to the chain's own RPC endpoint.
    pub fn rpc_url(self, url: impl Into<String>) -> Self {
        self.rpc_urls([url])
    }

    /// Talks to these nodes of one chain, in place of any given before; none is the default, the
    /// chain's own endpoint. Reads go to the fastest that is well, and to the next when it fails;
    /// transactions only to those that serve the client's chain.
    pub fn rpc_urls(mut self, urls: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.rpc_urls = urls.into_iter().map(|url| UrlText(url.into())).collect();
        self
    }

    /// Listens for new blocks at this WebSocket (`ws`, `wss`), so that waiting for one takes no longer
    /// than it must; it connects again whenever it has to. Nothing but speed depends on it. Defaults
    /// to none: the chain is asked from time to time.
    pub fn ws_url(mut self, url: impl Into<String>) -> Self {
        self.ws_url = Some(UrlText(url.into()));
        self
    }

    /// Whether JSON-RPC calls that are made at the same moment travel in one request. Defaults to
    /// on; turn it off for a server that takes no batches. Without it, a node that lags is not
    /// noticed by what it answers, so that reads may go back in time.
    pub fn rpc_batching(mut self, batching: bool) -> Self {
        self.unbatched = !batching;
        self
    }

    /// Sends each endpoint at most so many JSON-RPC requests per second, evenly spaced; the wait
    /// counts as a call's time. Defaults to no limit; a server that says that this is too often is asked
    /// less often from then on, and slowly more often again, so that about one request in 35 is
    /// refused by one that takes less than there is to ask.
    pub fn rpc_rate_limit(mut self, requests_per_second: NonZeroU32) -> Self {
        self.rpc_rate_limit = Some(requests_per_second);
        self
    }

    /// Signs writes with this key, whatever role they are part of. Defaults to the key of each write's
    /// own [`Role`](crate::Role), such as `CLIENT_PRIVATE_KEY`, of the environment or of the file
    /// `.env`, read at the first write that needs it. Vault writes never use either.
    pub fn signer(mut self, signer: Signer) -> Self {
        self.signer = Some(signer);
        self
    }

    /// Uploads with a POST to this address. Defaults to the chain's own pinning service.
    pub fn pin_url(mut self, url: impl Into<String>) -> Self {
        self.pin_url = Some(UrlText(url.into()));
        self
    }

    /// Fetches content from this gateway: what precedes a content's id. Defaults to the chain's own.
    pub fn gateway_url(mut self, url: impl Into<String>) -> Self {
        self.gateway_url = Some(UrlText(url.into()));
        self
    }

    /// Asks this management API: what precedes a task's address. Defaults to the chain's own.
    pub fn management_url(mut self, url: impl Into<String>) -> Self {
        self.management_url = Some(UrlText(url.into()));
        self
    }

    /// Never asks the management API: confirmed responses are found on chain alone. Defaults to
    /// asking it first, and checking its answer on chain.
    pub fn without_management_api(mut self) -> Self {
        self.chain_only = true;
        self
    }

    /// Fetches responses from whatever URL their provider chose. Defaults to the gateway only: a
    /// provider could otherwise make this machine ask addresses inside its own network.
    pub fn allow_foreign_payload_urls(mut self, allow: bool) -> Self {
        self.allow_foreign_urls = allow;
        self
    }

    /// Bounds one JSON-RPC request. Defaults to 15 s.
    pub fn rpc_timeout(mut self, timeout: Duration) -> Self {
        self.rpc_timeout = Some(timeout);
        self
    }

    /// How JSON-RPC calls that only read are repeated, once every endpoint was asked. A server that
    /// wants to be left alone for longer than the longest pause is not asked before that, so that
    /// the call fails. Defaults to [`RetryPolicy::default`].
    pub fn rpc_retry(mut self, retry: RetryPolicy) -> Self {
        self.rpc_retry = retry;
        self
    }

    /// Bounds each whole write, unless the call sets its own. Defaults to 120 s.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = Some(timeout);
        self
    }

    /// Bounds calls to the off-chain services. Defaults to [`ServiceOptions::default`].
    pub fn service_options(mut self, options: ServiceOptions) -> Self {
        self.service_options = options;
        self
    }

    /// Counts a write as done when its block and those on top of it are so many. Defaults to 1: a
    /// block of its own.
    pub fn confirmations(mut self, blocks: NonZeroU64) -> Self {
        self.confirmations = Some(blocks);
        self
    }

    /// Offers no more than this for each gas, in wei, whatever the chain asks. Defaults to no limit.
    pub fn max_fee_per_gas(mut self, wei: Wei) -> Self {
        self.caps.max_fee_per_gas = Some(wei);
        self
    }

    /// Sends no transaction that may cost more than this, its value included, in wei. Defaults to
    /// no limit.
    pub fn max_total_cost(mut self, wei: Wei) -> Self {
        self.caps.max_total_cost = Some(wei);
        self
    }

    /// Replaces a transaction that is not mined after this time by one that offers more. Defaults
    /// to 60 s.
    pub fn replace_after(mut self, time: Duration) -> Self {
        self.policy.replace_after = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// Has so many transactions of one account wait for their blocks at a time; more wait here.
    /// Defaults to 64, which common nodes take from one account.
    pub fn max_in_flight(mut self, transactions: NonZeroUsize) -> Self {
        self.policy.most_in_flight = transactions.get();
        self
    }

    /// Writes down there what is sent, before it is sent. Defaults to a [`MemoryJournal`] of the
    /// client's own, which is gone with the process.
    pub fn journal(mut self, journal: impl Journal) -> Self {
        self.journal = Some(Arc::new(journal));
        self
    }

    /// Builds the client. No connection is made yet; without an explicit chain, `.env` files are read.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when the chain is not known or a URL cannot be used.
    pub fn build(self) -> Result<Client, BuildError> {
        let chain = match self.chain {
            Some(ChainChoice::Spec(spec)) => *spec,
            Some(ChainChoice::Id(id)) => Registry::builtin()
                .get(&id)
                .cloned()
                .map_err(|source| BuildError::Chain { source })?,
            None => ChainConfig::current().map_err(|source| BuildError::Chain { source })?,
        };
        let mut endpoints = Vec::new();
        for url in self.rpc_urls {
            endpoints.extend(given("rpc_url", Some(url))?);
        }
        if endpoints.is_empty() {
            endpoints.push(chain.rpc_url().clone());
        }
        let ws = self
            .ws_url
            .map(|UrlText(text)| Endpoint::parse_websocket(&text))
            .transpose()
            .map_err(|source| BuildError::Url {
                option: "ws_url",
                source,
            })?;
        let own = chain.services().clone();
        let pin = given("pin_url", self.pin_url)?.or(own.pin_url);
        let gateway = given("gateway_url", self.gateway_url)?.or(own.gateway_url);
        let management = given("management_url", self.management_url)?
            .or(own.management_url)
            .filter(|_| !self.chain_only);

        let http = http::connection_pool().map_err(|source| BuildError::Http {
            source: Box::new(source),
        })?;
        let options = RpcOptions {
            endpoints,
            ws,
            chain: chain.id(),
            timeout: self.rpc_timeout.unwrap_or(RPC_TIMEOUT),
            retry: self.rpc_retry,
            batching: !self.unbatched,
            requests_per_second: self.rpc_rate_limit,
        };
        let rpc = Rpc::new(http.clone(), options);
        let sending = SendOptions {
            policy: self.policy,
            caps: self.caps,
            confirmations: self.confirmations.map_or(1, NonZeroU64::get),
            journal: self
                .journal
                .unwrap_or_else(|| Arc::new(MemoryJournal::default())),
            emitters: emitters(&chain),
        };
        let engine = Engine::new(rpc.clone(), chain.id(), sending);
        let heads = Arc::clone(engine.heads());
        Ok(Client::from_inner(Inner {
            event_hub: Hub::new(rpc.clone(), emitters(&chain), heads),
            engine,
            rpc,
            services: Services {
                http,
                pin,
                gateway,
                management,
                allow_foreign_urls: self.allow_foreign_urls,
            },
            chain,
            service_options: self.service_options,
            signer: self.signer,
            write_timeout: self.write_timeout.unwrap_or(WRITE_TIMEOUT),
            role_signers: RoleSigners::default(),
            manager: OnceLock::new(),
        }))
    }
}

/// A URL that was given to the builder, if one was.
fn given(option: &'static str, text: Option<UrlText>) -> Result<Option<Endpoint>, BuildError> {
    let Some(UrlText(text)) = text else {
        return Ok(None);
    };
    Endpoint::parse_http(&text)
        .map(Some)
        .map_err(|source| BuildError::Url { option, source })
}
