//! The compiled contracts against the published interfaces and Ethereum's limits.

use ogpu_contracts::abi;
use ogpu_types::DeliveryMethod;
use serde_json::Value;

use crate::support::{Artifact, Net, artifacts};

/// EIP-170, in bytes.
const MAX_RUNTIME_CODE: usize = 24_576;
/// EIP-3860, in bytes.
const MAX_INIT_CODE: usize = 49_152;

#[test]
fn every_contract_has_exactly_its_published_interface() {
    for Artifact { name, abi, .. } in artifacts() {
        let text = abi::json(&name).expect("every contract's interface is published");
        let published: Vec<Value> = serde_json::from_str(text).expect("interfaces are JSON");
        // An interface says nothing about construction.
        let (constructors, compiled): (Vec<Value>, Vec<Value>) = abi
            .into_iter()
            .partition(|entry| entry["type"] == "constructor");
        assert_eq!(constructors.len(), 1, "{name}");
        assert_eq!(left_out_of(&compiled, &published), NOTHING, "{name}");
        assert_eq!(left_out_of(&published, &compiled), NOTHING, "{name}");
    }
}

#[test]
fn every_published_interface_has_a_contract() {
    let mut compiled: Vec<String> = artifacts().map(|artifact| artifact.name).collect();
    compiled.sort_unstable();
    // The one that differs on the test network is a part of the other.
    let published = abi::names().filter(|name| *name != "testnet/Vault");
    assert_eq!(compiled, published.collect::<Vec<_>>());
}

#[test]
fn the_vault_can_do_all_that_the_test_networks_vault_can() {
    let read = |name| -> Vec<Value> {
        let text = abi::json(name).expect("a published interface");
        serde_json::from_str(text).expect("interfaces are JSON")
    };
    assert_eq!(left_out_of(&read("Vault"), &read("testnet/Vault")), NOTHING);
}

#[test]
fn no_contract_is_too_large_to_be_deployed() {
    for artifact in artifacts() {
        let size = artifact.bytecode.len();
        assert!(size <= MAX_INIT_CODE, "{}: {size}", artifact.name);
    }
}

#[tokio::test]
async fn no_deployed_code_exceeds_ethereums_limit() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    let task = net.publish_task(source).await;
    net.attempt(task, &net.provider).await;
    let response = net.respond(task, &net.provider, "result").await;
    for contract in [
        net.nexus,
        net.controller,
        net.terminal,
        net.vault,
        net.manager,
        source,
        task,
        response,
    ] {
        let size = net.code(contract).await.len();
        assert!((1..=MAX_RUNTIME_CODE).contains(&size), "{size}");
    }
}

const NOTHING: [&Value; 0] = [];

/// The entries of `wanted` that are not in `entries`.
fn left_out_of<'a>(entries: &[Value], wanted: &'a [Value]) -> Vec<&'a Value> {
    wanted
        .iter()
        .filter(|entry| !entries.contains(entry))
        .collect()
}
