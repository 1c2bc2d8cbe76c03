//! The table as a page of the documentation.

use std::{collections::BTreeMap, fmt::Write};

use super::{
    interface::{Entry, Interface, Kind},
    table::{Covered, Table},
};

const HEAD: &str = "\
# Coverage

Every function, event and error of the contracts' interfaces, and the Rust item that wraps it.
`cargo xtask coverage` makes this file of `docs/coverage.toml`, and fails for an entry that is in
neither list, for an item that does not exist, and for a function that nothing calls.

Left out on purpose is what refuses everyone but administrators and the protocol's own contracts (a
test asks each as a stranger, and is refused as written here), and what only a provider's own runtime
can say honestly.
";

pub(super) fn render(interfaces: &[Interface], table: &Table) -> String {
    let mut page = HEAD.to_owned();
    for interface in interfaces {
        let Some(covered) = table.of(&interface.name) else {
            continue;
        };
        let _ = write!(
            page,
            "\n## {}\n\n| | name | in Rust |\n|---|---|---|\n",
            interface.name
        );
        for entry in &interface.entries {
            let kind = match entry.kind {
                Kind::View => "view",
                Kind::Change => "function",
                Kind::Event => "event",
                Kind::Error => "error",
            };
            let place = if entry.on_testnet {
                ""
            } else {
                " (not on the test network)"
            };
            let _ = writeln!(
                page,
                "| {kind} | `{}`{place} | {} |",
                entry.name,
                what_becomes(entry, covered)
            );
        }
    }
    page
}

fn what_becomes(entry: &Entry, covered: &Covered) -> String {
    let find = |table: &BTreeMap<String, String>| table.get(&entry.name).cloned();
    let wrapped = match entry.kind {
        Kind::View | Kind::Change => find(&covered.functions),
        Kind::Event => find(&covered.events),
        Kind::Error => find(&covered.errors),
    };
    let refused = || {
        Some(format!(
            "left out: refuses strangers with `{}`",
            find(&covered.refused)?
        ))
    };
    let runtime = || Some(format!("left out: {}", find(&covered.provider_runtime)?));
    wrapped
        .map(|item| format!("`{item}`"))
        .or_else(refused)
        .or_else(runtime)
        .unwrap_or_else(|| "nothing".to_owned())
}
