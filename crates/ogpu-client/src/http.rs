//! What JSON-RPC and the off-chain services share: the connection pool and bounded bodies.

use std::{error::Error as StdError, sync::Arc, time::Duration};

use reqwest::{
    Response, StatusCode,
    header::{HeaderMap, RETRY_AFTER},
    redirect,
};

use crate::retry::Advice;

/// Establishing a connection takes a round trip or two; longer means it will not happen.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Below the 60 s after which common proxies drop idle connections without a word.
const POOL_IDLE: Duration = Duration::from_secs(15);
/// How much of an error answer's body is kept.
const ERROR_BODY_LIMIT: usize = 1024;

/// The one connection pool of a client.
///
/// Redirects are not followed: an answer that sends a request elsewhere is an answer that was not
/// asked for, and may point inside the caller's own network.
pub(crate) fn connection_pool() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent(concat!("ogpu-rust/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE)
        .tcp_nodelay(true)
        .redirect(redirect::Policy::none())
        .build()
}

/// Why an HTTP exchange gave no usable answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// No connection could be made: nothing of the request has left.
    #[error("cannot connect")]
    Connect {
        /// What the HTTP library says.
        source: SharedError,
    },
    /// The exchange broke off; the server may have received the request.
    #[error("the connection failed before the whole answer had come")]
    Transport {
        /// What the HTTP library says.
        source: SharedError,
    },
    /// No answer in time; the server may have received the request.
    #[error("no answer within {limit:?}")]
    Timeout {
        /// The time that was allowed.
        limit: Duration,
    },
    /// An answer with a status that is not success.
    #[error("HTTP status {status}: {body}")]
    Status {
        /// The status code.
        status: u16,
        /// The beginning of the answer's body, at most 1,024 bytes.
        body: String,
        /// When the server wants to be asked again at the earliest, if it said so.
        retry_after: Option<Duration>,
    },
    /// An answer longer than allowed; the rest was not read.
    #[error("the answer is longer than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The runtime that carried the exchange has ended; the server may have received the request.
    #[error("the runtime that carried the request has ended")]
    Interrupted,
}

/// A cause whose type is not part of this crate's promise.
pub type BoxError = Box<dyn StdError + Send + Sync + 'static>;

/// A [`BoxError`] that several calls have in common, since one request carried them all.
pub type SharedError = Arc<dyn StdError + Send + Sync + 'static>;

impl HttpError {
    /// An error of the HTTP library, without the URL, which may hold a key.
    pub(crate) fn from_reqwest(error: reqwest::Error, limit: Duration) -> Self {
        // A connection attempt that runs out of time is both; what matters is that nothing left.
        if error.is_connect() {
            Self::Connect {
                source: Arc::new(error.without_url()),
            }
        } else if error.is_timeout() {
            Self::Timeout { limit }
        } else {
            Self::Transport {
                source: Arc::new(error.without_url()),
            }
        }
    }

    /// What the server said.
    pub(crate) fn text(&mut self) -> Option<&mut String> {
        match self {
            Self::Status { body, .. } => Some(body),
            _ => None,
        }
    }

    /// Whether the server has been asked too often.
    pub(crate) fn is_too_often(&self) -> bool {
        matches!(self, Self::Status { status: 429, .. })
    }

    /// Whether it is certain that the server has not seen the request.
    pub(crate) fn never_left(&self) -> bool {
        matches!(self, Self::Connect { .. })
    }

    /// What to do about it, for a request that is safe to repeat.
    pub(crate) fn advice(&self) -> Advice {
        match self {
            Self::Connect { .. }
            | Self::Transport { .. }
            | Self::Timeout { .. }
            | Self::Interrupted => Advice::Retry,
            Self::Status {
                status,
                retry_after,
                ..
            } if *status == 429 || *status == 408 || *status >= 500 => {
                retry_after.map_or(Advice::Retry, Advice::RetryAfter)
            }
            Self::Status { .. } | Self::TooLarge { .. } => Advice::Final,
        }
    }
}

/// The body of an answer, at most `limit` bytes.
pub(crate) async fn read_body(
    mut response: Response,
    limit: usize,
    timeout: Duration,
) -> Result<Vec<u8>, HttpError> {
    // A server that announces too much need not be listened to.
    if response.content_length().is_some_and(|n| n > limit as u64) {
        return Err(HttpError::TooLarge { limit });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| HttpError::from_reqwest(error, timeout))?
    {
        if body.len() + chunk.len() > limit {
            return Err(HttpError::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The body of a successful answer; any other status is an error with the body's beginning.
pub(crate) async fn read_success(
    response: Response,
    limit: usize,
    timeout: Duration,
) -> Result<Vec<u8>, HttpError> {
    let status = response.status();
    if status.is_success() {
        return read_body(response, limit, timeout).await;
    }
    let retry_after = retry_after(response.headers());
    let body = read_start(response).await;
    Err(status_error(status, &body, retry_after))
}

/// An answer whose status is not success.
pub(crate) fn status_error(
    status: StatusCode,
    body: &[u8],
    retry_after: Option<Duration>,
) -> HttpError {
    let end = body.len().min(ERROR_BODY_LIMIT);
    HttpError::Status {
        status: status.as_u16(),
        body: String::from_utf8_lossy(&body[..end]).into_owned(),
        retry_after,
    }
}

/// As much of the body as an error keeps; a body that breaks off is kept as far as it came.
async fn read_start(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= ERROR_BODY_LIMIT {
            break;
        }
    }
    body
}

/// `Retry-After` in its two forms: seconds, or a date.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    // A date that has passed means now.
    Some(
        date.duration_since(std::time::SystemTime::now())
            .unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())])
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        assert_eq!(retry_after(&headers("120")), Some(Duration::from_secs(120)));
        assert_eq!(
            retry_after(&headers("Sun, 06 Nov 1994 08:49:37 GMT")),
            Some(Duration::ZERO)
        );
        assert_eq!(retry_after(&headers("soon")), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn only_passing_states_are_worth_another_try() {
        let advice =
            |status: u16| status_error(StatusCode::from_u16(status).unwrap(), b"", None).advice();
        assert_eq!(advice(500), Advice::Retry);
        assert_eq!(advice(503), Advice::Retry);
        assert_eq!(advice(429), Advice::Retry);
        assert_eq!(advice(400), Advice::Final);
        assert_eq!(advice(404), Advice::Final);
        assert_eq!(advice(302), Advice::Final);
        assert_eq!(HttpError::TooLarge { limit: 1 }.advice(), Advice::Final);
    }

    #[test]
    fn an_error_keeps_only_the_beginning_of_a_body() {
        let HttpError::Status { body, .. } =
            status_error(StatusCode::BAD_GATEWAY, &[b'x'; 5000], None)
        else {
            panic!("not a status error");
        };
        assert_eq!(body.len(), ERROR_BODY_LIMIT);
    }
}
