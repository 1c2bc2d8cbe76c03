//! The process-wide default. One test alone, since it changes the state of its process.

use std::thread;

use ogpu_chain::{ChainConfig, ChainError, Contract, Registry};
use ogpu_types::ChainId;

#[test]
fn the_process_uses_what_was_set_last_from_any_thread() {
    ChainConfig::set_chain(ChainId::OGPU_MAINNET).unwrap();
    assert_eq!(
        ChainConfig::get_current_chain().unwrap(),
        ChainId::OGPU_MAINNET
    );
    let vault = ChainConfig::get_contract_address(Contract::Vault).unwrap();
    assert_eq!(
        vault.to_string(),
        "0xa5c582254AA313528898311362bc698b041580cC"
    );
    assert_eq!(ChainConfig::get_contract_address("vault").unwrap(), vault);
    assert!(matches!(
        ChainConfig::get_contract_address("manager"),
        Err(ChainError::UnknownContract { .. })
    ));

    ChainConfig::set_rpc("http://127.0.0.1:1").unwrap();
    ChainConfig::set_rpc_for(ChainId::OGPU_TESTNET, "http://127.0.0.1:2/token").unwrap();
    assert_eq!(
        ChainConfig::get_rpc().unwrap().to_string(),
        "http://127.0.0.1:1"
    );
    assert_eq!(
        ChainConfig::get_rpc_for(ChainId::OGPU_TESTNET)
            .unwrap()
            .expose(),
        "http://127.0.0.1:2/token"
    );
    assert!(matches!(
        ChainConfig::get_rpc_for(7),
        Err(ChainError::UnknownChain { .. })
    ));
    assert_eq!(
        ChainConfig::get_current_chain().unwrap(),
        ChainId::OGPU_MAINNET
    );
    thread::spawn(|| ChainConfig::set_chain(ChainId::OGPU_TESTNET))
        .join()
        .unwrap()
        .unwrap();
    assert_eq!(
        ChainConfig::get_rpc().unwrap().expose(),
        "http://127.0.0.1:2/token"
    );
    assert_eq!(ChainConfig::current().unwrap().id(), ChainId::OGPU_TESTNET);
    assert!(matches!(
        ChainConfig::set_rpc("nonsense"),
        Err(ChainError::RpcUrl { .. })
    ));

    ChainConfig::set_rpc_for(ChainId::OGPU_TESTNET, "http://127.0.0.1:3").unwrap();
    ChainConfig::reset_rpc().unwrap();
    assert_ne!(
        ChainConfig::get_rpc().unwrap().to_string(),
        "http://127.0.0.1:3"
    );
    ChainConfig::reset_rpc_for(ChainId::OGPU_MAINNET);
    assert_ne!(
        ChainConfig::get_rpc_for(ChainId::OGPU_MAINNET)
            .unwrap()
            .to_string(),
        "http://127.0.0.1:1"
    );

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("chain.json");
    let mut devnet = serde_json::to_value(ChainConfig::current().unwrap()).unwrap();
    devnet["chain_id"] = 901.into();
    devnet["name"] = "devnet".into();
    std::fs::write(&path, devnet.to_string()).unwrap();
    assert!(ChainConfig::set_chain(901).is_err());
    ChainConfig::load_file(&path).unwrap();
    ChainConfig::set_chain(901).unwrap();
    assert_eq!(ChainConfig::current().unwrap().name(), "devnet");
    assert_eq!(ChainConfig::get_all_supported_chains().len(), 3);
    assert!(ChainConfig::load_file(directory.path()).is_err());
    assert_eq!(ChainConfig::get_all_supported_chains().len(), 3);

    assert_eq!(Registry::builtin().iter().count(), 2);
    ChainConfig::reset();
    assert_eq!(ChainConfig::get_all_supported_chains().len(), 2);
}
