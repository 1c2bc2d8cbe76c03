//! The compiled contracts that a deployment starts from.

use ogpu_types::HexBytes;
use serde::Deserialize;

#[derive(Deserialize)]
struct Artifact {
    bytecode: HexBytes,
}

/// The init code of a contract, without constructor arguments.
pub(super) fn init_code(contract: Deployed) -> Vec<u8> {
    let text = match contract {
        Deployed::Manager => include_str!("../../artifacts/Manager.json"),
        Deployed::Terminal => include_str!("../../artifacts/Terminal.json"),
        Deployed::Nexus => include_str!("../../artifacts/Nexus.json"),
        Deployed::Vault => include_str!("../../artifacts/Vault.json"),
        Deployed::Controller => include_str!("../../artifacts/Controller.json"),
    };
    let artifact: Artifact =
        serde_json::from_str(text).expect("the embedded artifacts are checked when they are built");
    artifact.bytecode.into_vec()
}

/// The contracts that are deployed once; they deploy the others.
#[derive(Clone, Copy)]
pub(super) enum Deployed {
    Manager,
    Terminal,
    Nexus,
    Vault,
    Controller,
}
