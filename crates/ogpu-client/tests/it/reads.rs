//! Reads: what they give, at which block, and in how many requests.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use ogpu_client::{
    Client, DeliveryMethod, Error,
    types::{Address, ResponseAddress},
};

use crate::{
    network::Network,
    proxy::{Fate, Proxy, proxied},
};

/// A client whose requests are counted.
pub(crate) struct Counted {
    pub(crate) client: Client,
    requests: Arc<AtomicUsize>,
    _proxy: Proxy,
}

impl Counted {
    pub(crate) async fn start(network: &Network) -> Self {
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        let (proxy, client) = proxied(network, move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
            Fate::Answered
        })
        .await;
        Self {
            client,
            requests,
            _proxy: proxy,
        }
    }

    /// How many requests were made since this was last asked.
    pub(crate) fn take(&self) -> usize {
        self.requests.swap(0, Ordering::Relaxed)
    }
}

#[tokio::test]
async fn a_snapshot_is_one_request_at_one_block() {
    let network = Network::start().await;
    let (task, response, provider) = network.answered(DeliveryMethod::ManualConfirmation).await;
    let counted = Counted::start(&network).await;
    let snapshot = counted.client.task(task).snapshot().await.unwrap();
    assert_eq!(counted.take(), 1);
    assert_eq!(snapshot.address, task);
    assert_eq!(snapshot.attempt_count, 1);
    let snapshot = counted
        .client
        .response(response.address)
        .snapshot()
        .await
        .unwrap();
    assert_eq!(counted.take(), 1);
    assert_eq!(snapshot.params.provider, provider.address());
    let _ = (Address::ZERO, ResponseAddress::from(Address::ZERO));
    let error = counted.client.task(Address::new([1; 20])).snapshot().await;
    assert!(matches!(error, Err(Error::TaskNotFound { .. })));
    assert_eq!(counted.take(), 1);
}
