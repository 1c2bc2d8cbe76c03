//! The compiled contracts, as the crate embeds them.

use ethers_core::abi::{Token, encode};
use ogpu_types::HexBytes;
use serde::Deserialize;
use serde_json::Value;

/// A compiled contract.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Artifact {
    #[serde(rename = "contractName")]
    pub(crate) name: String,
    pub(crate) abi: Vec<Value>,
    pub(crate) bytecode: HexBytes,
}

/// All compiled contracts.
pub(crate) fn artifacts() -> impl Iterator<Item = Artifact> {
    [
        include_str!("../../../artifacts/Controller.json"),
        include_str!("../../../artifacts/Manager.json"),
        include_str!("../../../artifacts/Nexus.json"),
        include_str!("../../../artifacts/Response.json"),
        include_str!("../../../artifacts/Source.json"),
        include_str!("../../../artifacts/Task.json"),
        include_str!("../../../artifacts/Terminal.json"),
        include_str!("../../../artifacts/Vault.json"),
    ]
    .into_iter()
    .map(|text| serde_json::from_str(text).expect("artifacts are JSON"))
}

/// What deploys a contract.
pub(crate) fn init_code(name: &str, arguments: &[Token]) -> Vec<u8> {
    let artifact = artifacts().find(|artifact| artifact.name == name);
    let bytecode = artifact.expect("a known contract").bytecode;
    [bytecode.into_vec(), encode(arguments)].concat()
}
