//! What a response carries.

use serde::de::DeserializeOwned;

/// The content of a response, fetched or inline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    bytes: Vec<u8>,
}

impl Payload {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    /// The bytes as they came.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes as they came, taken out.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// As text; `None` when it is not UTF-8.
    pub fn as_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// As JSON of any type.
    ///
    /// # Errors
    ///
    /// When the content is no JSON, or JSON of another shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.bytes)
    }
}
