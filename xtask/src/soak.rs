//! `cargo xtask soak`: publishes under faults and kills, then audits the chain.

use std::process::Command;

use anyhow::{Result, bail};

/// Runs the soak with these options, of which `--release` is cargo's: a short run is over before
/// such a build is. It is a program of its own, since this one must build when the client does not.
pub(crate) fn run(options: &[&str]) -> Result<()> {
    let (release, options): (Vec<&str>, Vec<&str>) =
        options.iter().partition(|option| **option == "--release");
    let status = Command::new("cargo")
        .args(["run", "--quiet", "--package", "ogpu-soak"])
        .args(release)
        .arg("--")
        .args(options)
        .status()?;
    if !status.success() {
        bail!("the soak failed: {status}");
    }
    Ok(())
}
