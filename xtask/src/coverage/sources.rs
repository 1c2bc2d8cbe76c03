//! What the sources of the client and of the types have.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result};
use syn::{ImplItem, Item, Type, Visibility};

use crate::workspace;

/// Where a file's tests begin.
const TESTS: &str = "\n#[cfg(test)]\nmod tests {";

/// The public methods of the client, and the words of what else can wrap an entry.
#[derive(Debug)]
pub(super) struct Sources {
    /// `Type::method`, of `Client` and of the handles.
    methods: BTreeSet<String>,
    /// Each file of the client: the directory of its handle, and its words, tests apart.
    client: Vec<(Option<String>, BTreeSet<String>)>,
    /// The words of each file that may define events and errors.
    data: Vec<BTreeSet<String>>,
    /// The call's struct, of each contract's functions.
    calls: BTreeMap<(String, String), String>,
}

impl Sources {
    pub(super) fn read() -> Result<Self> {
        let crates = workspace::root().join("crates");
        let client = texts(&crates.join("ogpu-client/src"))?;
        let mut methods = BTreeSet::new();
        for (path, text) in &client {
            collect_methods(path, text, &mut methods)?;
        }
        let mut data = texts(&crates.join("ogpu-types/src"))?;
        let mut calls = BTreeMap::new();
        for (path, text) in texts(&crates.join("ogpu-contracts/src"))? {
            match path.strip_prefix("generated/") {
                Some(file) => collect_calls(file.trim_end_matches(".rs"), &text, &mut calls),
                None => data.push((path, text)),
            }
        }
        Ok(Self {
            methods,
            client: client
                .iter()
                .map(|(path, text)| (handle(path).map(str::to_owned), words(text)))
                .collect(),
            data: data.iter().map(|(_, text)| words(text)).collect(),
            calls,
        })
    }

    /// Whether there is such an item: a method of the client or of a handle, or a variant of an
    /// enum.
    pub(super) fn have(&self, item: &str) -> bool {
        let variant = || {
            let (kind, name) = item.split_once("::")?;
            let defines = |words: &&BTreeSet<String>| words.contains(kind) && words.contains(name);
            self.data.iter().find(defines)
        };
        self.methods.contains(item) || variant().is_some()
    }

    /// Whether the client calls the function anywhere, or in the directory of one handle.
    pub(super) fn call(&self, contract: &str, function: &str, within: Option<&str>) -> bool {
        let module = contract.to_lowercase();
        let Some(call) = self.calls.get(&(module.clone(), function.to_owned())) else {
            return false;
        };
        self.client
            .iter()
            .filter(|(handle, _)| within.is_none() || handle.as_deref() == within)
            .any(|(_, words)| words.contains(call) && words.contains(&module))
    }
}

/// The files below a directory with their text, without their tests.
fn texts(directory: &Path) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for file in workspace::files_below(directory)? {
        if file.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(directory.join(&file))?;
            let code = text.split(TESTS).next().unwrap_or_default();
            let path = file.display().to_string().replace('\\', "/");
            found.push((path, code.to_owned()));
        }
    }
    Ok(found)
}

fn words(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .map(str::to_owned)
        .collect()
}

/// The directory of the handle that a file of the client belongs to.
fn handle(path: &str) -> Option<&str> {
    let (directory, _) = path.strip_prefix("handles/")?.split_once('/')?;
    Some(directory)
}

/// The public methods of a file, if it is one of a handle or has methods of the client. Other types
/// of the same name are no handles.
fn collect_methods(path: &str, text: &str, methods: &mut BTreeSet<String>) -> Result<()> {
    let file = syn::parse_file(text).with_context(|| format!("{path} is no Rust"))?;
    let handle = handle(path);
    for item in file.items {
        let Item::Impl(block) = item else { continue };
        let Type::Path(kind) = *block.self_ty else {
            continue;
        };
        let Some(kind) = kind.path.get_ident().map(ToString::to_string) else {
            continue;
        };
        if block.trait_.is_some() || !(kind == "Client" || Some(&*kind.to_lowercase()) == handle) {
            continue;
        }
        for item in block.items {
            if let ImplItem::Fn(method) = item
                && matches!(method.vis, Visibility::Public(_))
            {
                methods.insert(format!("{kind}::{}", method.sig.ident));
            }
        }
    }
    Ok(())
}

/// abigen names each call's struct, and says of which function it is.
fn collect_calls(module: &str, text: &str, calls: &mut BTreeMap<(String, String), String>) {
    let mut function = None;
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("#[ethcall(name = \"") {
            function = rest.split('"').next();
        } else if let Some(rest) = line.strip_prefix("name = \"") {
            function = function.or_else(|| rest.split('"').next());
        } else if let Some(rest) = line.strip_prefix("pub struct ") {
            let name = rest.split(|c: char| !c.is_alphanumeric()).next();
            if let (Some(function), Some(name)) = (function.take(), name)
                && name.ends_with("Call")
            {
                calls.insert((module.to_owned(), function.to_owned()), name.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_methods_of_the_handle_itself_are_found() {
        let mut methods = BTreeSet::new();
        let text = "
            impl Task { pub fn status(&self) {} fn hidden(&self) {} pub(crate) fn inner(&self) {} }
            impl Other { pub fn status(&self) {} }
            impl Iterator for Task { fn next(&mut self) {} }
        ";
        collect_methods("handles/task/reads.rs", text, &mut methods).unwrap();
        assert_eq!(methods, BTreeSet::from(["Task::status".to_owned()]));
        methods.clear();
        collect_methods("read/task.rs", text, &mut methods).unwrap();
        assert!(methods.is_empty());
    }

    #[test]
    fn every_function_of_an_abi_has_a_call() {
        let sources = Sources::read().unwrap();
        for interface in super::super::interface::all().unwrap() {
            let module = interface.name.to_lowercase();
            for entry in interface.entries {
                use super::super::interface::Kind::{Change, View};
                if matches!(entry.kind, View | Change) {
                    let place = (module.clone(), entry.name);
                    assert!(sources.calls.contains_key(&place), "{place:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_there_is_neither_wrapped_nor_called() {
        let sources = Sources::read().unwrap();
        assert!(sources.have("Client::publish_task") && !sources.have("Client::publish_moon"));
        assert!(sources.have("Revert::Custom") && !sources.have("Revert::Moon"));
        assert!(sources.call("Controller", "publishTask", None));
        assert!(!sources.call("Controller", "publishTask", Some("vault")));
        assert!(!sources.call("Controller", "setNexus", None));
    }
}
