//! What `docs/coverage.toml` says.

use std::{collections::BTreeMap, fs};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::interface::{Entry, Interface, Kind};
use crate::workspace;

/// What only a provider's own runtime can say honestly: no client calls it.
const PROVIDER_RUNTIME: [(&str, &str); 3] = [
    ("Nexus", "submitResponse"),
    ("Terminal", "setBaseData"),
    ("Terminal", "setLiveData"),
];

/// The file, by contract.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Table(BTreeMap<String, Covered>);

/// What is said of one contract. Names lead to the Rust item that wraps the entry, or to why none
/// does.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Covered {
    pub(super) functions: BTreeMap<String, String>,
    /// Functions that refuse everyone but administrators and other contracts, with their refusal.
    pub(super) refused: BTreeMap<String, String>,
    /// Functions of a provider's own runtime, with the reason.
    pub(super) provider_runtime: BTreeMap<String, String>,
    pub(super) events: BTreeMap<String, String>,
    pub(super) errors: BTreeMap<String, String>,
}

impl Table {
    pub(super) fn read() -> Result<Self> {
        let text = fs::read_to_string(workspace::root().join("docs/coverage.toml"))?;
        toml::from_str(&text).context("docs/coverage.toml is not as it should be")
    }

    pub(super) fn of(&self, contract: &str) -> Option<&Covered> {
        self.0.get(contract)
    }

    /// Where the table and the interfaces differ.
    pub(super) fn compare(&self, interfaces: &[Interface]) -> Vec<String> {
        let mut problems = Vec::new();
        let none = Covered::default();
        for interface in interfaces {
            let name = &interface.name;
            let covered = self.of(name).unwrap_or(&none);
            for entry in &interface.entries {
                if covered.places(entry) != 1 {
                    problems.push(format!(
                        "{name}.{}: is to be in one place, as wrapped or as left out, and is in {}",
                        entry.name,
                        covered.places(entry)
                    ));
                }
            }
            for entry in covered.names() {
                if !interface.entries.iter().any(|known| known.name == *entry) {
                    problems.push(format!("{name}.{entry}: no ABI has it"));
                }
            }
            for function in covered.provider_runtime.keys() {
                if !PROVIDER_RUNTIME.contains(&(name, function)) {
                    problems.push(format!(
                        "{name}.{function}: is none of a provider's runtime"
                    ));
                }
            }
        }
        for contract in self.0.keys() {
            if !interfaces.iter().any(|known| known.name == *contract) {
                problems.push(format!("{contract}: no ABI is called so"));
            }
        }
        problems
    }
}

impl Covered {
    /// In how many places an entry is that may be there.
    fn places(&self, entry: &Entry) -> usize {
        let tables: &[_] = match entry.kind {
            Kind::View => &[&self.functions],
            Kind::Change => &[&self.functions, &self.refused, &self.provider_runtime],
            Kind::Event => &[&self.events],
            Kind::Error => &[&self.errors],
        };
        let has = |table: &&&BTreeMap<_, _>| table.contains_key(&entry.name);
        tables.iter().filter(has).count()
    }

    fn names(&self) -> impl Iterator<Item = &String> {
        [
            &self.functions,
            &self.refused,
            &self.provider_runtime,
            &self.events,
            &self.errors,
        ]
        .into_iter()
        .flat_map(BTreeMap::keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(table: &str) -> Vec<String> {
        let entry = |kind, name: &str| Entry {
            kind,
            name: name.to_owned(),
            on_testnet: true,
        };
        let interface = Interface {
            name: "Vault".to_owned(),
            entries: vec![
                entry(Kind::View, "manager"),
                entry(Kind::Change, "lock"),
                entry(Kind::Event, "Locked"),
            ],
        };
        let table: Table = toml::from_str(table).unwrap();
        table.compare(&[interface])
    }

    const COMPLETE: &str = "
        [Vault.functions]
        manager = 'Vault::manager'
        lock = 'Vault::lock'
        [Vault.events]
        Locked = 'VaultEvent::Locked'
    ";

    #[test]
    fn what_names_every_entry_once_has_no_problem() {
        assert_eq!(problems(COMPLETE), [""; 0]);
        let refused =
            COMPLETE.replace("lock = 'Vault::lock'", "") + "[Vault.refused]\nlock = 'NotAdmin'\n";
        assert_eq!(problems(&refused), [""; 0]);
    }

    #[test]
    fn what_is_missing_or_twice_or_unknown_or_left_out_without_right_is_named() {
        for (table, about) in [
            (COMPLETE.replace("manager =", "owner ="), "Vault.owner"),
            (COMPLETE.replace("manager =", "owner ="), "Vault.manager"),
            (COMPLETE.replace("Locked =", "Lost ="), "Vault.Locked"),
            (
                COMPLETE.to_owned() + "[Vault.refused]\nlock = ''",
                "Vault.lock",
            ),
            (
                COMPLETE.replace("manager =", "#") + "[Vault.refused]\nmanager = ''",
                "Vault.manager",
            ),
            (
                COMPLETE.replace("lock =", "#") + "[Vault.provider_runtime]\nlock = ''",
                "Vault.lock",
            ),
            (COMPLETE.to_owned() + "[Moon]", "Moon"),
        ] {
            let problems = problems(&table);
            assert!(
                problems.iter().any(|problem| problem.starts_with(about)),
                "{about}: {problems:?}"
            );
        }
    }
}
