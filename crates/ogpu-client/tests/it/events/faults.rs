//! The great test: lost connections, stale replicas, reorganisations, and watchers that are stopped
//! and go on from a saved cursor.
//!
//! `OGPU_EVENT_SEEDS` and `OGPU_EVENTS` make it longer: 50 and 100000 have 100,000 events in all.

use std::time::Duration;

use futures::{StreamExt, future::join_all, stream};
use ogpu_client::{Client, Cursor, RetryPolicy, Signer};
use ogpu_devnet::{
    DevnetError, Orphans,
    faults::{Fault, FaultPlan, Loss, Rule},
};

use super::Ledger;
use crate::{
    emitter::{Emitter, canonical},
    network::Network,
};

/// How many seeds run side by side.
const AT_A_TIME: usize = 4;

fn number_from(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

fn plan(seed: u64) -> FaultPlan {
    let rules = [
        (Fault::Stale { blocks: 2 }, 0.1),
        (Fault::OutOfOrder, 0.3),
        (Fault::RequestLost, 0.04),
        (Fault::AnswerLost(Loss::Closed), 0.04),
        (Fault::AnswerLost(Loss::GatewayTimeout), 0.02),
        (Fault::ResetMidBody, 0.03),
        (Fault::status(503), 0.03),
        (Fault::TruncatedJson, 0.02),
        (Fault::NotJson, 0.02),
        (Fault::WrongId, 0.002),
        (Fault::NullResult, 0.002),
        (Fault::rpc_error(-32603, "internal error"), 0.002),
    ];
    let rules = rules
        .into_iter()
        .map(|(fault, probability)| Rule::rpc(fault).with_probability(probability));
    rules.fold(FaultPlan::seeded(seed), FaultPlan::rule)
}

/// A client as a new process has it.
fn client(network: &Network, url: &str) -> Client {
    network.client_with(|builder| {
        builder
            .rpc_url(url)
            .rpc_timeout(Duration::from_millis(700))
            .rpc_retry(RetryPolicy {
                tries: 4,
                backoff: Duration::from_millis(5),
                max_backoff: Duration::from_millis(50),
            })
    })
}

/// Emits so many events, with reorganisations in between.
async fn happen(network: &Network, emitter: &Emitter, events: u64, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let accounts: Vec<Signer> = network
        .devnet
        .accounts()
        .iter()
        .map(|(_, signer)| signer.clone())
        .collect();
    let (mut first, mut left) = (1, events);
    let mut grown = 0;
    while left > 0 {
        let mut sending = Vec::new();
        for signer in random.choose_multiple(&accounts, random.clone().usize(1..=4)) {
            let count = random.u64(1..=80).min(left);
            if count > 0 {
                sending.push(emitter.emit(network, signer, first, count));
                first += count;
                left -= count;
            }
        }
        join_all(sending).await;
        grown += 1;
        if random.u8(..3) == 0 {
            let depth = random.u64(1..=5).min(grown);
            let orphans = [Orphans::Dropped, Orphans::Delayed, Orphans::LastDropped];
            let orphans = *random.choice(&orphans).unwrap();
            match network.devnet.reorg_with(depth, orphans).await {
                // All that anvil can do.
                Err(DevnetError::Unsupported { .. }) => {
                    let reorg = network.devnet.reorg_with(depth, Orphans::Dropped).await;
                    reorg.unwrap();
                }
                reorg => drop(reorg.unwrap()),
            }
        }
        for _ in 0..random.u8(..3) {
            network.devnet.mine().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(random.u64(..60))).await;
    }
}

/// What one seed has led to.
struct Run {
    events: usize,
    removed: usize,
    restarts: usize,
}

async fn run(seed: u64, events: u64) -> Run {
    let network = Network::start().await;
    let emitter = Emitter::deploy(&network).await;
    let from = network.head().await + 1;
    let endpoint = network.devnet.faults().endpoint(plan(seed)).await.unwrap();
    let url = endpoint.http_url();
    let mut random = fastrand::Rng::with_seed(!seed);
    let mut ledger = Ledger::default();
    let mut restarts = 0;
    let happening = happen(&network, &emitter, events, seed);
    let watching = async {
        let mut saved: Option<String> = None;
        loop {
            let client = client(&network, &url);
            let events = client.events();
            let mut stream = match &saved {
                Some(text) => events.resume(text.parse::<Cursor>().unwrap()).stream(),
                None => events.from_block(from).stream(),
            };
            for _ in 0..random.usize(1..400) {
                let pause = Duration::from_millis(random.u64(1..1_500));
                match tokio::time::timeout(pause, stream.next()).await {
                    Ok(update) => {
                        ledger.take(update.unwrap().unwrap());
                        saved = ledger.cursor.as_ref().map(ToString::to_string);
                    }
                    // Now and then it dies while it waits.
                    Err(_) if random.bool() => break,
                    Err(_) => {}
                }
            }
            restarts += 1;
        }
    };
    tokio::select! {
        () = happening => {}
        () = watching => {}
    }
    let expected = canonical(&network, from).await;
    let client = client(&network, &url);
    let mut stream = match &ledger.cursor {
        Some(cursor) => client.events().resume(cursor.clone()).stream(),
        None => client.events().from_block(from).stream(),
    };
    ledger.until(&mut stream, &expected).await;
    let more = tokio::time::timeout(Duration::from_millis(300), stream.next()).await;
    assert!(more.is_err(), "{more:?} comes after everything");
    Run {
        events: usize::try_from(events).unwrap(),
        removed: ledger.removed,
        restarts,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::print_stdout, reason = "figures for whoever asks for them")]
async fn under_faults_and_restarts_each_event_comes_once_and_in_order() {
    let seeds = number_from("OGPU_EVENT_SEEDS", 3);
    let events = number_from("OGPU_EVENTS", 1_200) / seeds;
    let (mut total, mut removed, mut restarts) = (0, 0, 0);
    // They mostly wait.
    let mut runs = stream::iter(0..seeds)
        .map(|seed| run(seed, events))
        .buffer_unordered(AT_A_TIME);
    while let Some(run) = runs.next().await {
        total += run.events;
        removed += run.removed;
        restarts += run.restarts;
    }
    println!("{seeds} seeds: {total} events emitted, {removed} removed, {restarts} restarts");
    assert!(restarts > 0);
}
