//! The pinned content, and the record of what was uploaded.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;

use super::cid;

/// A file that the pinning service was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upload {
    /// The file name of the form's part.
    pub file_name: String,
    /// The content type of the form's part.
    pub content_type: String,
    /// The content.
    pub content: Vec<u8>,
}

/// The pinned content, without the services in between.
///
/// All clones are the same store. None keeps the services running.
#[derive(Clone)]
pub struct ContentStore {
    shared: Arc<Shared>,
}

struct Shared {
    gateway_url: String,
    pinned: Mutex<HashMap<String, Pinned>>,
    uploads: Mutex<Vec<Upload>>,
}

/// A content as the gateway serves it.
#[derive(Clone)]
pub(super) struct Pinned {
    pub(super) content: Bytes,
    pub(super) content_type: String,
}

impl ContentStore {
    /// An empty store, whose links begin with that URL.
    pub(super) fn new(gateway_url: String) -> Self {
        Self {
            shared: Arc::new(Shared {
                gateway_url,
                pinned: Mutex::default(),
                uploads: Mutex::default(),
            }),
        }
    }

    /// Pins a content without an upload; answers its link, which is always the same for the same
    /// content. The content type given last is the one it is served with.
    pub fn put(&self, content: impl Into<Vec<u8>>, content_type: &str) -> String {
        let content = Bytes::from(content.into());
        let cid = cid::of_file(&content).to_string();
        let link = format!("{}/{cid}", self.shared.gateway_url);
        let pinned = Pinned {
            content,
            content_type: content_type.to_owned(),
        };
        locked(&self.shared.pinned).insert(cid, pinned);
        link
    }

    /// The content of a CID, or of a link that ends in one.
    #[must_use]
    pub fn content(&self, cid_or_link: &str) -> Option<Vec<u8>> {
        let cid = cid_or_link
            .rsplit_once('/')
            .map_or(cid_or_link, |(_, cid)| cid);
        self.pinned(cid).map(|pinned| pinned.content.into())
    }

    pub(super) fn gateway_url(&self) -> &str {
        &self.shared.gateway_url
    }

    pub(super) fn pinned(&self, cid: &str) -> Option<Pinned> {
        locked(&self.shared.pinned).get(cid).cloned()
    }

    pub(super) fn record(&self, upload: Upload) {
        locked(&self.shared.uploads).push(upload);
    }

    pub(super) fn uploads(&self) -> Vec<Upload> {
        locked(&self.shared.uploads).clone()
    }
}

/// Leaves the content out, which may be large.
impl fmt::Debug for ContentStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ContentStore")
            .field("gateway_url", &self.shared.gateway_url)
            .finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No holder of a lock leaves anything half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
