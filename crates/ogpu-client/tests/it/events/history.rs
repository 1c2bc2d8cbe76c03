//! Events of the past, from nodes that answer for little at a time.

use std::time::Duration;

use ogpu_client::LoggedEvent;
use serde_json::Value;

use super::{Ledger, all};
use crate::{
    emitter::{Emitter, canonical},
    network::Network,
    server::number,
    tap::{Tap, error},
};

/// A network with many blocks, some of which have many events.
async fn eventful() -> (Network, u64) {
    let network = Network::start().await;
    let emitter = Emitter::deploy(&network).await;
    let from = network.head().await + 1;
    for n in 0..12 {
        emitter
            .emit(&network, &network.account, 100 * n, 1 + 3 * (n % 9))
            .await;
        for _ in 0..n * 3 {
            network.devnet.mine().await.unwrap();
        }
    }
    (network, from)
}

#[tokio::test]
async fn limits_of_range_and_results_change_nothing_of_what_comes() {
    let (network, from) = eventful().await;
    let expected = canonical(&network, from).await;
    let head = network.head().await;
    for most_blocks in [10, 500, 10_000] {
        // How many logs each block has, to refuse as a node does.
        let logs: Vec<u64> = expected
            .iter()
            .map(|event| event.log.block_number)
            .collect();
        let tap = Tap::start(&network, move |call: &Value| {
            if call["method"] != "eth_getLogs" {
                return None;
            }
            let filter = &call["params"][0];
            let (start, end) = (number(&filter["fromBlock"])?, number(&filter["toBlock"])?);
            if end - start >= most_blocks {
                return error(-32_000, "block range too large");
            }
            let results = logs
                .iter()
                .filter(|block| (start..=end).contains(block))
                .count();
            (results > 20)
                .then(|| error(-32_005, "query returned more than 20 results"))
                .flatten()
        })
        .await;
        let client = tap.client(&network);
        let stream = client.events().from_block(from).to_block(head).stream();
        assert_eq!(
            all(stream).await,
            expected,
            "{most_blocks} blocks at a time"
        );
        // What has too many results even alone is read otherwise.
        assert!(expected.len() > 100);
    }
}

#[tokio::test]
async fn a_quota_does_not_make_ranges_shorter() {
    let (network, from) = eventful().await;
    let head = network.head().await;
    let (mut refused, mut spans) = (0, Vec::new());
    let (tell, told) = std::sync::mpsc::channel();
    let tap = Tap::start(&network, move |call: &Value| {
        if call["method"] != "eth_getLogs" {
            return None;
        }
        let filter = &call["params"][0];
        let span = number(&filter["toBlock"])? - number(&filter["fromBlock"])? + 1;
        spans.push(span);
        tell.send(span).unwrap();
        refused += 1;
        (refused < 4)
            .then(|| error(-32_005, "daily request rate limit exceeded"))
            .flatten()
    })
    .await;
    let client = tap.client(&network);
    let events = all(client.events().from_block(from).to_block(head).stream()).await;
    assert_eq!(events, canonical(&network, from).await);
    let spans: Vec<u64> = told.try_iter().collect();
    let pages = spans.iter().filter(|span| **span > 64).count();
    assert!(pages >= 1 && spans.len() < 12, "{spans:?}");
}

#[tokio::test]
async fn times_come_when_asked_for_and_are_those_of_the_blocks() {
    let (network, from) = eventful().await;
    let head = network.head().await;
    let stream = network
        .client
        .events()
        .from_block(from)
        .to_block(head)
        .timestamps(true)
        .stream();
    let events = all(stream).await;
    assert_eq!(events.len(), canonical(&network, from).await.len());
    for LoggedEvent { log, timestamp, .. } in events {
        let block: Value = network
            .client
            .rpc()
            .call("eth_getBlockByHash", (log.block_hash, false))
            .await
            .unwrap();
        assert_eq!(timestamp, number(&block["timestamp"]));
    }
}

#[tokio::test]
async fn a_stream_goes_on_from_any_of_its_cursors() {
    let (network, from) = eventful().await;
    let expected = canonical(&network, from).await;
    let head = network.head().await;
    let events = || network.client.events().to_block(head);
    let mut stream = events().from_block(from).stream();
    let mut ledger = Ledger::default();
    for n in 0..expected.len() {
        ledger.until(&mut stream, &expected[..n + 1]).await;
        if n % 7 == 0 || n + 1 == expected.len() {
            let cursor = ledger.cursor.as_ref().unwrap().to_string();
            let rest = all(events().resume(cursor.parse().unwrap()).stream()).await;
            assert_eq!(rest, expected[n + 1..]);
        }
    }
}

#[tokio::test]
async fn an_answer_with_logs_that_cannot_be_is_not_believed() {
    let (network, from) = eventful().await;
    let expected = canonical(&network, from).await;
    let head = network.head().await;
    let strange = [
        serde_json::json!([{ "address": "0x0000000000000000000000000000000000000009" }]),
        serde_json::json!({}),
        serde_json::json!(null),
    ];
    let mut answers = strange.into_iter();
    let tap = Tap::start(&network, move |call: &Value| {
        if call["method"] != "eth_getLogs" {
            return None;
        }
        crate::tap::result(answers.next()?)
    })
    .await;
    let client = network.client_with(|builder| {
        builder
            .rpc_url(&tap.url)
            .rpc_timeout(Duration::from_secs(5))
    });
    let stream = client.events().from_block(from).to_block(head).stream();
    assert_eq!(all(stream).await, expected);
}
