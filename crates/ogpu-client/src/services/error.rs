//! Errors of the off-chain services.

use std::{fmt, time::Duration};

use ogpu_chain::Endpoint;

use crate::{http::HttpError, retry::Advice};

/// A call to an off-chain service that gave no usable answer. Nothing was spent on chain.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the {service} service{}", at(endpoint.as_ref(), *tries))]
#[non_exhaustive]
pub struct ServiceError {
    /// Which service: `pinning`, `gateway` or `management`.
    pub service: &'static str,
    /// Its address; prints without credentials. `None` when none is configured.
    pub endpoint: Option<Endpoint>,
    /// How often it was asked.
    pub tries: u32,
    /// What happened on the last try.
    #[source]
    pub cause: ServiceCause,
}

fn at(endpoint: Option<&Endpoint>, tries: u32) -> impl fmt::Display {
    match endpoint {
        // Refused before anybody was asked.
        _ if tries == 0 => String::new(),
        Some(endpoint) => format!(" at {endpoint} (tries: {tries})"),
        None => String::new(),
    }
}

impl ServiceError {
    /// Whether the same call may succeed later, as it is.
    pub fn is_transient(&self) -> bool {
        self.cause.advice() != Advice::Final
    }

    pub(super) fn not_configured(service: &'static str) -> Self {
        Self {
            service,
            endpoint: None,
            tries: 0,
            cause: ServiceCause::NotConfigured,
        }
    }
}

/// Why a service gave no usable answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceCause {
    /// The HTTP exchange failed.
    #[error(transparent)]
    Http(HttpError),
    /// The answer is not what the service promises.
    #[error("the answer is malformed: {problem}")]
    Malformed {
        /// What is wrong with it.
        problem: String,
    },
    /// The chain has no such service and the client was given none.
    #[error(
        "the chain names no such service: give its URL to the client's builder (`pin_url`, `gateway_url`, `management_url`)"
    )]
    NotConfigured,
    /// A URL that somebody else chose leads away from the gateway.
    #[error(
        "{url} is not on the gateway: to fetch it all the same, build the client with `allow_foreign_payload_urls`"
    )]
    ForeignUrl {
        /// The URL; prints without what may be secret.
        url: Endpoint,
    },
    /// What was given names no content.
    #[error("`{start}` begins no URL of any content: give an http, https or ipfs URL")]
    InvalidUrl {
        /// The beginning of what was given, at most 16 characters: too little to hold a key.
        start: String,
    },
}

impl ServiceCause {
    pub(super) fn malformed(problem: impl fmt::Display) -> Self {
        Self::Malformed {
            problem: problem.to_string(),
        }
    }

    pub(super) fn invalid_url(text: &str) -> Self {
        Self::InvalidUrl {
            start: text.chars().take(16).collect(),
        }
    }

    pub(super) fn timeout(limit: Duration) -> Self {
        Self::Http(HttpError::Timeout { limit })
    }

    pub(super) fn http(error: reqwest::Error, limit: Duration) -> Self {
        Self::Http(HttpError::from_reqwest(error, limit))
    }

    /// Rewrites the texts that came from the server.
    pub(super) fn rewrite(&mut self, rewrite: impl Fn(&str) -> String) {
        match self {
            Self::Http(error) => {
                if let Some(text) = error.text() {
                    *text = rewrite(text);
                }
            }
            Self::Malformed { problem } => *problem = rewrite(problem),
            Self::NotConfigured | Self::ForeignUrl { .. } | Self::InvalidUrl { .. } => {}
        }
    }

    pub(super) fn advice(&self) -> Advice {
        match self {
            Self::Http(error) => error.advice(),
            _ => Advice::Final,
        }
    }
}
