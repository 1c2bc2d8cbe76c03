//! The ABIs as JSON, for tools that want them whole.

use crate::generated::ABIS;

/// The ABI of a contract as JSON text: an array of entries, as `solc` writes them.
///
/// `name` is one of [`names`], such as `Nexus`; `testnet/Vault` is the one interface that differs
/// on the test network. `None` for any other name.
pub fn json(name: &str) -> Option<&'static str> {
    ABIS.iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

/// The names of all ABIs, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    ABIS.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_abi_is_an_array_of_entries() {
        for name in names() {
            let entries: Vec<serde_json::Value> =
                serde_json::from_str(json(name).unwrap()).unwrap();
            assert!(
                entries.iter().all(|entry| entry["type"].is_string()),
                "{name}"
            );
            assert!(!entries.is_empty(), "{name}");
        }
    }

    #[test]
    fn the_test_networks_vault_lacks_four_entries() {
        let count = |name| {
            serde_json::from_str::<Vec<serde_json::Value>>(json(name).unwrap())
                .unwrap()
                .len()
        };
        assert_eq!(count("Vault") - count("testnet/Vault"), 4);
        assert!(json("Vault").unwrap().contains("cancelUnbonding"));
        assert!(!json("testnet/Vault").unwrap().contains("cancelUnbonding"));
    }

    #[test]
    fn an_unknown_name_has_no_abi() {
        assert_eq!(json("nexus"), None);
    }
}
