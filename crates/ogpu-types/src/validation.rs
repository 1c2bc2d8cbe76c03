//! Checks on what users fill in, made before anything is uploaded or sent.

use http::Uri;

use crate::{Address, excerpt::excerpt};

/// A field that breaks a rule of the protocol.
///
/// `field` is the Rust path of the field, such as `image_envs.cpu`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValidationError {
    /// No environment has an image.
    #[error("{field} names no image: give the URL of at least one of cpu, nvidia and amd")]
    NoEnvironment {
        /// The field at fault.
        field: &'static str,
    },
    /// The text is no `http` or `https` URL with a host.
    #[error("{field} is `{url}`, which is not an http or https URL with a host")]
    InvalidUrl {
        /// The field at fault.
        field: &'static str,
        /// The refused text, cut after 100 characters.
        url: String,
    },
    /// The text is empty or white space.
    #[error("{field} is empty")]
    EmptyText {
        /// The field at fault.
        field: &'static str,
    },
    /// The duration is nothing.
    #[error("{field} is zero: give a number of seconds")]
    ZeroDuration {
        /// The field at fault.
        field: &'static str,
    },
    /// The address is the zero address.
    #[error("{field} is the zero address")]
    ZeroAddress {
        /// The field at fault.
        field: &'static str,
    },
    /// The expiry time is not in the future.
    #[error("{field} is {expiry_time}, not after the present time {now}, both in unix seconds")]
    Expired {
        /// The field at fault.
        field: &'static str,
        /// The refused time, in unix seconds.
        expiry_time: u64,
        /// The time it was compared with, in unix seconds.
        now: u64,
    },
}

impl ValidationError {
    /// The Rust path of the field at fault, such as `image_envs.cpu`.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::NoEnvironment { field }
            | Self::InvalidUrl { field, .. }
            | Self::EmptyText { field }
            | Self::ZeroDuration { field }
            | Self::ZeroAddress { field }
            | Self::Expired { field, .. } => field,
        }
    }
}

pub(crate) fn require_text(field: &'static str, text: &str) -> Result<(), ValidationError> {
    if text.trim().is_empty() {
        return Err(ValidationError::EmptyText { field });
    }
    Ok(())
}

pub(crate) fn require_address(
    field: &'static str,
    address: Address,
) -> Result<(), ValidationError> {
    if address.is_zero() {
        return Err(ValidationError::ZeroAddress { field });
    }
    Ok(())
}

/// An empty text passes: it stands for "none" wherever the protocol has a URL.
pub(crate) fn require_url_or_nothing(
    field: &'static str,
    url: &str,
) -> Result<(), ValidationError> {
    if url.is_empty() || is_http_url(url) {
        return Ok(());
    }
    Err(ValidationError::InvalidUrl {
        field,
        url: excerpt(url),
    })
}

fn is_http_url(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_http_or_https_with_a_host() {
        for url in [
            "http://localhost",
            "https://example.org/a.yml?b=c",
            "HTTPS://example.org:8443/",
            "http://[::1]:80/x",
            "",
        ] {
            assert_eq!(require_url_or_nothing("logo_url", url), Ok(()), "{url}");
        }
        for url in [
            "example.org",
            "ftp://example.org",
            "ipfs://Qm",
            "http://",
            "https:///path",
            "http:// example.org",
            "/path",
            " ",
        ] {
            assert_eq!(
                require_url_or_nothing("logo_url", url),
                Err(ValidationError::InvalidUrl {
                    field: "logo_url",
                    url: url.to_owned()
                }),
                "{url}"
            );
        }
    }

    #[test]
    fn a_long_url_is_cut_in_the_error() {
        let error = require_url_or_nothing("logo_url", &"x".repeat(100_000)).unwrap_err();
        assert!(error.to_string().len() < 300);
    }

    #[test]
    fn white_space_is_no_text() {
        assert_eq!(require_text("name", "a"), Ok(()));
        for text in ["", " \t\n"] {
            assert_eq!(
                require_text("name", text),
                Err(ValidationError::EmptyText { field: "name" })
            );
        }
    }
}
