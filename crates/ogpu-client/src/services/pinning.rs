//! Pinning: content goes up, a gateway URL comes back.

use ogpu_chain::Endpoint;
use reqwest::multipart::{Form, Part};
use serde::{Deserialize, Serialize};

use super::{ServiceCause, ServiceError, ServiceOptions, Services, attempt};
use crate::{deadline::Deadline, http};

const SERVICE: &str = "pinning";
/// The link goes on chain, where every byte costs gas.
const LINK_LIMIT: usize = 2048;

/// A file to be pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    file_name: String,
    content_type: String,
    content: Vec<u8>,
}

impl Upload {
    /// A value as a JSON file.
    ///
    /// # Errors
    ///
    /// When the value has no JSON form, such as a map with keys that are no strings.
    pub fn json<T: Serialize + ?Sized>(
        file_name: impl Into<String>,
        value: &T,
    ) -> Result<Self, serde_json::Error> {
        Ok(Self {
            file_name: file_name.into(),
            content_type: "application/json".to_owned(),
            content: serde_json::to_vec(value)?,
        })
    }

    /// Any content with its MIME type, such as `text/plain`.
    pub fn new(
        file_name: impl Into<String>,
        content_type: impl Into<String>,
        content: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            file_name: file_name.into(),
            content_type: content_type.into(),
            content: content.into(),
        }
    }

    fn form(&self) -> Result<Form, ServiceCause> {
        let part = Part::bytes(self.content.clone())
            .file_name(self.file_name.clone())
            .mime_str(&self.content_type)
            .map_err(|error| ServiceCause::malformed(format_args!("the content type: {error}")))?;
        Ok(Form::new().part("file", part))
    }
}

#[derive(Deserialize)]
struct Answer {
    link: String,
}

impl Services {
    /// Uploads a file and returns the URL under which the gateway serves it.
    ///
    /// Uploading the same content again gives the same URL, so that a try whose answer was lost
    /// can be repeated.
    #[tracing::instrument(level = "debug", skip_all, fields(file = %upload.file_name, bytes = upload.content.len()))]
    pub(crate) async fn pin(
        &self,
        upload: &Upload,
        options: &ServiceOptions,
        deadline: Deadline,
    ) -> Result<String, ServiceError> {
        let endpoint = self
            .pin
            .as_ref()
            .ok_or_else(|| ServiceError::not_configured(SERVICE))?;
        let limit = options.timeout;
        attempt(SERVICE, endpoint, options, deadline, || async move {
            let response = self
                .http
                .post(endpoint.as_url().clone())
                .multipart(upload.form()?)
                .send()
                .await
                .map_err(|error| ServiceCause::http(error, limit))?;
            let body = http::read_success(response, options.max_bytes, limit)
                .await
                .map_err(ServiceCause::Http)?;
            read_link(&body)
        })
        .await
    }
}

fn read_link(body: &[u8]) -> Result<String, ServiceCause> {
    let answer: Answer = serde_json::from_slice(body).map_err(ServiceCause::malformed)?;
    if answer.link.len() > LINK_LIMIT {
        return Err(ServiceCause::malformed(format_args!(
            "the link is longer than {LINK_LIMIT} bytes"
        )));
    }
    // As it came: a parser would write it anew, and the link is what goes on chain.
    Endpoint::parse_http(&answer.link)
        .map(|_| answer.link)
        .map_err(ServiceCause::malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_web_link_is_an_answer() {
        assert_eq!(
            read_link(br#"{"link":"https://example.org/ipfs/Qm"}"#).unwrap(),
            "https://example.org/ipfs/Qm"
        );
        for body in [
            &b"not json"[..],
            br#"{}"#,
            br#"{"link":7}"#,
            br#"{"link":"Qm"}"#,
            br#"{"link":"file:///etc/hosts"}"#,
        ] {
            let cause = read_link(body).unwrap_err();
            assert!(matches!(cause, ServiceCause::Malformed { .. }));
        }
    }

    #[test]
    fn a_content_type_that_is_none_is_refused() {
        let upload = Upload::new("a.bin", "not a type", vec![1]);
        assert!(matches!(upload.form(), Err(ServiceCause::Malformed { .. })));
    }
}
