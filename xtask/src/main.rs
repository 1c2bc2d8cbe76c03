//! Maintainers' tasks; `cargo xtask help` lists them.
#![allow(clippy::print_stdout, reason = "a command-line tool answers on stdout")]

mod anvil;
mod codegen;
mod contracts;
mod coverage;
mod fault_matrix;
mod npm;
mod readme;
mod soak;
mod tree;
mod workspace;

use anyhow::{Result, bail};

use workspace::Mode;

const HELP: &str = "\
cargo xtask <task>

  codegen [--check]    write the contract bindings from abis/, or check that they are fresh
  contracts [--check]  compile the dev chain's contracts, or check that they are fresh (node, npm)
  coverage [--check]   write docs/coverage.md from docs/coverage.toml, or check that it is fresh; both
                       check that the client wraps what it says
  test-anvil           run the network's tests on anvil as well (node, npm)
  tree                 check what the crates' dependency trees hold
  fault-matrix         write docs/fault-matrix.md: our client and others under each fault (python3)
  soak [options]       publish under faults and kills, then audit the chain (`soak --help`)
  readme               check that CI executes every command that the README shows
";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["codegen"] => codegen::run(Mode::Write),
        ["codegen", "--check"] => codegen::run(Mode::Check),
        ["contracts"] => contracts::run(Mode::Write),
        ["contracts", "--check"] => contracts::run(Mode::Check),
        ["coverage"] => coverage::run(Mode::Write),
        ["coverage", "--check"] => coverage::run(Mode::Check),
        ["test-anvil"] => anvil::run(),
        ["tree"] => tree::run(),
        ["fault-matrix"] => fault_matrix::run(),
        ["soak", ref options @ ..] => soak::run(options),
        ["readme"] => readme::run(),
        ["help" | "--help" | "-h"] | [] => {
            print!("{HELP}");
            Ok(())
        }
        _ => bail!("unknown task `{}`\n\n{HELP}", args.join(" ")),
    }
}
