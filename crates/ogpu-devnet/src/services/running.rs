//! The running services, and what a test asks of them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;

use super::config::ServicesConfig;
use super::script::{Script, Service};
use super::scripted::Scripted;
use super::store::{ContentStore, Upload};
use super::{gateway, management, pinning};
use crate::faults::{Warden, serve_services};
use crate::server::{Server, listen};

/// Why the services did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServicesError {
    /// The port could not be opened.
    #[error(
        "could not listen on 127.0.0.1:{port} for the off-chain services; use port 0 for any free one"
    )]
    Listen {
        /// The TCP port asked for.
        port: u16,
        /// What the operating system said.
        source: io::Error,
    },
}

/// The off-chain services on a loopback port, over plain HTTP.
///
/// They run on the Tokio runtime that started them, which must have its I/O and time drivers on.
/// Dropping this stops them: the port and all connections close, those with a request in work too.
#[derive(Debug)]
#[must_use = "the services stop when this is dropped"]
pub struct Services {
    address: SocketAddr,
    script: Script,
    store: ContentStore,
    server: Server,
}

impl Services {
    /// Starts the services; they answer requests when this returns.
    ///
    /// # Errors
    ///
    /// [`ServicesError::Listen`] if the port cannot be opened.
    pub async fn start(config: ServicesConfig) -> Result<Self, ServicesError> {
        Self::start_guarded(config, Arc::default()).await
    }

    /// Services whose requests meet the faults that the warden decides on.
    pub(crate) async fn start_guarded(
        config: ServicesConfig,
        warden: Arc<Warden>,
    ) -> Result<Self, ServicesError> {
        let (listener, address) =
            listen(config.port)
                .await
                .map_err(|source| ServicesError::Listen {
                    port: config.port,
                    source,
                })?;
        let script = Script::default();
        let store = ContentStore::new(format!("http://{address}{}", gateway::PATH));
        let router = Router::new()
            .merge(pinning::router(script.clone(), store.clone()))
            .merge(gateway::router(script.clone(), store.clone()))
            .merge(management::router(
                script.clone(),
                config.confirmed_response,
            ));
        let server = Server::start(listener, move |stream| {
            serve_services(stream, router.clone(), Arc::clone(&warden))
        });
        tracing::debug!(%address, "off-chain services started");
        Ok(Self {
            address,
            script,
            store,
            server,
        })
    }

    /// The URL that a file is posted to, complete.
    #[must_use]
    pub fn pin_url(&self) -> String {
        format!("http://{}{}", self.address, pinning::PATH)
    }

    /// What precedes `/{cid}` in the URL of a pinned content.
    #[must_use]
    pub fn gateway_url(&self) -> String {
        self.store.gateway_url().to_owned()
    }

    /// What precedes `/{task}` in the URL that tells a task's confirmed response.
    #[must_use]
    pub fn management_url(&self) -> String {
        format!("http://{}{}", self.address, management::PATH)
    }

    /// Prescribes how a service answers its next requests, one answer each, after those that are
    /// prescribed already. When all are given, it answers as usual again.
    ///
    /// A request takes its answer when it arrives, whether or not it is a valid one.
    pub fn script(&self, service: Service, answers: impl IntoIterator<Item = Scripted>) {
        self.script.append(service, answers);
    }

    /// How many requests a service has received, those with a scripted answer included, since it
    /// was started. Requests with another path or method than the service has are not among them.
    #[must_use]
    pub fn requests(&self, service: Service) -> u64 {
        self.script.requests(service)
    }

    /// The well-formed uploads that the pinning service has read, in that order, whatever it
    /// answered: those with a scripted answer are here too, though not pinned by it.
    #[must_use]
    pub fn uploads(&self) -> Vec<Upload> {
        self.store.uploads()
    }

    /// The pinned content, for whoever pins and reads it in process.
    #[must_use]
    pub fn store(&self) -> ContentStore {
        self.store.clone()
    }

    /// Pins a content without an upload; see [`ContentStore::put`].
    pub fn put(&self, content: impl Into<Vec<u8>>, content_type: &str) -> String {
        self.store.put(content, content_type)
    }

    /// The content of a CID, or of a link that ends in one; see [`ContentStore::content`].
    #[must_use]
    pub fn content(&self, cid_or_link: &str) -> Option<Vec<u8>> {
        self.store.content(cid_or_link)
    }

    /// Stops the services and waits until their port and all connections are closed.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}
