//! `cargo xtask codegen`: the contract bindings, from the ABI files.
//!
//! Each `abis/<Contract>.json` becomes `src/generated/<contract>.rs` of `ogpu-contracts`, made by
//! ethers' abigen, plus what abigen leaves out: which return type belongs to which call. The ABI
//! files themselves go beside the bindings, so that the packaged crate holds them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, anyhow, bail};
use ethers_contract_abigen::{Abigen, MultiAbigen};

use crate::workspace::{self, Mode};

const COMMAND: &str = "cargo xtask codegen";

/// Writes the bindings, or checks that the committed ones are what `abis/` gives.
pub(crate) fn run(mode: Mode) -> Result<()> {
    let root = workspace::root();
    let target = root.join("crates/ogpu-contracts/src/generated");
    let files = generate(&root.join("abis"))?;
    workspace::sync(&target, &files, mode, COMMAND)
}

/// All generated files, by their path below `src/generated`.
fn generate(abis: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let mut files = BTreeMap::new();
    let mut contracts = BTreeMap::new();
    for path in workspace::files_below(abis)? {
        let text = fs::read_to_string(abis.join(&path))
            .with_context(|| format!("cannot read {}", path.display()))?;
        if let (Some(name), Some(parent)) = (path.file_stem(), path.parent())
            && parent.as_os_str().is_empty()
        {
            contracts.insert(name.to_string_lossy().into_owned(), text.clone());
        }
        files.insert(Path::new("abi").join(path), text);
    }
    if contracts.is_empty() {
        bail!("no ABI files in {}", abis.display());
    }

    let table = abi_table(files.keys());
    for (name, mut code) in bindings(&contracts)? {
        if name == Path::new("mod.rs") {
            code += &table;
            code += &parsed_abis(contracts.keys());
        }
        let code = finish(&code).with_context(|| format!("cannot format {}", name.display()))?;
        files.insert(name, code);
    }
    Ok(files)
}

/// abigen's modules, completed.
fn bindings(contracts: &BTreeMap<String, String>) -> Result<BTreeMap<PathBuf, String>> {
    let abigens = contracts
        .iter()
        // Given as text: from a path, abigen would write that path into the code.
        .map(|(name, abi)| Abigen::new(name, abi).map_err(|e| anyhow!("{name}: {e:#}")))
        .collect::<Result<Vec<_>>>()?;
    let scratch = tempfile::tempdir()?;
    MultiAbigen::from_abigens(abigens)
        .build()
        .and_then(|bindings| bindings.write_to_module(scratch.path(), false))
        .map_err(|e| anyhow!("abigen failed: {e:#}"))?;

    workspace::files_below(scratch.path())?
        .into_iter()
        .map(|name| {
            let code = fs::read_to_string(scratch.path().join(&name))?
                // abigen writes for the umbrella crate, which is not in the tree.
                .replace("::ethers::core::", "::ethers_core::")
                .replace("::ethers::contract::", "::ethers_contract::");
            let impls = call_impls(&code)?;
            Ok((name, code + &impls))
        })
        .collect()
}

/// `ContractCall` for each generated call struct: it names the return type, which abigen defines
/// but never ties to the call.
fn call_impls(code: &str) -> Result<String> {
    let names: BTreeSet<String> = syn::parse_file(code)?
        .items
        .into_iter()
        .filter_map(|item| match item {
            syn::Item::Mod(module) => module.content,
            _ => None,
        })
        .flat_map(|(_, items)| items)
        .filter_map(|item| match item {
            syn::Item::Struct(item) => Some(item.ident.to_string()),
            _ => None,
        })
        .collect();
    let module = syn::parse_file(code)?
        .items
        .into_iter()
        .find_map(|item| match item {
            syn::Item::Mod(module) => Some(module.ident.to_string()),
            _ => None,
        });

    let mut impls = String::new();
    for call in names.iter().filter(|name| name.ends_with("Call")) {
        let module = module.as_deref().context("calls outside of a module")?;
        let returned = call.trim_end_matches("Call").to_owned() + "Return";
        let output = if names.contains(&returned) {
            format!("{module}::{returned}")
        } else {
            "crate::call::NoOutput".to_owned()
        };
        write!(
            impls,
            "\nimpl crate::call::ContractCall for {module}::{call} {{ type Output = {output}; }}\n"
        )?;
    }
    Ok(impls)
}

/// All ABIs as abigen holds them: decoding looks through them, whichever there are.
fn parsed_abis<'a>(contracts: impl Iterator<Item = &'a String>) -> String {
    let rows: String = contracts
        .map(|name| format!("&*{}::{}_ABI,\n", name.to_lowercase(), name.to_uppercase()))
        .collect();
    format!(
        "\n/// The parsed ABIs.\npub(crate) fn parsed_abis() -> Vec<&'static ::ethers_core::abi::Abi> {{ vec![\n{rows}] }}\n"
    )
}

/// The table of ABI texts that goes with the bindings.
fn abi_table<'a>(files: impl Iterator<Item = &'a PathBuf>) -> String {
    let mut rows = String::new();
    for file in files.filter(|file| file.starts_with("abi")) {
        let path = file.to_string_lossy().replace('\\', "/");
        let name = path.trim_start_matches("abi/").trim_end_matches(".json");
        rows += &format!("({name:?}, include_str!({path:?})),\n");
    }
    format!(
        "\n/// The ABI files, by name.\npub(crate) const ABIS: &[(&str, &str)] = &[\n{rows}];\n"
    )
}

/// Adds the header and formats with the toolchain's rustfmt, so that `cargo fmt` agrees.
fn finish(code: &str) -> Result<String> {
    let code = format!("// @generated by `{COMMAND}` from abis/, do not edit.\n\n{code}");
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run rustfmt: `rustup component add rustfmt`")?;
    let mut input = rustfmt.stdin.take().context("rustfmt has no input")?;
    // From a thread: a large text fills both pipes.
    let feeder = std::thread::spawn(move || input.write_all(code.as_bytes()));
    let output = rustfmt.wait_with_output()?;
    feeder
        .join()
        .map_err(|_| anyhow!("the writer to rustfmt panicked"))??;
    if !output.status.success() {
        bail!("rustfmt refused the generated code");
    }
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_bindings_are_fresh() {
        run(Mode::Check).unwrap();
    }

    #[test]
    fn generating_twice_gives_the_same_bytes() {
        let abis = workspace::root().join("abis");
        assert_eq!(generate(&abis).unwrap(), generate(&abis).unwrap());
    }

    #[test]
    fn an_abi_file_is_all_that_a_new_contract_takes() {
        let abis = tempfile::tempdir().unwrap();
        for name in ["Vault", "Oracle"] {
            let vault = workspace::root().join("abis/Vault.json");
            fs::copy(vault, abis.path().join(name).with_extension("json")).unwrap();
        }
        let files = generate(abis.path()).unwrap();
        assert!(files.contains_key(Path::new("oracle.rs")));
        assert!(files.contains_key(Path::new("abi/Oracle.json")));
        let module = &files[Path::new("mod.rs")];
        assert!(module.contains("pub mod oracle;") && module.contains("oracle::ORACLE_ABI"));
    }

    #[test]
    fn a_missing_abi_directory_is_an_error() {
        let empty = tempfile::tempdir().unwrap();
        assert!(generate(empty.path()).is_err());
    }
}
