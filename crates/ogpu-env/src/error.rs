//! What can be wrong with a `.env` file.

use std::{io, path::PathBuf};

/// A `.env` file that is there and cannot be used. It never repeats what the file holds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DotEnvError {
    /// The file cannot be read, or is larger than settings are (1 MiB).
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A line is no setting.
    #[error("`{}`, line {line}: not NAME=value", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1; of a quoted value that does not end, the line where it starts.
        line: usize,
    },
}
