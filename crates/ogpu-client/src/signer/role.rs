//! Role keys: the variables that hold them.

use std::fmt;

use ogpu_env::Variables;

use super::{LocalKey, SignerError};

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

/// The role's key: what its variable holds.
pub(super) fn role_key(role: Role, variables: &Variables) -> Result<LocalKey, SignerError> {
    let variable = role.variable();
    let value = variables
        .get(variable)
        .map_err(|source| SignerError::DotEnv { variable, source })?
        .ok_or(SignerError::Missing { variable })?;
    value
        .text()
        .and_then(|digits| LocalKey::from_hex(digits).ok())
        .ok_or(SignerError::InvalidVariable { variable })
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::SignDigest;

    const KEY: &str = "4646464646464646464646464646464646464646464646464646464646464646";

    fn environment(holds: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Variables {
        Variables::new(move |name| holds(name).map(Into::into), [])
    }

    fn address(digits: &str) -> ogpu_types::Address {
        LocalKey::from_hex(digits).unwrap().address()
    }

    #[test]
    fn the_environment_comes_before_the_file_and_a_damaged_file_is_not_quoted() {
        let directory = tempfile::tempdir().unwrap();
        let key = |own: &'static str, content: &str| {
            std::fs::write(directory.path().join(".env"), content).unwrap();
            let variables =
                Variables::new(move |_| Some(own.into()), [directory.path().to_owned()]);
            role_key(Role::Client, &variables)
        };
        let other = "01".repeat(32);
        let file = format!("OTHER=1\nCLIENT_PRIVATE_KEY=0x{other}\n");
        assert_eq!(key(KEY, &file).unwrap().address(), address(KEY));
        assert_eq!(key("", &file).unwrap().address(), address(&other));
        let error = key("", &format!("{KEY} not a line\n")).unwrap_err();
        assert!(matches!(error, SignerError::DotEnv { .. }), "{error:?}");
        assert!(error.source().unwrap().to_string().contains("line 1"));
        assert!(!format!("{error} {error:?}").contains(KEY));
    }

    #[test]
    fn each_role_reads_its_own_variable_only() {
        for (number, role) in [Role::Client, Role::Provider, Role::Master, Role::Agent]
            .into_iter()
            .enumerate()
        {
            let digits = format!("{:064x}", number + 1);
            let name = role.variable();
            assert_eq!(
                name,
                format!("{}_PRIVATE_KEY", role.to_string().to_uppercase())
            );
            let own = digits.clone();
            let variables = environment(move |asked| (asked == name).then(|| own.clone()));
            let key = role_key(role, &variables).unwrap();
            assert_eq!(key.address(), address(&digits));
            let others = environment(move |asked| (asked != name).then(|| KEY.to_owned()));
            let error = role_key(role, &others).unwrap_err();
            assert!(matches!(error, SignerError::Missing { variable } if variable == name));
        }
    }

    #[test]
    fn a_missing_key_names_the_variable() {
        let error = role_key(Role::Client, &environment(|_| Some(String::new()))).unwrap_err();
        assert!(error.to_string().contains("CLIENT_PRIVATE_KEY"), "{error}");
    }

    #[test]
    fn a_variable_that_holds_no_key_is_an_error_that_does_not_quote_it() {
        let variables = environment(|_| Some(format!("{}zz", &KEY[2..])));
        let error = role_key(Role::Agent, &variables).unwrap_err();
        assert!(matches!(error, SignerError::InvalidVariable { .. }));
        assert!(!format!("{error} {error:?}").contains("4646"));
    }
}
