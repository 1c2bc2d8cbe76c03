//! `cargo xtask test-anvil`: the network's tests once more, on a node that is not ours.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{npm, workspace};

/// The test binaries that drive a network, as arguments of `cargo test`.
const SUITES: [[&str; 4]; 2] = [
    ["-p", "ogpu-client", "--test", "it"],
    ["-p", "ogpu-devnet", "--test", "contracts"],
];

/// Tests that only run on the embedded chain, each with its reason.
const EXCEPTIONS: [(&str, &str); 0] = [];

/// Runs every test of the suites on anvil, and fails unless all of them passed there.
pub(crate) fn run() -> Result<()> {
    let anvil = install()?;
    for suite in SUITES {
        let expected = names(&suite)?;
        let passed = passed_on(&anvil, &suite)?;
        let missing: Vec<&String> = expected.difference(&passed).collect();
        if !missing.is_empty() {
            bail!("{suite:?}: not passed on anvil: {missing:?}");
        }
        println!(
            "{}: {} tests passed on the embedded chain's terms and on anvil's",
            suite[1],
            passed.len()
        );
    }
    for (name, reason) in EXCEPTIONS {
        println!("only on the embedded chain: {name}: {reason}");
    }
    Ok(())
}

/// The pinned anvil, installed below `target`.
fn install() -> Result<PathBuf> {
    let root = workspace::root();
    let dir = root.join("target/anvil");
    fs::create_dir_all(&dir)?;
    fs::copy(
        root.join("xtask/anvil/package.json"),
        dir.join("package.json"),
    )
    .context("cannot copy anvil's package.json")?;
    npm::install_pinned(&dir)?;
    // The program itself: the wrapper beside it would outlive a killed test.
    let packages = dir.join("node_modules/@foundry-rs");
    fs::read_dir(&packages)?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin/anvil")))
        .find(|program| program.is_file())
        .with_context(|| format!("no anvil for this platform in {}", packages.display()))
}

/// The names of all tests of a suite that are to pass on anvil.
fn names(suite: &[&str]) -> Result<BTreeSet<String>> {
    let output = Command::new("cargo")
        .arg("test")
        .args(suite)
        .args(["--", "--list", "--format", "terse"])
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        bail!("{suite:?}: cannot list the tests");
    }
    let names: BTreeSet<String> = String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .filter(|name| EXCEPTIONS.iter().all(|(exception, _)| exception != name))
        .map(str::to_owned)
        .collect();
    if names.is_empty() {
        bail!("{suite:?}: there are no tests");
    }
    Ok(names)
}

/// The names of the tests that passed on anvil; a failure ends the task.
fn passed_on(anvil: &Path, suite: &[&str]) -> Result<BTreeSet<String>> {
    let mut command = Command::new("cargo");
    command
        .arg("test")
        .args(suite)
        .args(["--", "--exact"])
        .env("OGPU_DEVNET_ANVIL", anvil)
        .stderr(Stdio::inherit());
    for (name, _) in EXCEPTIONS {
        command.args(["--skip", name]);
    }
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    if !output.status.success() {
        bail!("{suite:?}: tests failed on anvil");
    }
    Ok(text
        .lines()
        .filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... ok"))
        .map(str::to_owned)
        .collect())
}
