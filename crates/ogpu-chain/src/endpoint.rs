//! URLs that may carry credentials.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use url::Url;

/// The URL of a service: `http`, `https`, `ws` or `wss`, with a host.
///
/// Providers put access tokens into the path, the query or before the host, so `Display` and
/// `Debug` show the scheme, the host and the port only, and `/…` if there is more. Serialising
/// writes the whole URL, as a configuration file needs it.
///
/// ```
/// use ogpu_chain::Endpoint;
///
/// let endpoint = Endpoint::parse("https://user:secret@node.example.org:8545/v3/token")?;
/// assert_eq!(endpoint.to_string(), "https://node.example.org:8545/…");
/// assert_eq!(endpoint.expose(), "https://user:secret@node.example.org:8545/v3/token");
/// # Ok::<(), ogpu_chain::EndpointError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint(Arc<Url>);

/// A text that is no endpoint. It is not repeated, since it may hold a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// The text is no absolute URL.
    #[error("the endpoint is not an absolute URL with a host: begin it with http:// or https://")]
    Malformed {
        /// What is wrong with it.
        source: url::ParseError,
    },
    /// The scheme is not one that the SDK speaks.
    #[error(
        "the endpoint's scheme is none of http, https, ws and wss: begin it with http:// or https://"
    )]
    UnsupportedScheme,
    /// The endpoint is a websocket where plain requests are made.
    #[error("the endpoint is a websocket where an http or https URL is needed")]
    NotHttp,
    /// The endpoint is an http or https URL where a websocket is needed.
    #[error(
        "the endpoint is an http or https URL where a websocket is needed: begin it with ws:// or wss://"
    )]
    NotWebsocket,
}

/// Parts of a URL that are shorter than any key: words such as `v3` or `rpc`.
const SHORTEST_SECRET: usize = 6;

impl Endpoint {
    /// Reads an absolute URL.
    ///
    /// # Errors
    ///
    /// [`EndpointError`] if it is none, or is neither HTTP nor a websocket.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let url = Url::parse(text).map_err(|source| EndpointError::Malformed { source })?;
        match url.scheme() {
            "http" | "https" | "ws" | "wss" => Ok(Self(Arc::new(url))),
            _ => Err(EndpointError::UnsupportedScheme),
        }
    }

    /// Reads an http or https URL.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and [`EndpointError::NotHttp`] for a websocket.
    pub fn parse_http(text: &str) -> Result<Self, EndpointError> {
        let endpoint = Self::parse(text)?;
        if endpoint.is_websocket() {
            return Err(EndpointError::NotHttp);
        }
        Ok(endpoint)
    }

    /// Reads a ws or wss URL.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and [`EndpointError::NotWebsocket`] for an http or https URL.
    pub fn parse_websocket(text: &str) -> Result<Self, EndpointError> {
        let endpoint = Self::parse(text)?;
        if !endpoint.is_websocket() {
            return Err(EndpointError::NotWebsocket);
        }
        Ok(endpoint)
    }

    /// The whole URL, credentials included: for connecting, never for printing.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }

    /// The whole URL in its parts, credentials included.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// Whether the scheme is `ws` or `wss`.
    #[must_use]
    pub fn is_websocket(&self) -> bool {
        matches!(self.0.scheme(), "ws" | "wss")
    }

    /// The URL with these segments after its path, each escaped where it must be.
    #[must_use]
    pub fn join<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Self {
        let mut url = Url::clone(&self.0);
        url.path_segments_mut()
            .expect("an http or websocket URL always has a path")
            .pop_if_empty()
            .extend(segments);
        Self(Arc::new(url))
    }

    /// The text without the parts of this endpoint that may be secret: servers repeat in their
    /// answers what they were asked.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let mut redacted = text.to_owned();
        let pairs = self.0.query_pairs().map(|(_, value)| value.into_owned());
        let segments = self.0.path_segments().into_iter().flatten();
        let mut secrets: Vec<String> = [self.0.username(), self.0.password().unwrap_or_default()]
            .into_iter()
            .chain(self.0.query())
            .chain(segments)
            .map(str::to_owned)
            .chain(pairs)
            .filter(|part| part.len() >= SHORTEST_SECRET)
            .collect();
        // The longest first: one may hold another.
        secrets.sort_by_key(|part| std::cmp::Reverse(part.len()));
        for secret in secrets {
            redacted = redacted.replace(&secret, "…");
        }
        redacted
    }

    fn hides_something(&self) -> bool {
        !self.0.username().is_empty()
            || self.0.password().is_some()
            || !matches!(self.0.path(), "" | "/")
            || self.0.query().is_some()
            || self.0.fragment().is_some()
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        Self::parse(text)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}://{}",
            self.0.scheme(),
            self.0.host_str().unwrap_or_default()
        )?;
        if let Some(port) = self.0.port() {
            write!(formatter, ":{port}")?;
        }
        if self.hides_something() {
            formatter.write_str("/…")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Endpoint({self})")
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The parser adds a slash to a bare host; nobody writes it into a file.
        let text = match (self.0.path(), self.0.query(), self.0.fragment()) {
            ("/", None, None) => self.expose().trim_end_matches('/'),
            _ => self.expose(),
        };
        serializer.serialize_str(text)
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_may_be_secret_is_hidden() {
        for (url, shown) in [
            ("https://host", "https://host"),
            ("https://host/", "https://host"),
            ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
            ("ws://[::1]:80/", "ws://[::1]"),
            ("https://host/CANARY", "https://host/…"),
            ("https://host?CANARY", "https://host/…"),
            ("https://host#CANARY", "https://host/…"),
            ("https://CANARY@host", "https://host/…"),
            ("https://:CANARY@host:1", "https://host:1/…"),
            ("wss://host/v3/CANARY?key=CANARY", "wss://host/…"),
        ] {
            let endpoint = Endpoint::parse(url).unwrap();
            assert_eq!(endpoint.to_string(), shown);
            assert_eq!(format!("{endpoint:?}"), format!("Endpoint({shown})"));
            assert_eq!(endpoint.expose().contains("CANARY"), url.contains("CANARY"));
        }
    }

    #[test]
    fn an_echo_of_the_url_loses_its_secrets() {
        let endpoint =
            Endpoint::parse("https://canary-u:canary-p@host/v3/canary-path?k=canary-q").unwrap();
        let echo = "Cannot POST /v3/canary-path?k=canary-q for canary-u (canary-p), key canary-q";
        assert_eq!(
            endpoint.redact(echo),
            "Cannot POST /v3/…?… for … (…), key …"
        );
        let plain = Endpoint::parse("http://127.0.0.1:8545/v3").unwrap();
        assert_eq!(plain.redact("v3 is fine"), "v3 is fine");
    }

    #[test]
    fn what_is_no_endpoint_is_refused_without_being_repeated() {
        for text in [
            "",
            "CANARY",
            "https://",
            "host:8545/CANARY",
            "ftp://host/CANARY",
            "http://ho st/CANARY",
            "https://host:99999/CANARY",
            "file:///CANARY",
            "mailto:CANARY@host",
        ] {
            let error = Endpoint::parse(text).unwrap_err();
            assert!(
                !format!("{error} {error:?}").contains("CANARY"),
                "{error:?}"
            );
            let json = serde_json::to_string(text).unwrap();
            let error = serde_json::from_str::<Endpoint>(&json).unwrap_err();
            assert!(
                !format!("{error} {error:?}").contains("CANARY"),
                "{error:?}"
            );
        }
    }

    #[test]
    fn a_websocket_is_told_from_http() {
        let (http, ws) = ("https://host", "wss://host");
        assert!(Endpoint::parse_http(http).is_ok() && Endpoint::parse_websocket(ws).is_ok());
        assert_eq!(Endpoint::parse_http(ws), Err(EndpointError::NotHttp));
        assert_eq!(
            Endpoint::parse_websocket(http),
            Err(EndpointError::NotWebsocket)
        );
    }

    #[test]
    fn json_is_the_whole_url_as_it_was_written() {
        for url in [
            "https://host",
            "https://u:p@host:1/a/?b=c",
            "ws://127.0.0.1:8546",
        ] {
            let json = serde_json::to_string(&Endpoint::parse(url).unwrap()).unwrap();
            assert_eq!(json, format!("\"{url}\""));
            assert_eq!(
                serde_json::from_str::<Endpoint>(&json)
                    .unwrap()
                    .expose()
                    .trim_end_matches('/'),
                url
            );
        }
    }

    #[test]
    fn segments_follow_the_path_and_are_escaped() {
        for (base, joined) in [
            ("https://host", "https://host/a/b%2Fc"),
            ("https://host/x", "https://host/x/a/b%2Fc"),
            ("https://host/x/?k=v", "https://host/x/a/b%2Fc?k=v"),
        ] {
            let endpoint = Endpoint::parse(base).unwrap().join(["a", "b/c"]);
            assert_eq!(endpoint.expose(), joined);
        }
    }
}
