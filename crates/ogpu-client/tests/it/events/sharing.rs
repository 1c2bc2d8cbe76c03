//! One look at the chain for all watchers of a client.

use std::time::Duration;

use futures::{StreamExt, future::join_all};
use ogpu_devnet::{
    Mining,
    faults::{Endpoint, Fault, FaultPlan, Rule, Target},
};

use super::Ledger;
use crate::{
    emitter::{Emitter, canonical},
    network::Network,
};

const BLOCKS: u64 = 12;

/// How many requests a door lets through until so many watchers were told of the events of all blocks.
async fn requests_of(network: &Network, emitter: &Emitter, watchers: usize, first: u64) -> usize {
    let endpoint: Endpoint = network
        .devnet
        .faults()
        .endpoint(FaultPlan::none())
        .await
        .unwrap();
    let client = network.client_with(|builder| builder.rpc_url(endpoint.http_url()));
    let mut streams: Vec<_> = (0..watchers).map(|_| client.events().stream()).collect();
    join_all(streams.iter_mut().map(|stream| stream.started())).await;
    let before = endpoint.log().exchanges().count();
    for n in 0..BLOCKS {
        emitter.emit(network, &network.account, first + n, 1).await;
        join_all(streams.iter_mut().map(|stream| stream.next())).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let log = endpoint.log();
    assert_eq!(log.calls("eth_newFilter"), 0);
    log.exchanges().count() - before
}

#[tokio::test]
#[allow(clippy::print_stdout, reason = "figures for whoever asks for them")]
async fn a_thousand_watchers_cost_what_one_does() {
    let network = Network::start().await;
    network.devnet.set_mining(Mining::Instant).await.unwrap();
    let emitter = Emitter::deploy(&network).await;
    let one = requests_of(&network, &emitter, 1, 10).await;
    let many = requests_of(&network, &emitter, 1_000, 1_000).await;
    println!("{one} requests for {BLOCKS} blocks by 1 watcher, {many} by 1,000");
    assert!(many <= one * 2, "{many} requests instead of {one}");
}

#[tokio::test]
async fn a_slow_watcher_misses_nothing() {
    let network = Network::start().await;
    let emitter = Emitter::deploy(&network).await;
    let from = network.head().await + 1;
    let mut slow = network.client.events().stream();
    slow.started().await;
    let mut quick = network.client.events().stream();
    quick.started().await;
    let mut ledger = Ledger::default();
    for n in 0..4 {
        emitter.emit(&network, &network.account, 10 * n, 5).await;
        ledger
            .until(&mut quick, &canonical(&network, from).await)
            .await;
        // More than is kept for those who are late.
        for _ in 0..90 {
            network.devnet.mine().await.unwrap();
        }
    }
    let mut late = Ledger::default();
    late.until(&mut slow, &ledger.events).await;
    assert_eq!(late.removed, 0);
}

#[tokio::test]
async fn a_connection_for_notices_that_is_closed_over_and_over_loses_nothing() {
    let network = Network::start().await;
    let emitter = Emitter::deploy(&network).await;
    let plan = FaultPlan::none().rule(Rule::new(
        Target::WebSocket,
        Fault::ClosedAfter(Duration::from_millis(300)),
    ));
    let endpoint = network.devnet.faults().endpoint(plan).await.unwrap();
    let client = network.client_with(|builder| {
        builder
            .rpc_url(endpoint.http_url())
            .ws_url(endpoint.ws_url())
    });
    let from = network.head().await + 1;
    let mut stream = client.events().stream();
    stream.started().await;
    let mut ledger = Ledger::default();
    for n in 0..50 {
        emitter.emit(&network, &network.account, 100 * n, 10).await;
    }
    let expected = canonical(&network, from).await;
    assert_eq!(expected.len(), 500);
    ledger.until(&mut stream, &expected).await;
    assert_eq!(ledger.removed, 0);
}
