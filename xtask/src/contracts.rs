//! `cargo xtask contracts`: the dev chain's contracts, by a pinned compiler.

use std::process::Command;

use anyhow::Result;

use crate::{
    npm,
    workspace::{self, Mode},
};

/// Compiles `crates/ogpu-devnet/contracts` into `artifacts`, or checks that the committed files are
/// what the sources give, byte for byte.
pub(crate) fn run(mode: Mode) -> Result<()> {
    let dir = workspace::root().join("crates/ogpu-devnet/contracts");
    npm::install_locked(&dir)?;
    let mut build = Command::new("node");
    build.arg("build.mjs").current_dir(&dir);
    if mode == Mode::Check {
        build.arg("--check");
    }
    npm::run(&mut build)
}
