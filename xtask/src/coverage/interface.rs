//! What the ABIs say that there is.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::workspace;

/// The interface of one contract.
#[derive(Debug)]
pub(super) struct Interface {
    /// The contract's name, such as `Nexus`.
    pub(super) name: String,
    pub(super) entries: Vec<Entry>,
}

impl Interface {
    /// What a name stands for.
    pub(super) fn kind_of(&self, name: &str) -> Option<Kind> {
        let entry = self.entries.iter().find(|entry| entry.name == name)?;
        Some(entry.kind)
    }
}

/// A function, an event or an error.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) name: String,
    /// Whether the test network has it as well.
    pub(super) on_testnet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    View,
    Change,
    Event,
    Error,
}

/// An entry of an ABI file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AbiEntry {
    r#type: String,
    name: Option<String>,
    state_mutability: Option<String>,
}

impl AbiEntry {
    fn kind(&self) -> Option<Kind> {
        match self.r#type.as_str() {
            "function" => match self.state_mutability.as_deref() {
                Some("view" | "pure") => Some(Kind::View),
                _ => Some(Kind::Change),
            },
            "event" => Some(Kind::Event),
            "error" => Some(Kind::Error),
            _ => None,
        }
    }
}

/// All interfaces, by name. Where the test network's differs, its entries are those of both.
pub(super) fn all() -> Result<Vec<Interface>> {
    let abis = workspace::root().join("abis");
    let mut found = Vec::new();
    for file in workspace::files_below(&abis)? {
        if file.components().count() > 1 {
            continue;
        }
        let name = file.with_extension("").display().to_string();
        let ours = read(&abis.join(&file))?;
        let testnet = abis.join("testnet").join(&file);
        let theirs = if testnet.exists() {
            read(&testnet)?
        } else {
            ours.clone()
        };
        let mut entries: Vec<Entry> = ours
            .iter()
            .map(|(kind, name)| Entry {
                kind: *kind,
                name: name.clone(),
                on_testnet: theirs.contains(&(*kind, name.clone())),
            })
            .collect();
        let only_theirs = theirs.into_iter().filter(|entry| !ours.contains(entry));
        entries.extend(only_theirs.map(|(kind, name)| Entry {
            kind,
            name,
            on_testnet: true,
        }));
        found.push(Interface { name, entries });
    }
    Ok(found)
}

fn read(file: &Path) -> Result<Vec<(Kind, String)>> {
    let text = fs::read_to_string(file)?;
    let entries: Vec<AbiEntry> =
        serde_json::from_str(&text).with_context(|| format!("{} is no ABI", file.display()))?;
    Ok(entries
        .into_iter()
        .filter_map(|entry| Some((entry.kind()?, entry.name?)))
        .collect())
}
