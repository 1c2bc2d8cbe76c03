//! Tools from npm, pinned by a lock file.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, bail};

/// Installs exactly what the lock file in `dir` says, without running the packages' scripts.
pub(crate) fn install(dir: &Path) -> Result<()> {
    run(Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(dir))
}

/// Runs a command to its end; failing is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}
