//! `cargo xtask readme`: every command that the README shows is one that CI executes.

use std::fs;

use anyhow::{Result, bail};

use crate::workspace;

/// Compares the README's shell blocks with `.ci/run`, line by line.
pub(crate) fn run() -> Result<()> {
    let root = workspace::root();
    let script = fs::read_to_string(root.join(".ci/run"))?;
    let readme = fs::read_to_string(root.join("README.md"))?;
    let commands = commands(&readme);
    if commands.is_empty() {
        bail!("README.md shows no commands in ```sh blocks");
    }
    for command in &commands {
        if !script.lines().any(|line| line.trim() == *command) {
            bail!("README.md shows `{command}`, which .ci/run does not execute");
        }
    }
    println!(
        "README.md: all {} commands are executed by .ci/run",
        commands.len()
    );
    Ok(())
}

/// The lines of the README's `sh` blocks.
fn commands(readme: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        match line.trim_end() {
            "```sh" => inside = true,
            "```" => inside = false,
            command if inside && !command.is_empty() => found.push(command),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shell_blocks_hold_commands() {
        let text = "a\n```sh\ncargo run\n\ncargo test\n```\n```rust\nlet x;\n```\n";
        assert_eq!(commands(text), ["cargo run", "cargo test"]);
    }
}
