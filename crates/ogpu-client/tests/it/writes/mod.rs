//! Every write that needs no administrator: what it changes on chain, what its simulation says, and
//! the error of each refusal.

mod keys;
mod manager;
mod mined;
mod pairing;
mod scheduling;
mod source;
mod task;
mod vault;

use ogpu_client::{Error, Receipt, Signer, Wei, Write};
use ogpu_devnet::SimulatedProvider;

use crate::network::Network;

/// What the network asks of every provider, as its contracts have it from the start.
const MIN_LOCKUP: Wei = Wei::from_gwei(100_000_000);

/// The write, after a simulation that promises no more than it takes.
async fn done(write: impl Fn() -> Write<Receipt>) -> Receipt {
    let simulation = write().simulate().await.unwrap();
    let receipt = write().await.unwrap();
    assert!(receipt.succeeded());
    assert!(receipt.gas_used <= simulation.gas_limit);
    receipt
}

/// The error of the write, which its simulation has as well, and which costs nothing.
async fn refused(write: impl Fn() -> Write<Receipt>) -> Error {
    let simulated = write().simulate().await.unwrap_err();
    let error = write().await.unwrap_err();
    assert_eq!(error.to_string(), simulated.to_string());
    assert!(error.outcome().is_not_sent(), "{error:?}");
    error
}

/// A provider with a lockup of 100 OGPU that does nothing by itself.
async fn idle_provider(network: &Network) -> SimulatedProvider {
    let handler = |_: ogpu_client::TaskInput| async { serde_json::Value::Null };
    network
        .devnet
        .provider(handler)
        .idle()
        .start()
        .await
        .unwrap()
}

/// An account without a part in anything yet.
fn stranger(network: &Network) -> &Signer {
    let mut others = network.devnet.accounts().of(ogpu_devnet::Role::Client);
    others.nth(1).unwrap()
}
