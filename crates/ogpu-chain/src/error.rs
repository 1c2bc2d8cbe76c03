//! What can go wrong in finding a chain.

use std::{convert::Infallible, io, path::PathBuf};

use ogpu_env::DotEnvError;

use crate::{EndpointError, SpecError};

/// A chain that cannot be found or described.
///
/// No message repeats a URL: it may hold a credential.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// No chain has this name or id.
    #[error("no chain `{asked}`: known are {}; a chain file can add others", known.join(", "))]
    UnknownChain {
        /// The name or id that was asked for.
        asked: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// No contract has this name.
    #[error("no contract `{asked}`: there are NEXUS, CONTROLLER, TERMINAL and VAULT")]
    UnknownContract {
        /// The name that was asked for.
        asked: String,
    },
    /// Another chain has the name already.
    #[error("chain {chain_id} cannot be called `{name}`: chain {owner} has that name")]
    NameTaken {
        /// The name, in the case that was given.
        name: String,
        /// The id of the refused chain.
        chain_id: u64,
        /// The id of the chain that has the name.
        owner: u64,
    },
    /// The URL given for the RPC endpoint cannot be used.
    #[error("the RPC endpoint cannot be used")]
    RpcUrl {
        /// Why not.
        source: EndpointError,
    },
    /// A variable, of the environment or of a `.env` file, holds something that cannot be used.
    #[error(
        "variable {variable} cannot be used: correct or unset it, in the environment or in .env"
    )]
    Variable {
        /// Its name.
        variable: &'static str,
        /// Why not.
        source: Box<Self>,
    },
    /// A variable of the environment holds bytes that are no text.
    #[error("environment variable {variable} is not valid UTF-8: correct or unset it")]
    VariableNotText {
        /// Its name.
        variable: &'static str,
    },
    /// A `.env` file that a variable is looked for in cannot be used.
    #[error("cannot look for variable {variable}")]
    DotEnv {
        /// The variable's name.
        variable: &'static str,
        /// Which file, and why.
        source: DotEnvError,
    },
    /// A chain file cannot be read.
    #[error("cannot read chain file `{}`", path.display())]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A chain file is not well-formed TOML or JSON.
    #[error("chain file `{}` is not valid {format}, line {line}: {reason}", path.display())]
    FileSyntax {
        /// The file.
        path: PathBuf,
        /// `TOML` or `JSON`.
        format: &'static str,
        /// The line at fault, from 1.
        line: usize,
        /// What the parser says, without the file's text.
        reason: String,
    },
    /// A chain file has a key of the wrong kind outside its entries.
    #[error("chain file `{}`: `{field}` must be {expected}", path.display())]
    FileShape {
        /// The file.
        path: PathBuf,
        /// The key at fault.
        field: &'static str,
        /// What it must hold.
        expected: &'static str,
    },
    /// An entry of a chain file cannot be used.
    #[error("chain file `{}`: {entry} cannot be used", path.display())]
    FileEntry {
        /// The file.
        path: PathBuf,
        /// The entry, by its place in the file.
        entry: String,
        /// Which field, and why.
        source: SpecError,
    },
    /// A chain file as a whole contradicts what is known.
    #[error("chain file `{}` cannot be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: Box<Self>,
    },
}

/// A name as an error may repeat it; what no chain or contract would be called may be a secret that
/// was put in the wrong place.
pub(crate) fn printable(name: &str) -> String {
    const LONGEST: usize = 40;
    let is_name = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' '));
    if is_name && name.len() <= LONGEST {
        return name.to_owned();
    }
    "(hidden: not a name)".to_owned()
}

impl From<Infallible> for ChainError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_be_a_name_is_repeated() {
        assert_eq!(printable("OGPU_MAINNET"), "OGPU_MAINNET");
        for secret in [&"5e".repeat(32), "https://host/KEY", "0x12:34"] {
            assert_eq!(printable(secret), "(hidden: not a name)");
        }
    }
}
