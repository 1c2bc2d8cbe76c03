//! Chain files: both formats, overriding, and errors that lead to the fault.

use std::{error::Error, fs, path::PathBuf};

use ogpu_chain::{ChainError, ChainSpec, Contract, Registry};
use ogpu_types::{Address, ChainId};
use tempfile::TempDir;

const DEVNET_JSON: &str = r#"{
    "chain_id": 901,
    "name": "devnet",
    "rpc_url": "http://127.0.0.1:8545",
    "ws_url": "ws://127.0.0.1:8546",
    "contracts": {
        "nexus": "0x0000000000000000000000000000000000000001",
        "controller": "0x0000000000000000000000000000000000000002",
        "terminal": "0x0000000000000000000000000000000000000003",
        "vault": "0x0000000000000000000000000000000000000004",
        "manager": "0x0000000000000000000000000000000000000005"
    },
    "services": { "pin_url": "http://127.0.0.1:9000/file/create" },
    "accounts": [{ "address": "0x06" }]
}"#;

const DEVNET_TOML: &str = r#"
    default_chain = "devnet"

    [[chains]]
    chain_id = 901
    name = "devnet"
    rpc_url = "http://127.0.0.1:8545"
    ws_url = "ws://127.0.0.1:8546"
    services.pin_url = "http://127.0.0.1:9000/file/create"

    [chains.contracts]
    nexus = "0x0000000000000000000000000000000000000001"
    controller = "0x0000000000000000000000000000000000000002"
    terminal = "0x0000000000000000000000000000000000000003"
    vault = "0x0000000000000000000000000000000000000004"
    manager = "0x0000000000000000000000000000000000000005"
"#;

const DEVNET: ChainId = ChainId::new(901);

fn load(registry: Registry, name: &str, text: &str) -> (PathBuf, Result<Registry, ChainError>) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join(name);
    fs::write(&path, text).unwrap();
    let registry = registry.with_file(&path);
    (path, registry)
}

fn loaded(name: &str, text: &str) -> Registry {
    load(Registry::builtin(), name, text).1.unwrap()
}

/// The error and all its causes, as a program prints them.
fn chain_of_messages(error: &ChainError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn refused(name: &str, text: &str) -> String {
    let (path, result) = load(Registry::builtin(), name, text);
    let error = result.unwrap_err();
    let message = chain_of_messages(&error);
    assert!(message.contains(path.to_str().unwrap()), "{message}");
    message
}

#[test]
fn one_chain_in_json_and_a_list_in_toml_say_the_same() {
    let json = loaded("chain.json", DEVNET_JSON);
    let toml = loaded("chains.toml", DEVNET_TOML);
    let devnet = json.get(&DEVNET).unwrap();
    assert_eq!(toml.find("DEVNET").unwrap(), devnet);
    assert_eq!(devnet.contract(Contract::Terminal).as_bytes()[19], 3);
    assert_eq!(json.default_chain(), ChainId::OGPU_TESTNET);
    assert_eq!(toml.default_chain(), DEVNET);
    assert_eq!(json.iter().count(), 3);
}

#[test]
fn the_content_tells_the_format_where_the_extension_does_not() {
    assert!(loaded("network", DEVNET_JSON).get(&DEVNET).is_ok());
    assert!(loaded("network.conf", DEVNET_TOML).get(&DEVNET).is_ok());
    assert!(loaded("network.TOML", DEVNET_TOML).get(&DEVNET).is_ok());
}

#[test]
fn an_entry_for_a_known_chain_replaces_only_the_fields_it_gives() {
    let before = Registry::builtin();
    let before = before.get(&ChainId::OGPU_TESTNET).unwrap();
    let address = Address::new([7; 20]);
    for id in ["200820172034", "\"OGPU_TESTNET\"", "\"ogpu_testnet\""] {
        let text = format!(
            r#"{{"chain_id":{id},"rpc_url":"http://mine/token","contracts":{{"vault":"{address}"}},"name":null}}"#
        );
        let registry = loaded("chain.json", &text);
        let after = registry.get(&ChainId::OGPU_TESTNET).unwrap();
        assert_eq!(after.rpc_url().expose(), "http://mine/token");
        assert_eq!(after.contract(Contract::Vault), address);
        assert_eq!(
            after.contract(Contract::Nexus),
            before.contract(Contract::Nexus)
        );
        assert_eq!(after.services(), before.services());
        assert_eq!(after.name(), before.name());
        assert_eq!(registry.iter().count(), 2);
    }
}

#[test]
fn a_later_file_may_refer_to_an_earlier_ones_chain_by_name() {
    let registry = loaded("chain.json", DEVNET_JSON);
    let over = r#"{"default_chain":901,"chains":[{"chain_id":"devnet","name":"mine"}]}"#;
    let registry = load(registry, "over.json", over).1.unwrap();
    assert_eq!(registry.find("mine").unwrap().id(), DEVNET);
    assert!(registry.find("devnet").is_err());
    assert_eq!(registry.default_chain(), DEVNET);
}

#[test]
fn a_file_may_only_choose_the_default() {
    let registry = loaded("chains.toml", "default_chain = 1071");
    assert_eq!(registry.default_chain(), ChainId::OGPU_MAINNET);
    let one = DEVNET_JSON.replacen('{', r#"{"default_chain": "devnet","#, 1);
    assert_eq!(loaded("chain.json", &one).default_chain(), DEVNET);
}

#[test]
fn a_fault_in_an_entry_is_reported_with_file_entry_and_field() {
    for (text, parts) in [
        (
            r#"{"chains":[{"chain_id":1071},{"chain_id":7,"rpc_url":"http://h"}]}"#,
            ["entry 2 of `chains`", "`contracts.nexus` is missing"],
        ),
        (
            r#"{"chains":[{"chain_id":1071,"contracts":{"vault":"0xab"}}]}"#,
            [
                "entry 1 of `chains`",
                "`contracts.vault` is not valid: `0xab` has 2",
            ],
        ),
        (r#"{"chain_id":7}"#, ["its chain", "`rpc_url` is missing"]),
        (
            r#"{"chain_id":"moon"}"#,
            ["its chain", "`chain_id` is not valid: `moon`"],
        ),
        (
            r#"{"chains":[{"rpc_url":"x"}]}"#,
            ["entry 1", "`chain_id` is missing"],
        ),
        (r#"{"chains":[1]}"#, ["entry 1", "`chain` must be a table"]),
    ] {
        let message = refused("chains.json", text);
        for part in parts {
            assert!(message.contains(part), "{message}");
        }
    }
}

#[test]
fn a_fault_outside_the_entries_is_reported_with_its_key() {
    for (text, part) in [
        ("[]", "`the file` must be a table"),
        ("{}", "`chain_id` must be given"),
        (r#"{"chains":{}}"#, "`chains` must be a list"),
        (
            r#"{"default_chain":true}"#,
            "`default_chain` must be a chain's name or id",
        ),
        (
            r#"{"default_chain":"moon"}"#,
            "no chain `moon`: known are OGPU_MAINNET",
        ),
        (r#"{"default_chain":7}"#, "no chain `7`"),
    ] {
        let message = refused("chains.json", text);
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn bad_syntax_is_reported_with_its_line_and_without_the_text_around_it() {
    let json = "{\n\"rpc_url\": \"http://h/CANARY\" \"x\"\n}";
    let toml = "chain_id = 7\nrpc_url = \"http://h/CANARY\" x\n";
    for (name, text, format) in [("a.json", json, "JSON"), ("a.toml", toml, "TOML")] {
        let (_, result) = load(Registry::builtin(), name, text);
        let error = result.unwrap_err();
        let shown = format!("{} {error:?}", chain_of_messages(&error));
        assert!(
            shown.contains(&format!("not valid {format}, line 2")),
            "{shown}"
        );
        assert!(!shown.contains("CANARY"), "{shown}");
    }
}

#[test]
fn no_error_shows_the_url_of_an_entry() {
    for url in [
        "CANARY",
        "ws://h/CANARY",
        "ftp://CANARY",
        "http://:CANARY@:1/",
    ] {
        let text = DEVNET_JSON.replace("http://127.0.0.1:8545", url);
        let (_, result) = load(Registry::builtin(), "a.json", &text);
        let error = result.unwrap_err();
        let shown = format!("{} {error:?}", chain_of_messages(&error));
        assert!(shown.contains("rpc_url"), "{shown}");
        assert!(!shown.contains("CANARY"), "{shown}");
    }
}

#[test]
fn a_missing_file_is_reported_with_its_path() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("none.toml");
    let error = Registry::builtin().with_file(&path).unwrap_err();
    assert!(error.to_string().contains(path.to_str().unwrap()));
    assert!(matches!(error, ChainError::ReadFile { .. }));
}

#[test]
fn two_chains_cannot_have_one_name() {
    let registry = loaded("chain.json", DEVNET_JSON);
    let other = DEVNET_JSON
        .replace("901", "902")
        .replace("devnet", "DevNet");
    let spec: ChainSpec = serde_json::from_str(&other).unwrap();
    let error = registry.clone().with_chain(spec).unwrap_err();
    assert!(matches!(
        error,
        ChainError::NameTaken {
            chain_id: 902,
            owner: 901,
            ..
        }
    ));
    let (_, result) = load(registry, "other.json", &other);
    assert!(matches!(result, Err(ChainError::File { .. })));
}

#[test]
fn a_chain_made_in_code_is_found_and_can_be_replaced() {
    let spec: ChainSpec = serde_json::from_str(DEVNET_JSON).unwrap();
    let moved = DEVNET_JSON.replace("8545", "9545");
    let moved: ChainSpec = serde_json::from_str(&moved).unwrap();
    let registry = Registry::builtin().with_chain(spec.clone()).unwrap();
    assert_eq!(registry.get(&DEVNET).unwrap(), &spec);
    let registry = registry.with_chain(moved.clone()).unwrap();
    assert_eq!(registry.find("0x385").unwrap(), &moved);
    let error = registry.get(&ChainId::new(7)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no chain `7`: known are devnet, OGPU_MAINNET, OGPU_TESTNET; a chain file can add others"
    );
}

#[test]
fn the_example_in_the_readme_is_a_chain_file() {
    let readme = include_str!("../README.md");
    let (_, example) = readme.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let registry = loaded("example.toml", example);
    assert_eq!(registry.default_chain(), DEVNET);
    let mainnet = registry.get(&ChainId::OGPU_MAINNET).unwrap();
    assert_eq!(mainnet.rpc_url().to_string(), "https://rpc.example.org/…");
}

#[test]
fn errors_cross_threads_and_stay_small() {
    const fn assert_contract<E: Error + Send + Sync + 'static>() {
        assert!(size_of::<E>() <= 128);
    }
    const {
        assert_contract::<ChainError>();
        assert_contract::<ogpu_chain::EndpointError>();
        assert_contract::<ogpu_chain::SpecError>();
    }
}
