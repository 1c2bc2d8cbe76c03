//! What a caller is given to do, as a file in its directory.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use ogpu_client::{ChainSpec, SourceAddress};
use serde::{Deserialize, Serialize};

/// One caller's part of a seed's intents.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Assignment {
    pub(crate) chain: ChainSpec,
    pub(crate) source: SourceAddress,
    pub(crate) seed: u64,
    pub(crate) caller: u64,
    /// The intents of the whole seed.
    pub(crate) tasks: u64,
    pub(crate) concurrency: usize,
    /// The same for all intents and in all processes, in unix seconds.
    pub(crate) expiry_time: u64,
    /// The journal that all callers share.
    pub(crate) journal: PathBuf,
}

impl Assignment {
    pub(crate) fn write(&self, directory: &Path) -> Result<()> {
        fs::create_dir_all(directory)?;
        Ok(fs::write(file(directory), serde_json::to_string(self)?)?)
    }

    pub(crate) fn read(directory: &Path) -> Result<Self> {
        Ok(serde_json::from_str(&fs::read_to_string(file(directory))?)?)
    }
}

fn file(directory: &Path) -> PathBuf {
    directory.join("assignment.json")
}
