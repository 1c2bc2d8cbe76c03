//! The network's off-chain services: pinning, gateway and management API.

mod error;
mod gateway;
mod management;
mod payload;
mod pinning;

pub use error::{ServiceCause, ServiceError};
pub use payload::Payload;
pub use pinning::Upload;

use std::time::Duration;

use ogpu_chain::Endpoint;

use crate::{
    deadline::Deadline,
    retry::{Exhausted, RetryPolicy, with_retries},
};

/// How a call to an off-chain service is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceOptions {
    /// The time of one try. Defaults to 30 s.
    pub timeout: Duration,
    /// Tries and pauses, for failures that pass. Defaults to [`RetryPolicy::default`].
    pub retry: RetryPolicy,
    /// The longest answer that is read, in bytes. Defaults to 16 MiB.
    pub max_bytes: usize,
}

impl Default for ServiceOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            retry: RetryPolicy::default(),
            max_bytes: 16 * 1024 * 1024,
        }
    }
}

impl ServiceOptions {
    /// Bounds one try. Defaults to 30 s.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets tries and pauses. Defaults to [`RetryPolicy::default`].
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Bounds the answer's length, in bytes. Defaults to 16 MiB.
    #[must_use]
    pub fn with_max_bytes(mut self, max_bytes: usize) -> Self {
        self.max_bytes = max_bytes;
        self
    }
}

/// The services of one chain, over the client's connection pool.
#[derive(Clone, Debug)]
pub(crate) struct Services {
    pub(crate) http: reqwest::Client,
    pub(crate) pin: Option<Endpoint>,
    pub(crate) gateway: Option<Endpoint>,
    pub(crate) management: Option<Endpoint>,
    pub(crate) allow_foreign_urls: bool,
}

/// Tries one exchange as often as the options and the deadline allow.
async fn attempt<T, F>(
    service: &'static str,
    endpoint: &Endpoint,
    options: &ServiceOptions,
    deadline: Deadline,
    mut exchange: impl FnMut() -> F,
) -> Result<T, ServiceError>
where
    F: Future<Output = Result<T, ServiceCause>>,
{
    let one_try = || {
        let limit = options.timeout;
        let exchange = exchange();
        async move {
            tokio::time::timeout(limit, exchange)
                .await
                .unwrap_or(Err(ServiceCause::timeout(limit)))
        }
    };
    with_retries(options.retry, deadline, ServiceCause::advice, one_try)
        .await
        .map_err(|Exhausted { mut last, tries }| {
            last.rewrite(|text| endpoint.redact(text));
            ServiceError {
                service,
                endpoint: Some(endpoint.clone()),
                tries,
                cause: last,
            }
        })
}
