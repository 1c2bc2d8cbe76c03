//! Maintainers' tasks; `cargo xtask help` lists them.
#![allow(clippy::print_stdout, reason = "a command-line tool answers on stdout")]

mod codegen;
mod workspace;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask <task>

  codegen [--check]    write the contract bindings from abis/, or check that they are fresh
";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["codegen"] => codegen::run(workspace::Mode::Write),
        ["codegen", "--check"] => codegen::run(workspace::Mode::Check),
        ["help" | "--help" | "-h"] | [] => {
            print!("{HELP}");
            Ok(())
        }
        _ => bail!("unknown task `{}`\n\n{HELP}", args.join(" ")),
    }
}
