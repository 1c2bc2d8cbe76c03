//! `cargo xtask tree`: what a user's dependency tree may hold.

use std::{collections::BTreeSet, process::Command};

use anyhow::{Result, bail};

/// What one crate may pull in.
struct Rule {
    krate: &'static str,
    /// Crates that must not be below it, in any version.
    forbidden: &'static [&'static str],
    /// The most crates below it, itself included.
    limit: usize,
}

const RULES: [Rule; 5] = [
    // Serialisation only: light, pure Rust, no runtime.
    Rule {
        krate: "ogpu-types",
        forbidden: &[
            "tokio",
            "reqwest",
            "hyper",
            "cc",
            "ethers-core",
            "ring",
            "rustls",
        ],
        limit: 40,
    },
    // It holds keys for a moment: little else may.
    Rule {
        krate: "ogpu-env",
        forbidden: &["tokio", "serde", "cc"],
        limit: 12,
    },
    // Bindings without I/O.
    Rule {
        krate: "ogpu-contracts",
        forbidden: &[
            "tokio",
            "reqwest",
            "hyper",
            "ethers-providers",
            "ethers-middleware",
        ],
        limit: 200,
    },
    // Machines without I/O or clock.
    Rule {
        krate: "ogpu-tx",
        forbidden: &["tokio", "reqwest", "hyper", "ethers-core", "rusqlite"],
        limit: 40,
    },
    // ethers by its component crates alone, and nothing of its old network stack; no database.
    Rule {
        krate: "ogpu-client",
        forbidden: &[
            "ethers",
            "ethers-providers",
            "ethers-middleware",
            "ethers-etherscan",
            "jsonwebtoken",
            "ring",
            "openssl-sys",
            "native-tls",
            "libsqlite3-sys",
            // A program's own choice, or the feature `verbose`.
            "tracing-subscriber",
        ],
        limit: 300,
    },
];

/// Crates of which only one version may be in the client's tree.
const SINGLE: [&str; 4] = ["reqwest", "hyper", "rustls", "primitive-types"];

/// Checks the trees, and prints their sizes.
pub(crate) fn run() -> Result<()> {
    for rule in RULES {
        let below = packages(rule.krate)?;
        let names: BTreeSet<&str> = below.iter().map(|(name, _)| name.as_str()).collect();
        for forbidden in rule.forbidden {
            if names.contains(forbidden) {
                bail!(
                    "{} must not depend on {forbidden}: `cargo tree -p {} -e normal -i {forbidden}` shows why it does",
                    rule.krate,
                    rule.krate,
                );
            }
        }
        if below.len() > rule.limit {
            bail!(
                "{} pulls in {} crates, more than {}",
                rule.krate,
                below.len(),
                rule.limit
            );
        }
        println!(
            "{}: {} crates of at most {}",
            rule.krate,
            below.len(),
            rule.limit
        );
    }
    let client = packages("ogpu-client")?;
    for single in SINGLE {
        let versions: Vec<&str> = client
            .iter()
            .filter(|(name, _)| name == single)
            .map(|(_, version)| version.as_str())
            .collect();
        if versions.len() != 1 {
            bail!("ogpu-client has {single} in versions {versions:?}, not in one");
        }
    }
    Ok(())
}

/// Name and version of every crate that a user of `krate` builds.
fn packages(krate: &str) -> Result<BTreeSet<(String, String)>> {
    let output = Command::new("cargo")
        .args(["tree", "--package", krate, "--edges", "normal"])
        .args(["--prefix", "none", "--format", "{p}"])
        .output()?;
    if !output.status.success() {
        bail!(
            "cargo tree failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?.to_owned(), words.next()?.to_owned()))
        })
        .collect())
}
