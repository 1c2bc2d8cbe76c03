//! The chains that are known, built in or added.

use std::{collections::BTreeMap, path::Path, sync::LazyLock};

use ogpu_types::ChainId;
use serde::Deserialize;
use serde_json::Value;

use crate::{ChainError, ChainSpec, SpecError, error::printable, file::ChainFile};

/// The data of the built-in chains.
const BUILT_IN_FILE: &str = include_str!("../chains.json");

static BUILT_IN: LazyLock<Registry> = LazyLock::new(|| {
    let path = Path::new("chains.json");
    ChainFile::parse(BUILT_IN_FILE, path)
        .and_then(|file| Registry::empty().with_entries(file, path))
        .expect("the built-in chain file is tested as a whole")
});

/// A set of chains, found by name or id, with one to use by default.
///
/// ```
/// use ogpu_chain::Registry;
/// use ogpu_types::ChainId;
///
/// let registry = Registry::builtin();
/// assert_eq!(registry.find("ogpu_mainnet")?.id(), ChainId::OGPU_MAINNET);
/// assert_eq!(registry.find("1071")?.id(), ChainId::OGPU_MAINNET);
/// assert_eq!(registry.default_chain(), ChainId::OGPU_TESTNET);
/// # Ok::<(), ogpu_chain::ChainError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    chains: BTreeMap<ChainId, ChainSpec>,
    default_chain: ChainId,
}

impl Registry {
    /// The two public chains; the test network is the default, since payments on the main network
    /// are real money.
    #[must_use]
    pub fn builtin() -> Self {
        BUILT_IN.clone()
    }

    fn empty() -> Self {
        Self {
            chains: BTreeMap::new(),
            default_chain: ChainId::OGPU_TESTNET,
        }
    }

    /// The same chains with those of a file, TOML or JSON by extension, else by content.
    ///
    /// The file is one chain, or has a list `chains` of them; `default_chain`, a name or an id, says
    /// which to use by default. An entry for a chain that is known replaces only the fields that it
    /// gives; any other must be complete, as [`ChainSpec`] says.
    ///
    /// # Errors
    ///
    /// [`ChainError`] with the file, and where they are at fault with the entry and the field.
    pub fn with_file(self, path: impl AsRef<Path>) -> Result<Self, ChainError> {
        let path = path.as_ref();
        self.with_entries(ChainFile::read(path)?, path)
    }

    /// The same chains with this one, which replaces a chain of the same id.
    ///
    /// # Errors
    ///
    /// [`ChainError::NameTaken`] if a chain of another id has its name.
    pub fn with_chain(mut self, spec: ChainSpec) -> Result<Self, ChainError> {
        let same_name = |other: &&ChainSpec| {
            other.id() != spec.id() && other.name().eq_ignore_ascii_case(spec.name())
        };
        if let Some(owner) = self.iter().find(same_name) {
            return Err(ChainError::NameTaken {
                name: spec.name().to_owned(),
                chain_id: spec.id().get(),
                owner: owner.id().get(),
            });
        }
        self.chains.insert(spec.id(), spec);
        Ok(self)
    }

    /// The chain of this id.
    ///
    /// # Errors
    ///
    /// [`ChainError::UnknownChain`] if there is none.
    pub fn get(&self, id: &ChainId) -> Result<&ChainSpec, ChainError> {
        self.chains
            .get(id)
            .ok_or_else(|| self.unknown(&id.to_string()))
    }

    /// The chain of this name, in any case, or of this id, decimal or as `0x` hexadecimal.
    ///
    /// # Errors
    ///
    /// [`ChainError::UnknownChain`] if there is none.
    pub fn find(&self, name_or_id: &str) -> Result<&ChainSpec, ChainError> {
        let named = |spec: &&ChainSpec| spec.name().eq_ignore_ascii_case(name_or_id);
        if let Some(spec) = self.iter().find(named) {
            return Ok(spec);
        }
        name_or_id
            .parse()
            .ok()
            .and_then(|id: ChainId| self.chains.get(&id))
            .ok_or_else(|| self.unknown(name_or_id))
    }

    /// All chains, by ascending id.
    pub fn iter(&self) -> impl Iterator<Item = &ChainSpec> {
        self.chains.values()
    }

    /// The chain to use where none is chosen.
    #[must_use]
    pub const fn default_chain(&self) -> ChainId {
        self.default_chain
    }

    fn unknown(&self, asked: &str) -> ChainError {
        ChainError::UnknownChain {
            asked: printable(asked),
            known: self.iter().map(|spec| spec.name().to_owned()).collect(),
        }
    }

    fn with_entries(mut self, file: ChainFile, path: &Path) -> Result<Self, ChainError> {
        let in_file = |source| ChainError::File {
            path: path.to_owned(),
            source: Box::new(source),
        };
        for (entry, fields) in file.entries {
            let spec = self
                .read_entry(fields)
                .map_err(|source| ChainError::FileEntry {
                    path: path.to_owned(),
                    entry,
                    source,
                })?;
            self = self.with_chain(spec).map_err(in_file)?;
        }
        if let Some(default) = file.default_chain {
            self.default_chain = self.read_default(&default, path)?;
        }
        Ok(self)
    }

    fn read_entry(&self, mut fields: Value) -> Result<ChainSpec, SpecError> {
        // A chain may be named as well as numbered, by a name that only this registry knows.
        let known = match fields.get("chain_id") {
            Some(Value::String(name)) => self.find(name).ok(),
            Some(id) => ChainId::deserialize(id)
                .ok()
                .and_then(|id| self.chains.get(&id)),
            None => None,
        };
        match known {
            Some(known) => {
                fields["chain_id"] = known.id().get().into();
                known.overridden_by(fields)
            }
            None => ChainSpec::from_fields(&fields),
        }
    }

    fn read_default(&self, default: &Value, path: &Path) -> Result<ChainId, ChainError> {
        let asked = match default {
            Value::String(name) => name.clone(),
            Value::Number(id) => id.to_string(),
            _ => {
                return Err(ChainError::FileShape {
                    path: path.to_owned(),
                    field: "default_chain",
                    expected: "a chain's name or id",
                });
            }
        };
        match self.find(&asked) {
            Ok(spec) => Ok(spec.id()),
            Err(source) => Err(ChainError::File {
                path: path.to_owned(),
                source: Box::new(source),
            }),
        }
    }
}
