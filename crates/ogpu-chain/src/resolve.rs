//! Which chain and which endpoint: what is said explicitly, then the environment, then the registry.

use ogpu_env::Variables;
use ogpu_types::ChainId;

use crate::{ChainError, ChainSpec, Endpoint, EndpointError, Registry};

/// The variable, of the environment or of a `.env` file, that chooses the chain, by name or id.
pub const CHAIN_VARIABLE: &str = "OGPU_CHAIN";
/// The variable, of the environment or of a `.env` file, that replaces the chosen chain's RPC endpoint.
pub const RPC_URL_VARIABLE: &str = "OGPU_RPC_URL";

/// What a program says explicitly about the chain to use; the rest is found elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The chain.
    pub chain: Option<ChainId>,
    /// The endpoint to reach it at, `http` or `https`.
    pub rpc_url: Option<Endpoint>,
}

impl Registry {
    /// The chain to use, at the endpoint to use.
    ///
    /// The chain is the selection's, else that of `OGPU_CHAIN`, else the registry's default, which
    /// a chain file may have set. The endpoint is the selection's, else that of `OGPU_RPC_URL`,
    /// else the chain's own, which a chain file may have set. `OGPU_RPC_URL` holds for whichever
    /// chain is chosen, so a program that chooses its chain in code checks the endpoint's chain id.
    ///
    /// An empty variable counts as unset; one that is outranked is not looked at.
    ///
    /// ```
    /// use ogpu_chain::{Registry, Selection, Variables};
    /// use ogpu_types::ChainId;
    ///
    /// let variables = Variables::new(
    ///     |name| (name == "OGPU_CHAIN").then(|| "ogpu_mainnet".into()),
    ///     [],
    /// );
    /// let spec = Registry::builtin().resolve(&Selection::default(), &variables)?;
    /// assert_eq!(spec.id(), ChainId::OGPU_MAINNET);
    /// # Ok::<(), ogpu_chain::ChainError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ChainError::UnknownChain`] for a selected chain that is not registered,
    /// [`ChainError::RpcUrl`] for a selected endpoint that is a websocket, and
    /// [`ChainError::Variable`], [`ChainError::VariableNotText`] or [`ChainError::DotEnv`], with the
    /// variable's name, for one that cannot be used or looked for.
    pub fn resolve(
        &self,
        selection: &Selection,
        variables: &Variables,
    ) -> Result<ChainSpec, ChainError> {
        let spec = self.resolve_chain(selection.chain, variables)?;
        let rpc_url = match &selection.rpc_url {
            Some(url) => Some(require_http(url.clone())?),
            None => rpc_url_variable(variables)?,
        };
        Ok(match rpc_url {
            Some(url) => spec.clone().with_rpc_url(url),
            None => spec.clone(),
        })
    }

    /// The chain to use, at its own endpoint.
    pub(crate) fn resolve_chain(
        &self,
        selected: Option<ChainId>,
        variables: &Variables,
    ) -> Result<&ChainSpec, ChainError> {
        if let Some(id) = selected {
            return self.get(&id);
        }
        match text_of(CHAIN_VARIABLE, variables)? {
            Some(name) => self.find(&name).map_err(|source| ChainError::Variable {
                variable: CHAIN_VARIABLE,
                source: Box::new(source),
            }),
            None => self.get(&self.default_chain()),
        }
    }
}

fn require_http(url: Endpoint) -> Result<Endpoint, ChainError> {
    if url.is_websocket() {
        return Err(ChainError::RpcUrl {
            source: EndpointError::NotHttp,
        });
    }
    Ok(url)
}

fn rpc_url_variable(variables: &Variables) -> Result<Option<Endpoint>, ChainError> {
    text_of(RPC_URL_VARIABLE, variables)?
        .map(|url| {
            Endpoint::parse_http(&url).map_err(|source| ChainError::Variable {
                variable: RPC_URL_VARIABLE,
                source: Box::new(ChainError::RpcUrl { source }),
            })
        })
        .transpose()
}

fn text_of(name: &'static str, variables: &Variables) -> Result<Option<String>, ChainError> {
    let value = variables.get(name).map_err(|source| ChainError::DotEnv {
        variable: name,
        source,
    })?;
    value
        .map(|value| match value.text() {
            Some(text) => Ok(text.to_owned()),
            None => Err(ChainError::VariableNotText { variable: name }),
        })
        .transpose()
}

#[cfg(test)]
mod tests {
    use std::{error::Error, ffi::OsString};

    use serde_json::json;

    use super::*;

    const MAINNET: ChainId = ChainId::OGPU_MAINNET;
    const TESTNET: ChainId = ChainId::OGPU_TESTNET;

    fn endpoint(url: &str) -> Endpoint {
        Endpoint::parse(url).unwrap()
    }

    /// An environment of these two variables.
    fn environment(chain: Option<&str>, rpc_url: Option<&str>) -> Variables {
        let (chain, rpc_url) = (chain.map(OsString::from), rpc_url.map(OsString::from));
        let process = move |name: &str| match name {
            "OGPU_CHAIN" => chain.clone(),
            "OGPU_RPC_URL" => rpc_url.clone(),
            _ => panic!("`{name}` is not a variable of the SDK"),
        };
        Variables::new(process, [])
    }

    /// The built-in chains with the default and the endpoints that a file would set.
    fn registry_of_file(default: &str) -> Registry {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("chains.json");
        let entry = |id: ChainId| json!({ "chain_id": id, "rpc_url": format!("http://file-{id}") });
        let file = json!({ "default_chain": default, "chains": [entry(MAINNET), entry(TESTNET)] });
        std::fs::write(&path, file.to_string()).unwrap();
        Registry::builtin().with_file(path).unwrap()
    }

    fn chain_of(registry: &Registry, explicit: Option<ChainId>, variable: Option<&str>) -> ChainId {
        let selection = Selection {
            chain: explicit,
            rpc_url: None,
        };
        let spec = registry.resolve(&selection, &environment(variable, None));
        spec.unwrap().id()
    }

    fn rpc_of(registry: &Registry, explicit: Option<&str>, variable: Option<&str>) -> String {
        let selection = Selection {
            chain: Some(MAINNET),
            rpc_url: explicit.map(endpoint),
        };
        let spec = registry.resolve(&selection, &environment(None, variable));
        spec.unwrap().rpc_url().to_string()
    }

    #[test]
    fn nothing_said_means_the_test_network() {
        let registry = Registry::builtin();
        assert_eq!(chain_of(&registry, None, None), TESTNET);
        assert_eq!(
            rpc_of(&registry, None, None),
            "https://mainnet-rpc.ogpuscan.io"
        );
    }

    #[test]
    fn an_explicit_chain_outranks_the_variable() {
        let registry = Registry::builtin();
        assert_eq!(
            chain_of(&registry, Some(MAINNET), Some("OGPU_TESTNET")),
            MAINNET
        );
        assert_eq!(
            chain_of(&registry, Some(TESTNET), Some("OGPU_MAINNET")),
            TESTNET
        );
    }

    #[test]
    fn an_explicit_chain_outranks_the_file() {
        let mainnet = registry_of_file("OGPU_MAINNET");
        assert_eq!(chain_of(&mainnet, Some(TESTNET), None), TESTNET);
        let testnet = registry_of_file("OGPU_TESTNET");
        assert_eq!(chain_of(&testnet, Some(MAINNET), None), MAINNET);
    }

    #[test]
    fn the_variables_chain_outranks_the_file_and_the_built_in_default() {
        let mainnet = registry_of_file("OGPU_MAINNET");
        assert_eq!(chain_of(&mainnet, None, Some("ogpu_testnet")), TESTNET);
        let testnet = registry_of_file("OGPU_TESTNET");
        assert_eq!(chain_of(&testnet, None, Some("1071")), MAINNET);
        assert_eq!(chain_of(&Registry::builtin(), None, Some("0x42f")), MAINNET);
    }

    #[test]
    fn the_files_chain_outranks_the_built_in_default() {
        assert_eq!(
            chain_of(&registry_of_file("OGPU_MAINNET"), None, None),
            MAINNET
        );
        assert_eq!(
            chain_of(&registry_of_file("OGPU_TESTNET"), None, None),
            TESTNET
        );
    }

    #[test]
    fn an_explicit_endpoint_outranks_the_variable_and_the_file() {
        for registry in [Registry::builtin(), registry_of_file("OGPU_MAINNET")] {
            for (explicit, variable) in [("http://a", "http://b"), ("http://b", "http://a")] {
                assert_eq!(rpc_of(&registry, Some(explicit), Some(variable)), explicit);
            }
            assert_eq!(rpc_of(&registry, Some("http://a"), None), "http://a");
        }
    }

    #[test]
    fn the_variables_endpoint_outranks_the_file_and_the_file_the_built_in_one() {
        let file = registry_of_file("OGPU_MAINNET");
        assert_eq!(rpc_of(&file, None, Some("http://a")), "http://a");
        assert_eq!(rpc_of(&file, None, None), "http://file-ogpu_mainnet");
        assert_eq!(
            rpc_of(&Registry::builtin(), None, Some("http://a")),
            "http://a"
        );
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        assert_eq!(chain_of(&Registry::builtin(), None, Some("")), TESTNET);
        let rpc = rpc_of(&Registry::builtin(), None, Some(""));
        assert_eq!(rpc, "https://mainnet-rpc.ogpuscan.io");
    }

    #[test]
    fn a_variable_that_cannot_be_used_is_named_and_its_url_not_shown() {
        for (chain, rpc_url, variable) in [
            (Some("MOON"), None, "OGPU_CHAIN"),
            (Some("7"), None, "OGPU_CHAIN"),
            (None, Some("CANARY"), "OGPU_RPC_URL"),
            (None, Some("ws://host/CANARY"), "OGPU_RPC_URL"),
        ] {
            let error = Registry::builtin()
                .resolve(&Selection::default(), &environment(chain, rpc_url))
                .unwrap_err();
            assert!(error.to_string().contains(variable), "{error}");
            assert!(error.source().is_some());
            assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_no_text_is_named() {
        use std::os::unix::ffi::OsStringExt;

        let variables = Variables::new(|_| Some(OsString::from_vec(vec![0xff])), []);
        let error = Registry::builtin()
            .resolve(&Selection::default(), &variables)
            .unwrap_err();
        assert!(matches!(
            error,
            ChainError::VariableNotText {
                variable: "OGPU_CHAIN"
            }
        ));
    }

    #[test]
    fn an_outranked_variable_is_not_looked_at() {
        let selection = Selection {
            chain: Some(MAINNET),
            rpc_url: Some(endpoint("http://a")),
        };
        let variables = Variables::new(|name| panic!("{name} was read"), []);
        let spec = Registry::builtin().resolve(&selection, &variables);
        assert_eq!(spec.unwrap().id(), MAINNET);
    }

    #[test]
    fn a_variable_is_found_in_a_file_and_a_broken_file_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(".env");
        let resolve = |content: &str| {
            std::fs::write(&file, content).unwrap();
            let variables = Variables::new(|_| None, [directory.path().to_owned()]);
            Registry::builtin().resolve(&Selection::default(), &variables)
        };
        let spec = resolve("OGPU_CHAIN=ogpu_mainnet\nOGPU_RPC_URL=http://file").unwrap();
        assert_eq!(spec.id(), MAINNET);
        assert_eq!(spec.rpc_url().to_string(), "http://file");
        let error = resolve("OGPU_RPC_URL=http://file\nCANARY").unwrap_err();
        let cause = error.source().unwrap().to_string();
        assert!(error.to_string().contains("OGPU_CHAIN"), "{error}");
        assert!(cause.contains(".env`, line 2"), "{cause}");
        assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");
    }

    #[test]
    fn an_explicit_chain_or_endpoint_that_cannot_be_used_is_refused() {
        let unknown = Selection {
            chain: Some(ChainId::new(7)),
            rpc_url: None,
        };
        let error = Registry::builtin()
            .resolve(&unknown, &environment(None, None))
            .unwrap_err();
        assert!(matches!(error, ChainError::UnknownChain { asked, .. } if asked == "7"));
        let websocket = Selection {
            chain: None,
            rpc_url: Some(endpoint("ws://host")),
        };
        let error = Registry::builtin()
            .resolve(&websocket, &environment(None, None))
            .unwrap_err();
        assert!(matches!(error, ChainError::RpcUrl { .. }));
    }
}
