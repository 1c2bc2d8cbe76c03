//! Where the workspace's files are, and how a task brings generated files up to date.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

/// What to do with generated files that differ from what a generator wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Write them.
    Write,
    /// Fail, naming them and the command that writes them.
    Check,
}

/// The workspace's root directory.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the xtask package is a directory below the root")
        .to_path_buf()
}

/// Makes `dir` hold exactly `files` (paths relative to it), or checks that it does.
///
/// `command` is what a reader of the error should run.
pub(crate) fn sync(
    dir: &Path,
    files: &BTreeMap<PathBuf, String>,
    mode: Mode,
    command: &str,
) -> Result<()> {
    let stale: Vec<&PathBuf> = files
        .iter()
        .filter(|(name, text)| !is_current(&dir.join(name), text))
        .map(|(name, _)| name)
        .collect();
    let orphans: Vec<PathBuf> = files_below(dir)?
        .into_iter()
        .filter(|name| !files.contains_key(name))
        .collect();

    match mode {
        Mode::Check if stale.is_empty() && orphans.is_empty() => Ok(()),
        Mode::Check => bail!(
            "{} is stale ({}): run `{command}` and commit the result",
            dir.strip_prefix(root()).unwrap_or(dir).display(),
            stale
                .into_iter()
                .chain(&orphans)
                .map(|name| name.display().to_string())
                .collect::<Vec<_>>()
                .join(", "),
        ),
        Mode::Write => {
            for name in stale {
                let path = dir.join(name);
                if let Some(parent) = path.parent() {
                    fs::create_dir_all(parent)?;
                }
                fs::write(&path, &files[name])
                    .with_context(|| format!("cannot write {}", path.display()))?;
            }
            for name in orphans {
                let path = dir.join(name);
                fs::remove_file(&path)
                    .with_context(|| format!("cannot remove {}", path.display()))?;
            }
            Ok(())
        }
    }
}

/// The same for one file alone.
pub(crate) fn sync_file(path: &Path, text: &str, mode: Mode, command: &str) -> Result<()> {
    if is_current(path, text) {
        return Ok(());
    }
    if mode == Mode::Write {
        return fs::write(path, text).with_context(|| format!("cannot write {}", path.display()));
    }
    bail!(
        "{} is stale: run `{command}` and commit the result",
        path.strip_prefix(root()).unwrap_or(path).display()
    )
}

/// Whether the file holds `text`; line endings may be those of the checkout's platform.
fn is_current(path: &Path, text: &str) -> bool {
    fs::read_to_string(path).is_ok_and(|found| found.replace("\r\n", "\n") == text)
}

/// All files below `dir`, relative to it; none if it does not exist yet.
pub(crate) fn files_below(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(next) = open.pop() {
        if !next.is_dir() {
            continue;
        }
        for entry in
            fs::read_dir(&next).with_context(|| format!("cannot list {}", next.display()))?
        {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(dir)?.to_path_buf());
            }
        }
    }
    found.sort();
    Ok(found)
}
