//! What the services are started with.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use ogpu_types::{ResponseAddress, TaskAddress};

/// Why a lookup could not tell whether a response is confirmed.
pub type LookupError = Box<dyn Error + Send + Sync>;

/// Which response of a task is confirmed.
pub(super) type Lookup = Arc<dyn Fn(TaskAddress) -> LookupFuture + Send + Sync>;
type LookupFuture =
    Pin<Box<dyn Future<Output = Result<Option<ResponseAddress>, LookupError>> + Send>>;

/// What [`Services`](super::Services) are started with.
#[derive(Clone)]
pub struct ServicesConfig {
    pub(super) confirmed_response: Lookup,
    pub(super) port: u16,
}

impl ServicesConfig {
    /// Services on any free port, whose management asks `confirmed_response` for the confirmed
    /// response of a task: `None` if the task has none or is unknown, an error if it cannot tell.
    pub fn new<L, F>(confirmed_response: L) -> Self
    where
        L: Fn(TaskAddress) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Option<ResponseAddress>, LookupError>> + Send + 'static,
    {
        Self {
            confirmed_response: Arc::new(move |task| Box::pin(confirmed_response(task))),
            port: 0,
        }
    }

    /// Sets the loopback TCP port. Defaults to 0, any free one.
    #[must_use]
    pub const fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }
}

impl fmt::Debug for ServicesConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ServicesConfig")
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}
