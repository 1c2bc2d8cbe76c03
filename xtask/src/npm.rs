//! Tools from npm, pinned.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, bail};

/// Installs exactly what the lock file in `dir` says, without running the packages' scripts.
pub(crate) fn install_locked(dir: &Path) -> Result<()> {
    install(dir, &["ci"])
}

/// Installs what `package.json` in `dir` names, without running the packages' scripts.
///
/// For a program that comes in a package for each platform: a lock file made on one platform lacks
/// the others. The version there is exact, and what a version holds never changes.
pub(crate) fn install_pinned(dir: &Path) -> Result<()> {
    install(dir, &["install", "--no-package-lock"])
}

fn install(dir: &Path, command: &[&str]) -> Result<()> {
    run(Command::new("npm")
        .args(command)
        .args(["--ignore-scripts", "--no-audit", "--no-fund"])
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
