//! Every built-in chain keeps the rules of the registry's data file.

use std::collections::HashSet;

use ogpu_chain::{ChainSpec, Contract, Registry};
use ogpu_types::{Address, ChainId};
use serde_json::Value;

fn raw_chains() -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("../chains.json")).unwrap();
    file["chains"].as_array().unwrap().clone()
}

/// All texts of a chain's fields, however deep.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn both_public_chains_are_there_and_the_test_network_is_the_default() {
    let registry = Registry::builtin();
    let ids: Vec<_> = registry.iter().map(ChainSpec::id).collect();
    assert_eq!(ids, [ChainId::OGPU_MAINNET, ChainId::OGPU_TESTNET]);
    assert_eq!(registry.default_chain(), ChainId::OGPU_TESTNET);
}

#[test]
fn ids_and_names_are_unique_and_agree() {
    let chains = raw_chains();
    let ids: HashSet<_> = chains
        .iter()
        .map(|chain| chain["chain_id"].as_u64())
        .collect();
    let names: HashSet<_> = chains
        .iter()
        .map(|chain| chain["name"].as_str().unwrap().to_lowercase())
        .collect();
    assert_eq!(ids.len(), chains.len());
    assert_eq!(names.len(), chains.len());
    for spec in Registry::builtin().iter() {
        assert_eq!(Some(spec.name()), spec.id().name());
        assert_eq!(Registry::builtin().find(spec.name()).unwrap(), spec);
        assert_eq!(Registry::builtin().get(&spec.id()).unwrap(), spec);
    }
}

#[test]
fn addresses_are_written_with_their_checksum_and_no_two_are_equal() {
    let mut seen = HashSet::new();
    for chain in raw_chains() {
        let contracts = chain["contracts"].as_object().unwrap();
        assert_eq!(contracts.len(), Contract::ALL.len());
        for text in contracts.values().map(|address| address.as_str().unwrap()) {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
            assert!(seen.insert(address), "{text} is listed twice");
        }
    }
    for spec in Registry::builtin().iter() {
        for &contract in Contract::ALL {
            assert!(seen.remove(&spec.contract(contract)));
        }
    }
}

#[test]
fn urls_are_https_without_a_slash_at_the_end() {
    for chain in raw_chains() {
        let urls: Vec<_> = texts(&chain)
            .into_iter()
            .filter(|t| t.contains("://"))
            .collect();
        assert_eq!(urls.len(), 5);
        for url in urls {
            assert!(url.starts_with("https://"), "{url}");
            assert!(!url.ends_with('/'), "{url}");
        }
    }
}

#[test]
fn every_chain_has_all_services_an_explorer_and_a_coin() {
    for spec in Registry::builtin().iter() {
        let services = spec.services();
        assert!(services.pin_url.is_some());
        assert!(services.gateway_url.is_some());
        assert!(services.management_url.is_some());
        assert!(spec.tx_url(Default::default()).is_some());
        assert_eq!(spec.currency().decimals, 18);
        assert!(!spec.currency().symbol.is_empty());
    }
}

#[test]
fn the_data_file_is_what_the_registry_writes() {
    let written: Vec<_> = Registry::builtin()
        .iter()
        .map(|spec| serde_json::to_value(spec).unwrap())
        .collect();
    assert_eq!(written, raw_chains());
}

#[test]
fn only_the_main_network_cancels_unbondings() {
    for spec in Registry::builtin().iter() {
        assert_eq!(
            spec.vault_can_cancel_unbonding(),
            spec.id() == ChainId::OGPU_MAINNET
        );
    }
}

#[test]
fn facts_of_the_two_chains_are_those_published() {
    let registry = Registry::builtin();
    let mainnet = registry.get(&ChainId::OGPU_MAINNET).unwrap();
    let testnet = registry.get(&ChainId::OGPU_TESTNET).unwrap();
    let nexus = |spec: &ChainSpec| spec.contract(Contract::Nexus).to_string();
    assert_eq!(nexus(mainnet), "0x2b0cC6058313801D5feb184a539e3a0C5A87a6a1");
    assert_eq!(nexus(testnet), "0xF87bb2f3edB991a998992f14d35fE142e6Bb50b1");
    assert_eq!(mainnet.currency().symbol, "OGPU");
    assert_eq!(testnet.currency().symbol, "ToGPU");
    assert_eq!(
        mainnet.to_string(),
        "OGPU_MAINNET (chain 1071) at https://mainnet-rpc.ogpuscan.io"
    );
    assert_eq!(
        testnet.source_url(Address::ZERO).unwrap(),
        "https://testnet.ogpuscan.io/source/0x0000000000000000000000000000000000000000"
    );
}
