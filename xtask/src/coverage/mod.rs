//! `cargo xtask coverage`: what of the contracts' interfaces the client wraps, by what, and why not.
//!
//! `docs/coverage.toml` says so for every function, event and error; this compares it with the ABIs
//! and with the sources, and makes `docs/coverage.md` of it. That what is said to refuse strangers
//! does so is a test of the dev network's contracts, which reads the same file.

mod interface;
mod page;
mod sources;
mod table;

use anyhow::{Result, bail};

use crate::workspace::{self, Mode};
use interface::{Interface, Kind};
use sources::Sources;
use table::Table;

const COMMAND: &str = "cargo xtask coverage";

/// Writes the page, or checks that it is fresh; fails for whatever is not covered.
pub(crate) fn run(mode: Mode) -> Result<()> {
    let interfaces = interface::all()?;
    let table = Table::read()?;
    workspace::sync_file(
        &workspace::root().join("docs/coverage.md"),
        &page::render(&interfaces, &table),
        mode,
        COMMAND,
    )?;
    let mut problems = table.compare(&interfaces);
    problems.extend(unwrapped(&interfaces, &table, &Sources::read()?));
    if !problems.is_empty() {
        bail!(
            "docs/coverage.toml and the code disagree:\n  {}",
            problems.join("\n  ")
        );
    }
    Ok(())
}

/// What is said to be wrapped, and is not.
fn unwrapped(interfaces: &[Interface], table: &Table, sources: &Sources) -> Vec<String> {
    let mut problems = Vec::new();
    for interface in interfaces {
        let Some(covered) = table.of(&interface.name) else {
            continue;
        };
        let entries = [&covered.functions, &covered.events, &covered.errors];
        for (entry, item) in entries.into_iter().flatten() {
            if !sources.have(item) {
                problems.push(format!("{}.{entry}: there is no `{item}`", interface.name));
            }
        }
        for (function, item) in &covered.functions {
            let is_view = |name: &str| interface.kind_of(name) == Some(Kind::View);
            // A handle reads by itself; what writes is shared with the client's own functions.
            let handle = item.split("::").next().map(str::to_lowercase);
            let within = handle.as_deref().filter(|_| is_view(function));
            // Views that answer the same share an item, which calls one of them.
            let shares = |other: &str| {
                other == function
                    || (is_view(function) && is_view(other) && covered.functions[other] == *item)
            };
            let mut same = covered.functions.keys().filter(|other| shares(other));
            if !same.any(|name| sources.call(&interface.name, name, within)) {
                problems.push(format!(
                    "{}.{function}: nothing calls it where `{item}` is",
                    interface.name
                ));
            }
        }
    }
    problems
}
