//! `cargo xtask fault-matrix`: our client and others under each fault alone.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::workspace;

/// The other SDK, as it is published.
const PYTHON_SDK: &str = "ogpu==0.2.3";

/// Installs the others below `target`, runs every cell, and writes the documentation.
pub(crate) fn run() -> Result<()> {
    let root = workspace::root();
    let peers = root.join("crates/ogpu-soak/peers");
    let target = root.join("target/fault-matrix");
    let python = python(&target.join("python"))?;
    let ethers = ethers(&peers.join("ethers"), &target.join("ethers"))?;
    let script = peers.join("python/publish.py");
    let output = Command::new("cargo")
        .args(["run", "--quiet", "--release", "--package", "ogpu-soak"])
        .args(["--", "matrix"])
        .arg(format!("python={python},{}", script.display()))
        .arg(format!("ethers={ethers}"))
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        bail!("the matrix failed: {}", output.status);
    }
    fs::create_dir_all(root.join("docs"))?;
    fs::write(root.join("docs/fault-matrix.md"), output.stdout)?;
    Ok(())
}

/// An interpreter that has the Python SDK.
fn python(place: &Path) -> Result<String> {
    checked(Command::new("python3").args(["-m", "venv"]).arg(place))?;
    let python = place.join("bin/python");
    checked(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet"])
            .args(["--disable-pip-version-check", PYTHON_SDK]),
    )?;
    Ok(python.display().to_string())
}

/// The program that publishes by ethers: a workspace of its own, so that ours has none of it.
fn ethers(source: &Path, target: &Path) -> Result<String> {
    checked(
        Command::new("cargo")
            .args(["build", "--quiet"])
            .env("CARGO_TARGET_DIR", target)
            .current_dir(source),
    )?;
    Ok(target.join("debug/ethers-peer").display().to_string())
}

fn checked(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed: {status}");
    }
    Ok(())
}
