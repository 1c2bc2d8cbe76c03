//! The heavy plan: the same every time, and survivable.

use std::time::Duration;

use ogpu_devnet::faults::{Exchange, FaultPlan};
use serde_json::json;

use crate::client::{Net, Rpc, TO, call, sending};

/// No answer for this long is none.
const PATIENCE: Duration = Duration::from_millis(500);

/// Asks once, whatever becomes of it.
async fn try_once(rpc: &Rpc, request: &serde_json::Value) {
    let asking = async { rpc.post(request).await.ok()?.bytes().await.ok() };
    let _ = tokio::time::timeout(PATIENCE, asking).await;
}

/// Asks a fresh network the same, one request after the other; answers what became of them.
async fn fates(seed: u64) -> Vec<Exchange> {
    let net = Net::start(FaultPlan::heavy(seed).without_chain_faults()).await;
    for nonce in 0..60 {
        let raw = net.wallet.transfer(nonce, TO, 1);
        try_once(&net.door, &sending(1, &raw)).await;
        try_once(&net.door, &call(2, "eth_blockNumber", json!([]))).await;
    }
    net.devnet.faults().log().exchanges().cloned().collect()
}

#[tokio::test]
async fn the_same_seed_and_requests_have_the_same_fates() {
    let first = fates(7).await;
    assert_eq!(first.len(), 120);
    let faulty = first.iter().filter(|exchange| !exchange.faults.is_empty());
    assert!(faulty.count() > 20);
    assert_eq!(first, fates(7).await);
    assert_ne!(first, fates(8).await);
}

#[tokio::test]
async fn bytes_that_are_offered_until_they_are_mined_are_mined_once() {
    const TRANSFERS: u64 = 30;
    let net = Net::start(FaultPlan::heavy(1)).await;
    let sent: Vec<_> = (0..TRANSFERS)
        .map(|nonce| net.wallet.transfer(nonce, TO, 5))
        .collect();
    for _ in 0..3 {
        for raw in &sent {
            try_once(&net.door, &sending(1, raw)).await;
        }
    }
    let faults = net.devnet.faults();
    faults.clear();
    while net.node.count(&net.wallet, "latest").await < TRANSFERS {
        for raw in &sent {
            try_once(&net.door, &sending(1, raw)).await;
        }
        // After a spike, the base fee comes down block by block.
        net.devnet.mine().await.expect("a block");
    }
    for raw in &sent {
        assert_eq!(net.node.receipt(raw).await["status"], "0x1");
    }
    let received = net.node.number("eth_getBalance", json!([TO, "latest"]));
    assert_eq!(received.await, 5 * TRANSFERS);
    assert!(faults.log().faulty() > 0);
}
