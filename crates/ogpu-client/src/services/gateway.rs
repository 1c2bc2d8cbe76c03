//! The gateway: content by its URL.
//!
//! A response's URL is chosen by its provider, whom nobody vouches for. It is followed only on the
//! configured gateway, so that no provider can make a client ask an address inside its own network.

use ogpu_chain::Endpoint;
use url::Url;

use super::{Payload, ServiceCause, ServiceError, ServiceOptions, Services, attempt};
use crate::{deadline::Deadline, http};

const SERVICE: &str = "gateway";

/// Where a payload is.
#[derive(Debug, PartialEq, Eq)]
enum Location {
    /// In the text itself.
    Inline,
    /// Behind a URL.
    At(Endpoint),
}

impl Services {
    /// The payload that a response's `data` is or points to.
    #[tracing::instrument(level = "debug", skip_all)]
    pub(crate) async fn payload(
        &self,
        data: &str,
        options: &ServiceOptions,
        deadline: Deadline,
    ) -> Result<Payload, ServiceError> {
        let location = locate(data, self.gateway.as_ref(), self.allow_foreign_urls);
        match location.map_err(|cause| self.failure(cause))? {
            Location::Inline => Ok(Payload::new(data.as_bytes().to_vec())),
            Location::At(endpoint) => self.get(&endpoint, options, deadline).await,
        }
    }

    /// The content of a URL that the caller chose.
    #[tracing::instrument(level = "debug", skip_all)]
    pub(crate) async fn fetch(
        &self,
        url: &str,
        options: &ServiceOptions,
        deadline: Deadline,
    ) -> Result<Payload, ServiceError> {
        let location = locate(url, self.gateway.as_ref(), true);
        match location.map_err(|cause| self.failure(cause))? {
            Location::At(endpoint) => self.get(&endpoint, options, deadline).await,
            Location::Inline => Err(self.failure(ServiceCause::invalid_url(url))),
        }
    }

    async fn get(
        &self,
        endpoint: &Endpoint,
        options: &ServiceOptions,
        deadline: Deadline,
    ) -> Result<Payload, ServiceError> {
        let limit = options.timeout;
        attempt(SERVICE, endpoint, options, deadline, || async {
            let response = self
                .http
                .get(endpoint.as_url().clone())
                .send()
                .await
                .map_err(|error| ServiceCause::http(error, limit))?;
            http::read_success(response, options.max_bytes, limit)
                .await
                .map_err(ServiceCause::Http)
        })
        .await
        .map(Payload::new)
    }

    fn failure(&self, cause: ServiceCause) -> ServiceError {
        ServiceError {
            service: SERVICE,
            endpoint: self.gateway.clone(),
            tries: 0,
            cause,
        }
    }
}

/// Decides where a payload is, and whether to go there.
fn locate(
    data: &str,
    gateway: Option<&Endpoint>,
    allow_foreign: bool,
) -> Result<Location, ServiceCause> {
    let text = data.trim();
    if let Some(content) = text.strip_prefix("ipfs://") {
        return on_gateway(gateway, content.trim_start_matches("ipfs/"));
    }
    // `a: b` parses as a URL of scheme `a`: only the schemes that name content count.
    let Ok(endpoint) = Endpoint::parse_http(text) else {
        return Ok(Location::Inline);
    };
    let url = endpoint.as_url();
    if allow_foreign || gateway.is_some_and(|gateway| is_below(gateway.as_url(), url)) {
        return Ok(Location::At(endpoint));
    }
    // Another gateway's URL names the content, which ours serves as well.
    if let Some((_, content)) = url.path().split_once("/ipfs/")
        && !content.is_empty()
    {
        return on_gateway(gateway, content);
    }
    Err(ServiceCause::ForeignUrl { url: endpoint })
}

/// Whether `url` is content of the gateway, and not something else on its server.
fn is_below(gateway: &Url, url: &Url) -> bool {
    let prefix = gateway.path().trim_end_matches('/');
    gateway.origin() == url.origin()
        && url.username().is_empty()
        && url
            .path()
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with('/'))
}

/// `content` is a content id and a path below it, escaped as URLs are.
fn on_gateway(gateway: Option<&Endpoint>, content: &str) -> Result<Location, ServiceCause> {
    let gateway = gateway.ok_or(ServiceCause::NotConfigured)?;
    let base = gateway.expose().trim_end_matches('/');
    Endpoint::parse_http(&format!("{base}/{content}"))
        .ok()
        // `..` must not lead out again.
        .filter(|endpoint| is_below(gateway.as_url(), endpoint.as_url()))
        .map(Location::At)
        .ok_or_else(|| ServiceCause::invalid_url(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(data: &str) -> Result<Location, ServiceCause> {
        let gateway: Endpoint = "https://gateway.example/ipfs".parse().unwrap();
        locate(data, Some(&gateway), false)
    }

    #[track_caller]
    fn check(data: &str, url: &str) {
        assert_eq!(at(data).unwrap(), Location::At(url.parse().unwrap()));
    }

    #[test]
    fn the_gateways_own_urls_are_followed() {
        check(
            "https://gateway.example/ipfs/QmA",
            "https://gateway.example/ipfs/QmA",
        );
    }

    #[test]
    fn content_named_elsewhere_is_taken_from_the_gateway() {
        check("ipfs://QmA/b", "https://gateway.example/ipfs/QmA/b");
        check("ipfs://ipfs/QmA", "https://gateway.example/ipfs/QmA");
        check(
            "https://other.example/ipfs/QmA",
            "https://gateway.example/ipfs/QmA",
        );
        check(
            "https://user@gateway.example/ipfs/QmA",
            "https://gateway.example/ipfs/QmA",
        );
        check(
            "https://other.example/ipfs/QmA/a%20b",
            "https://gateway.example/ipfs/QmA/a%20b",
        );
    }

    #[test]
    fn no_path_leads_out_of_the_gateways_content() {
        for data in ["ipfs://../admin", "ipfs://QmA/../../admin"] {
            assert!(
                matches!(at(data), Err(ServiceCause::InvalidUrl { .. })),
                "{data}"
            );
        }
    }

    #[test]
    fn no_provider_sends_a_client_elsewhere() {
        for data in [
            "http://169.254.169.254/latest/meta-data",
            "https://gateway.example:8443/ipfs-not",
            "https://gateway.example.evil.example/x",
            "http://localhost:8545",
            "https://gateway.example/admin/delete",
        ] {
            assert!(
                matches!(at(data), Err(ServiceCause::ForeignUrl { .. })),
                "{data}"
            );
        }
    }

    #[test]
    fn the_caller_may_go_anywhere() {
        let url = "http://localhost:8545/";
        assert_eq!(
            locate(url, None, true).unwrap(),
            Location::At(url.parse().unwrap())
        );
    }

    #[test]
    fn everything_else_is_the_payload_itself() {
        for data in ["", "42", "{\"a\": 1}", "answer: yes", "file:///etc/hosts"] {
            assert_eq!(at(data).unwrap(), Location::Inline, "{data}");
        }
    }

    #[test]
    fn without_a_gateway_content_cannot_be_found() {
        assert!(matches!(
            locate("ipfs://QmA", None, false),
            Err(ServiceCause::NotConfigured)
        ));
    }
}
