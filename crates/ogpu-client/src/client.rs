//! The client itself: what every call shares.

use std::{
    fmt,
    future::ready,
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures::future::BoxFuture;
use ogpu_chain::{ChainSpec, Contract};
use ogpu_types::{Address, Receipt};
use serde_json::json;
use tracing::{Span, field::Empty};

use crate::{
    ClientBuilder, Error, Role, Signer, TransactionRequest, Write,
    events::Hub,
    rpc::{ChainProblem, Rpc},
    services::{ServiceOptions, Services},
    signer::RoleSigners,
    tx::Engine,
    write::{Description, Operation, WriteContext},
};

/// A client of one OpenGPU chain.
///
/// Cheap to clone, and safe to share between tasks and threads: clones use one connection pool, and
/// transactions of one account leave in order whichever clone sends them. Two clients built apart
/// do not know of each other; an account should send through one.
///
/// Without a signer a client reads. It never prints its keys.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) chain: ChainSpec,
    pub(crate) rpc: Rpc,
    pub(crate) services: Services,
    pub(crate) service_options: ServiceOptions,
    pub(crate) signer: Option<Signer>,
    pub(crate) write_timeout: Duration,
    pub(crate) engine: Engine,
    pub(crate) role_signers: RoleSigners,
    /// The manager's address, once it was asked for.
    pub(crate) manager: OnceLock<Address>,
    pub(crate) event_hub: Arc<Hub>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("chain", &self.inner.chain.id())
            .field("rpc", &self.inner.rpc)
            .field("signer", &self.inner.signer)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Starts building a client: of the process-wide chain, unless told otherwise.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) fn from_inner(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The chain that this client works on.
    pub fn chain(&self) -> &ChainSpec {
        &self.inner.chain
    }

    /// Raw access to the node, for everything that has no typed call.
    pub fn rpc(&self) -> &Rpc {
        &self.inner.rpc
    }

    /// The account that writes sign with when no other signer is given; `None` when the client was
    /// built without one.
    pub fn address(&self) -> Option<Address> {
        self.inner.signer.as_ref().map(Signer::address)
    }

    /// Sends any transaction: the way to what the facade has no call for.
    ///
    /// It is simulated first, signed once, and waited for until it is mined.
    ///
    /// # Errors
    ///
    /// [`Error::Transaction`]; its [`outcome`](Error::outcome) says whether it took effect.
    pub fn send_transaction(&self, request: TransactionRequest) -> Write<Receipt> {
        Write::new(self, Raw(request))
    }

    /// The manager's address, if it was asked for.
    pub(crate) fn known_manager(&self) -> &OnceLock<Address> {
        &self.inner.manager
    }

    /// The address of one of the chain's own contracts.
    pub(crate) fn contract(&self, contract: Contract) -> Address {
        self.inner.chain.contract(contract)
    }

    pub(crate) fn services(&self) -> &Services {
        &self.inner.services
    }

    pub(crate) fn service_options(&self) -> &ServiceOptions {
        &self.inner.service_options
    }

    pub(crate) fn write_timeout(&self) -> Duration {
        self.inner.write_timeout
    }

    pub(crate) fn event_hub(&self) -> &Arc<Hub> {
        &self.inner.event_hub
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// The client's own signer, or the role's.
    pub(crate) async fn signer_for(&self, role: Role) -> Result<Signer, Error> {
        match &self.inner.signer {
            Some(signer) => Ok(signer.clone()),
            None => self
                .inner
                .role_signers
                .get(role)
                .await
                .map_err(|source| Error::Signer { source }),
        }
    }

    /// Makes sure that a node of the right chain is there: a signature for the wrong one is worth
    /// nothing, or worse, something.
    pub(crate) async fn check_chain(&self) -> Result<(), Error> {
        self.rpc()
            .check_chain()
            .await
            .map_err(|problem| match problem {
                ChainProblem::Wrong { actual, endpoint } => Error::WrongChain {
                    expected: self.chain().id(),
                    actual,
                    endpoint,
                },
                ChainProblem::Unknown(error) => Error::rpc(error),
            })
    }
}

/// A transaction as the caller made it.
struct Raw(TransactionRequest);

impl Operation for Raw {
    type Output = Receipt;

    fn span(&self) -> Span {
        tracing::info_span!(
            "send_transaction",
            to = self.0.to.map(tracing::field::display),
            account = Empty
        )
    }

    fn describe(&self) -> Description {
        ("send_transaction", json!(self.0))
    }

    fn request<'a>(
        &'a self,
        _write: &'a WriteContext,
    ) -> BoxFuture<'a, Result<TransactionRequest, Error>> {
        Box::pin(ready(Ok(self.0.clone())))
    }

    fn finish(&self, _client: &Client, receipt: Receipt) -> Result<Receipt, Error> {
        Ok(receipt)
    }
}
