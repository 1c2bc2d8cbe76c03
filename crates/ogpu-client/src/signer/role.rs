//! Role keys: the variables that hold them, in the environment or in a `.env` file.

use std::{ffi::OsString, fmt, path::Path, str};

use zeroize::Zeroizing;

use super::{LocalKey, SignerError, dot_env};

/// Where a variable is looked for after the environment.
pub(super) const DOT_ENV: &str = ".env";

/// A part in the network, and with it the variable that holds the key it signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Publishes sources and tasks, confirms, cancels and pays: `CLIENT_PRIVATE_KEY`.
    Client,
    /// Runs sources on its hardware: `PROVIDER_PRIVATE_KEY`.
    Provider,
    /// Owns providers: `MASTER_PRIVATE_KEY`.
    Master,
    /// Signs for a client or master that allows it to: `AGENT_PRIVATE_KEY`.
    Agent,
}

impl Role {
    /// The variable that holds the role's key.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Client => "CLIENT_PRIVATE_KEY",
            Self::Provider => "PROVIDER_PRIVATE_KEY",
            Self::Master => "MASTER_PRIVATE_KEY",
            Self::Agent => "AGENT_PRIVATE_KEY",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "client",
            Self::Provider => "provider",
            Self::Master => "master",
            Self::Agent => "agent",
        })
    }
}

/// The role's key: of the environment, or else of the file.
pub(super) fn role_key(
    role: Role,
    environment: impl Fn(&str) -> Option<OsString>,
    file: &Path,
) -> Result<LocalKey, SignerError> {
    let variable = role.variable();
    // An empty variable counts as unset, as everywhere in this SDK.
    let value = match environment(variable).filter(|value| !value.is_empty()) {
        Some(value) => Zeroizing::new(value.into_encoded_bytes()),
        None => dot_env::lookup(variable, file)?.ok_or(SignerError::Missing { variable })?,
    };
    str::from_utf8(&value)
        .ok()
        .and_then(|digits| LocalKey::from_hex(digits).ok())
        .ok_or(SignerError::InvalidVariable { variable })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SignDigest;

    const KEY: &str = "4646464646464646464646464646464646464646464646464646464646464646";

    fn dot_env(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    fn address(digits: &str) -> ogpu_types::Address {
        LocalKey::from_hex(digits).unwrap().address()
    }

    #[test]
    fn the_environment_comes_before_the_file() {
        let other = "01".repeat(32);
        let file = dot_env(&format!("OTHER=1\nCLIENT_PRIVATE_KEY=0x{other}\n"));
        let from_file = role_key(Role::Client, |_| None, file.path()).unwrap();
        let from_env = role_key(Role::Client, |_| Some(KEY.into()), file.path()).unwrap();
        assert_eq!(from_file.address(), address(&other));
        assert_eq!(from_env.address(), address(KEY));
    }

    #[test]
    fn each_role_reads_its_own_variable_only() {
        for (number, role) in [Role::Client, Role::Provider, Role::Master, Role::Agent]
            .into_iter()
            .enumerate()
        {
            let digits = format!("{:064x}", number + 1);
            let name = format!("{}_PRIVATE_KEY", role.to_string().to_uppercase());
            assert_eq!(role.variable(), name);
            let environment =
                |variable: &str| (variable == name).then(|| OsString::from(digits.clone()));
            let key = role_key(role, environment, Path::new("no such file")).unwrap();
            assert_eq!(key.address(), address(&digits));
            let others = |variable: &str| (variable != name).then(|| OsString::from(KEY));
            let error = role_key(role, others, Path::new("no such file")).unwrap_err();
            assert!(matches!(error, SignerError::Missing { variable } if variable == name));
        }
    }

    #[test]
    fn a_missing_key_names_the_variable() {
        let empty = dot_env("OTHER=1\n");
        for path in [empty.path(), Path::new("no such file")] {
            let error = role_key(Role::Client, |_| Some("".into()), path).unwrap_err();
            assert!(error.to_string().contains("CLIENT_PRIVATE_KEY"), "{error}");
        }
    }

    #[test]
    fn a_variable_that_holds_no_key_is_an_error_that_does_not_quote_it() {
        let text = format!("{}zz", &KEY[2..]);
        let error = role_key(
            Role::Agent,
            |_| Some(text.clone().into()),
            Path::new("no such file"),
        )
        .unwrap_err();
        assert!(matches!(error, SignerError::InvalidVariable { .. }));
        assert!(!format!("{error} {error:?}").contains("4646"));
    }

    #[test]
    fn a_damaged_file_is_an_error_that_does_not_quote_it() {
        let file = dot_env(&format!("{KEY} not a line\n"));
        let error = role_key(Role::Client, |_| None, file.path()).unwrap_err();
        assert!(matches!(error, SignerError::DotEnv { .. }));
        assert!(!format!("{error} {error:?}").contains(KEY));
    }
}
