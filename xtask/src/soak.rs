//! `cargo xtask soak`: publishes under faults and kills, then audits the chain.

use std::process::Command;

use anyhow::{Result, bail};

/// Runs the soak with these options, in release mode: its own program, since this one must build
/// when the client does not.
pub(crate) fn run(options: &[&str]) -> Result<()> {
    let status = Command::new("cargo")
        .args([
            "run",
            "--quiet",
            "--release",
            "--package",
            "ogpu-soak",
            "--",
        ])
        .args(options)
        .status()?;
    if !status.success() {
        bail!("the soak failed: {status}");
    }
    Ok(())
}
