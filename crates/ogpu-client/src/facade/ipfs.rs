//! `publish_to_ipfs`, `fetch_ipfs_json` and `fetch`.

use ogpu_types::Response;
use serde::de::DeserializeOwned;

use crate::{
    Client, Error, Payload, ServiceOptions, Upload, deadline::Deadline, write::WriteContext,
};

impl Client {
    /// Uploads a file to the network's pinning service and returns the URL under which its gateway
    /// serves it.
    ///
    /// # Errors
    ///
    /// [`Error::Service`]; failures that pass (a lost connection, 408, 429, 5xx)
    /// were repeated, any other refusal was not.
    pub async fn publish_to_ipfs(&self, upload: &Upload) -> Result<String, Error> {
        self.publish_to_ipfs_with(upload, self.service_options())
            .await
    }

    /// [`publish_to_ipfs`](Self::publish_to_ipfs) with its own time limit, tries and pauses.
    ///
    /// # Errors
    ///
    /// As [`publish_to_ipfs`](Self::publish_to_ipfs).
    #[tracing::instrument(name = "publish_to_ipfs", skip_all)]
    pub async fn publish_to_ipfs_with(
        &self,
        upload: &Upload,
        options: &ServiceOptions,
    ) -> Result<String, Error> {
        self.services()
            .pin(upload, options, whole(options))
            .await
            .map_err(Error::service)
    }

    /// Uploads for a write, inside its time; a simulation gets a link of the same length.
    pub(crate) async fn pin_for(
        &self,
        write: &WriteContext,
        upload: &Upload,
    ) -> Result<String, Error> {
        /// As long as the ids that the network's pinning service gives.
        const SOME_CID: &str = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
        if write.is_simulation {
            let gateway = self.services().gateway.as_ref();
            return Ok(gateway.map_or_else(
                || SOME_CID.to_owned(),
                |gateway| format!("{}/{SOME_CID}", gateway.expose().trim_end_matches('/')),
            ));
        }
        self.services()
            .pin(upload, self.service_options(), write.deadline)
            .await
            .map_err(Error::service)
    }

    /// Fetches the JSON behind a URL of the caller's choice: `http`, `https`, or `ipfs://…` through
    /// the gateway. For a response's payload use [`fetch`](Self::fetch), which trusts no provider.
    ///
    /// # Errors
    ///
    /// [`Error::Service`] when there is no such content in time, or too much of it;
    /// [`Error::Json`] when it is no such JSON.
    pub async fn fetch_ipfs_json<T: DeserializeOwned>(&self, url: &str) -> Result<T, Error> {
        self.fetch_ipfs_json_with(url, self.service_options()).await
    }

    /// [`fetch_ipfs_json`](Self::fetch_ipfs_json) with its own limits, tries and pauses.
    ///
    /// # Errors
    ///
    /// As [`fetch_ipfs_json`](Self::fetch_ipfs_json).
    #[tracing::instrument(name = "fetch_ipfs_json", skip_all)]
    pub async fn fetch_ipfs_json_with<T: DeserializeOwned>(
        &self,
        url: &str,
        options: &ServiceOptions,
    ) -> Result<T, Error> {
        let payload = self
            .services()
            .fetch(url, options, whole(options))
            .await
            .map_err(Error::service)?;
        payload.json().map_err(|source| Error::Json { source })
    }

    /// Fetches what a response carries: the content behind its URL, through the gateway, or the
    /// text itself where it is no URL.
    ///
    /// # Errors
    ///
    /// [`Error::Service`] when there is no such content in time, too much of it, or the provider's
    /// URL leads away from the gateway.
    pub async fn fetch(&self, response: &Response) -> Result<Payload, Error> {
        self.fetch_data(&response.data).await
    }

    /// [`fetch`](Self::fetch) for a response's `data` alone, such as that of a
    /// [`ConfirmedResponse`](ogpu_types::ConfirmedResponse).
    ///
    /// # Errors
    ///
    /// As [`fetch`](Self::fetch).
    pub async fn fetch_data(&self, data: &str) -> Result<Payload, Error> {
        self.fetch_data_with(data, self.service_options()).await
    }

    /// [`fetch_data`](Self::fetch_data) with its own limits, tries and pauses.
    ///
    /// # Errors
    ///
    /// As [`fetch`](Self::fetch).
    #[tracing::instrument(name = "fetch", skip_all)]
    pub async fn fetch_data_with(
        &self,
        data: &str,
        options: &ServiceOptions,
    ) -> Result<Payload, Error> {
        self.services()
            .payload(data, options, whole(options))
            .await
            .map_err(Error::service)
    }
}

/// Room for every try and the pauses between them.
fn whole(options: &ServiceOptions) -> Deadline {
    Deadline::after(options.retry.longest(options.timeout))
}
