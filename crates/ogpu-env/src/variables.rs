//! Where a variable is looked for, and what comes before what.

use std::{env, ffi::OsString, fmt, path::PathBuf};

use crate::{DotEnvError, Value, dot_env};

/// What [`std::env::var_os`] is of a process.
type Lookup = dyn Fn(&str) -> Option<OsString> + Send + Sync;

/// Where variables are looked for: first among the process's, then in the file `.env` of each of
/// some directories.
pub struct Variables {
    process: Box<Lookup>,
    directories: Vec<PathBuf>,
}

impl Variables {
    /// The process's own variables, then `.env` of the working directory, then of the user's home.
    #[must_use]
    pub fn of_process() -> Self {
        // The empty path is the working directory, whatever it is when a file is read.
        let directories = [Some(PathBuf::new()), env::home_dir()];
        Self::new(|name| env::var_os(name), directories.into_iter().flatten())
    }

    /// Variables that `process` knows, as [`std::env::var_os`] does, then those of `.env` in the
    /// directories, of which the first counts most.
    pub fn new(
        process: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static,
        directories: impl IntoIterator<Item = PathBuf>,
    ) -> Self {
        Self {
            process: Box::new(process),
            directories: directories.into_iter().collect(),
        }
    }

    /// What the variable holds now, or `None` where it is unset or empty everywhere. No file is
    /// read for one that the process has; else this may wait for the disk.
    ///
    /// # Errors
    ///
    /// [`DotEnvError`] when a file that has to be asked cannot be used.
    pub fn get(&self, name: &str) -> Result<Option<Value>, DotEnvError> {
        if let Some(value) = (self.process)(name)
            && let Some(value) = Value::new(value.into_encoded_bytes())
        {
            return Ok(Some(value));
        }
        for directory in &self.directories {
            if let Some(value) = dot_env::look_up(name, &directory.join(".env"))? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Variables")
            .field("directories", &self.directories)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn directory(dot_env: &str) -> TempDir {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(".env"), dot_env).unwrap();
        directory
    }

    fn variables(process: Option<&'static str>, directories: &[&TempDir]) -> Variables {
        Variables::new(
            move |name| process.filter(|_| name == "KEY").map(OsString::from),
            directories
                .iter()
                .map(|directory| directory.path().to_owned()),
        )
    }

    fn found(process: Option<&'static str>, directories: &[&TempDir]) -> Option<String> {
        let value = variables(process, directories).get("KEY").unwrap()?;
        Some(value.text().unwrap().to_owned())
    }

    #[test]
    fn the_process_comes_first_then_the_directories_in_their_order() {
        let (near, far) = (directory("OTHER=1\nKEY=near"), directory("KEY=far"));
        assert_eq!(found(Some("own"), &[&near, &far]).unwrap(), "own");
        assert_eq!(found(None, &[&near, &far]).unwrap(), "near");
        assert_eq!(found(None, &[&far, &near]).unwrap(), "far");
        assert_eq!(found(None, &[]), None);
    }

    #[test]
    fn what_is_unset_or_empty_is_looked_for_further_on() {
        let far = directory("KEY=far");
        let nowhere = tempfile::tempdir().unwrap();
        for near in [&directory("OTHER=1"), &directory("KEY=\"\""), &nowhere] {
            assert_eq!(found(Some(""), &[near, &far]).unwrap(), "far");
            assert_eq!(found(None, &[near]), None);
        }
    }

    #[test]
    fn a_file_is_not_read_for_what_is_known_without_it() {
        let broken = directory("no setting");
        assert_eq!(found(Some("own"), &[&broken]).unwrap(), "own");
        assert_eq!(found(None, &[&directory("KEY=a"), &broken]).unwrap(), "a");
        assert!(variables(None, &[&broken]).get("KEY").is_err());
    }

    #[test]
    fn a_value_is_not_printed() {
        let value = variables(Some("CANARY"), &[]).get("KEY").unwrap().unwrap();
        assert!(!format!("{value:?}").contains("CANARY"));
    }

    #[test]
    fn the_process_has_its_own_variables() {
        let cargo = Variables::of_process().get("CARGO_PKG_NAME").unwrap();
        assert_eq!(cargo.unwrap().text(), Some("ogpu-env"));
    }
}
