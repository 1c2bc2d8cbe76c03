//! Doors that a plan is in force at.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::driver::Driver;
use super::log::FaultLog;
use super::node::{Upstream, serve_node};
use super::plan::FaultPlan;
use super::warden::Warden;
use crate::network::{ChainControl, DevnetError};
use crate::server::{Server, listen};

/// A plan in force, with what it does to the chain.
#[derive(Debug)]
struct Regime {
    warden: Arc<Warden>,
    control: ChainControl,
    driver: Mutex<Option<Driver>>,
}

impl Regime {
    fn new(warden: Arc<Warden>, control: ChainControl, plan: &FaultPlan) -> Self {
        let regime = Self {
            warden,
            control,
            driver: Mutex::default(),
        };
        regime.set(plan);
        regime
    }

    fn set(&self, plan: &FaultPlan) {
        let mut driver = self.driver.lock().unwrap_or_else(PoisonError::into_inner);
        // The former one has stopped before the new one starts.
        *driver = None;
        self.warden.set(plan);
        *driver = Driver::start(plan, &self.control, &self.warden);
    }
}

/// A loopback port in front of the node.
#[derive(Debug)]
pub(crate) struct NodeDoor {
    address: SocketAddr,
    _server: Server,
}

impl NodeDoor {
    pub(crate) async fn open(
        node_url: &str,
        port: u16,
        warden: &Arc<Warden>,
    ) -> Result<Self, DevnetError> {
        let (listener, address) = listen(port)
            .await
            .map_err(|source: io::Error| DevnetError::Door { port, source })?;
        let (upstream, warden) = (Upstream::new(node_url), Arc::clone(warden));
        let server = Server::start(listener, move |stream| {
            serve_node(stream, upstream.clone(), Arc::clone(&warden))
        });
        Ok(Self {
            address,
            _server: server,
        })
    }

    pub(crate) fn http_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn ws_url(&self) -> String {
        format!("ws://{}", self.address)
    }
}

/// The faults of a running network: [`Devnet::faults`](crate::Devnet::faults).
#[derive(Debug)]
pub struct Faults {
    regime: Regime,
    node_url: String,
    /// None in a network whose clients reach the node itself.
    door: Option<NodeDoor>,
}

impl Faults {
    pub(crate) fn new(
        warden: Arc<Warden>,
        control: ChainControl,
        plan: &FaultPlan,
        node_url: String,
        door: Option<NodeDoor>,
    ) -> Self {
        Self {
            regime: Regime::new(warden, control, plan),
            node_url,
            door,
        }
    }

    /// Puts a plan in force from its beginning, in place of the one before. The log goes on.
    ///
    /// # Panics
    ///
    /// If the plan has rules for the node, but the network was started without
    /// [`DevnetBuilder::faults`](crate::DevnetBuilder::faults): its clients reach the node itself,
    /// where no rule applies. Also outside of a Tokio runtime, if the plan has faults of the chain.
    pub fn set(&self, plan: &FaultPlan) {
        assert!(
            self.door.is_some() || !plan.concerns_node(),
            "the network has no faulty door; start it with `Devnet::builder().faults(plan)`, or open an endpoint"
        );
        self.regime.set(plan);
    }

    /// Lets everything pass from now on; the log goes on. What a request or the chain has met already
    /// takes its course.
    pub fn clear(&self) {
        self.regime.set(&FaultPlan::none());
    }

    /// What came to the node's door and to the services so far.
    #[must_use]
    pub fn log(&self) -> FaultLog {
        self.regime.warden.log()
    }

    /// The URL of the node's door over WebSocket, if there is a door.
    pub(crate) fn ws_url(&self) -> Option<String> {
        self.door.as_ref().map(NodeDoor::ws_url)
    }

    /// Opens one more door to the same node, on any free loopback port, with a plan and a log of its
    /// own. Rules for services mean nothing there.
    ///
    /// # Errors
    ///
    /// [`DevnetError::Door`] if no port can be opened.
    pub async fn endpoint(&self, plan: FaultPlan) -> Result<Endpoint, DevnetError> {
        let warden = Arc::new(Warden::default());
        let door = NodeDoor::open(&self.node_url, 0, &warden).await?;
        Ok(Endpoint {
            regime: Regime::new(warden, self.regime.control.clone(), &plan),
            door,
        })
    }
}

/// One more door to a network's node. It closes when this is dropped.
#[derive(Debug)]
#[must_use = "an endpoint closes when it is dropped"]
pub struct Endpoint {
    regime: Regime,
    door: NodeDoor,
}

impl Endpoint {
    /// The URL of the JSON-RPC over HTTP.
    #[must_use]
    pub fn http_url(&self) -> String {
        self.door.http_url()
    }

    /// The URL of the JSON-RPC over WebSocket, on the same port.
    #[must_use]
    pub fn ws_url(&self) -> String {
        self.door.ws_url()
    }

    /// Puts a plan in force from its beginning, in place of the one before. The log goes on.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime, if the plan has faults of the chain.
    pub fn set(&self, plan: &FaultPlan) {
        self.regime.set(plan);
    }

    /// Lets everything pass from now on. The log goes on.
    pub fn clear(&self) {
        self.regime.set(&FaultPlan::none());
    }

    /// What came to this door so far.
    #[must_use]
    pub fn log(&self) -> FaultLog {
        self.regime.warden.log()
    }
}
