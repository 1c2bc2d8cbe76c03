//! The chain that a whole process uses by default.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{LazyLock, PoisonError, RwLock, RwLockWriteGuard},
};

use ogpu_env::Variables;
use ogpu_types::{Address, ChainId};

use crate::{ChainError, ChainSpec, Contract, Endpoint, Registry, Selection};

static STATE: LazyLock<RwLock<State>> = LazyLock::new(RwLock::default);

/// The chain that the process uses where a client is not given one.
///
/// All functions may be called from any thread. What is set here outranks the environment variables
/// `OGPU_CHAIN` and `OGPU_RPC_URL`, of the process or of a file `.env` in the working directory or
/// the user's home, which are read at each call and outrank loaded files; last come the built-in
/// chains, of which the test network is the default. A client that is given a chain explicitly reads
/// none of this.
#[derive(Debug, Clone, Copy)]
pub struct ChainConfig;

impl ChainConfig {
    /// Chooses the chain, above what `OGPU_CHAIN` says.
    ///
    /// # Errors
    ///
    /// [`ChainError::UnknownChain`], and no change, if it is neither built in nor loaded.
    pub fn set_chain(chain: impl Into<ChainId>) -> Result<(), ChainError> {
        write().set_chain(chain.into())
    }

    /// The chosen chain.
    ///
    /// # Errors
    ///
    /// [`ChainError::Variable`], [`ChainError::VariableNotText`] or [`ChainError::DotEnv`] if the
    /// chain is left to `OGPU_CHAIN` and that names none, or cannot be looked for.
    pub fn get_current_chain() -> Result<ChainId, ChainError> {
        snapshot()
            .chain(&Variables::of_process())
            .map(ChainSpec::id)
    }

    /// The chosen chain's contract, by [`Contract`] or by name in any case.
    ///
    /// # Errors
    ///
    /// [`ChainError::UnknownContract`] for an unknown name, else as
    /// [`get_current_chain`](Self::get_current_chain).
    pub fn get_contract_address<C>(contract: C) -> Result<Address, ChainError>
    where
        C: TryInto<Contract, Error: Into<ChainError>>,
    {
        let contract = contract.try_into().map_err(Into::into)?;
        let state = snapshot();
        let chain = state.chain(&Variables::of_process())?;
        Ok(chain.contract(contract))
    }

    /// All chains that are built in or loaded, by ascending id.
    #[must_use]
    pub fn get_all_supported_chains() -> Vec<ChainId> {
        snapshot().registry.iter().map(ChainSpec::id).collect()
    }

    /// Sets the RPC endpoint of the chosen chain, above what `OGPU_RPC_URL` says. It stays with
    /// that chain when another is chosen. The endpoint is not contacted.
    ///
    /// # Errors
    ///
    /// [`ChainError::RpcUrl`] if it is no `http` or `https` URL, else as
    /// [`get_current_chain`](Self::get_current_chain).
    pub fn set_rpc(url: impl AsRef<str>) -> Result<(), ChainError> {
        let chain = Self::get_current_chain()?;
        Self::set_rpc_for(chain, url)
    }

    /// Sets the RPC endpoint of a chain, above what `OGPU_RPC_URL` says.
    ///
    /// # Errors
    ///
    /// [`ChainError::RpcUrl`] if it is no `http` or `https` URL, and [`ChainError::UnknownChain`]
    /// if the chain is neither built in nor loaded.
    pub fn set_rpc_for(chain: impl Into<ChainId>, url: impl AsRef<str>) -> Result<(), ChainError> {
        write().set_rpc(chain.into(), url.as_ref())
    }

    /// The RPC endpoint in use.
    ///
    /// # Errors
    ///
    /// As [`current`](Self::current).
    pub fn get_rpc() -> Result<Endpoint, ChainError> {
        Self::current().map(|spec| spec.rpc_url().clone())
    }

    /// The RPC endpoint that would be in use if this chain were chosen.
    ///
    /// # Errors
    ///
    /// [`ChainError::UnknownChain`] if the chain is neither built in nor loaded, else as
    /// [`current`](Self::current).
    pub fn get_rpc_for(chain: impl Into<ChainId>) -> Result<Endpoint, ChainError> {
        let mut state = snapshot();
        state.set_chain(chain.into())?;
        let spec = state.current(&Variables::of_process())?;
        Ok(spec.rpc_url().clone())
    }

    /// Takes back what [`set_rpc`](Self::set_rpc) set for the chosen chain.
    ///
    /// # Errors
    ///
    /// As [`get_current_chain`](Self::get_current_chain).
    pub fn reset_rpc() -> Result<(), ChainError> {
        Self::reset_rpc_for(Self::get_current_chain()?);
        Ok(())
    }

    /// Takes back what was set as the RPC endpoint of a chain.
    pub fn reset_rpc_for(chain: impl Into<ChainId>) {
        write().rpc_urls.remove(&chain.into());
    }

    /// Adds the chains of a file, as [`Registry::with_file`] does.
    ///
    /// # Errors
    ///
    /// As [`Registry::with_file`], and then no change.
    pub fn load_file(path: impl AsRef<Path>) -> Result<(), ChainError> {
        let registry = snapshot().registry.with_file(path)?;
        write().registry = registry;
        Ok(())
    }

    /// Adds a chain, as [`Registry::with_chain`] does.
    ///
    /// # Errors
    ///
    /// As [`Registry::with_chain`], and then no change.
    pub fn add_chain(chain: ChainSpec) -> Result<(), ChainError> {
        let mut state = write();
        state.registry = state.registry.clone().with_chain(chain)?;
        Ok(())
    }

    /// The chosen chain at the endpoint in use.
    ///
    /// # Errors
    ///
    /// [`ChainError::Variable`], [`ChainError::VariableNotText`] or [`ChainError::DotEnv`] if
    /// something is left to a variable that cannot be used or looked for.
    pub fn current() -> Result<ChainSpec, ChainError> {
        snapshot().current(&Variables::of_process())
    }

    /// Forgets all that was set and loaded.
    pub fn reset() {
        *write() = State::default();
    }
}

/// A panic while the lock is held leaves no half-made change: every write is one assignment.
fn write() -> RwLockWriteGuard<'static, State> {
    STATE.write().unwrap_or_else(PoisonError::into_inner)
}

/// What is set now. Files are read outside of the lock: they may be slow.
fn snapshot() -> State {
    STATE.read().unwrap_or_else(PoisonError::into_inner).clone()
}

#[derive(Clone)]
struct State {
    registry: Registry,
    chain: Option<ChainId>,
    rpc_urls: BTreeMap<ChainId, Endpoint>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            registry: Registry::builtin(),
            chain: None,
            rpc_urls: BTreeMap::new(),
        }
    }
}

impl State {
    fn chain(&self, variables: &Variables) -> Result<&ChainSpec, ChainError> {
        self.registry.resolve_chain(self.chain, variables)
    }

    fn current(&self, variables: &Variables) -> Result<ChainSpec, ChainError> {
        let chain = self.chain(variables)?.id();
        let selection = Selection {
            chain: Some(chain),
            rpc_url: self.rpc_urls.get(&chain).cloned(),
        };
        self.registry.resolve(&selection, variables)
    }

    fn set_chain(&mut self, chain: ChainId) -> Result<(), ChainError> {
        self.registry.get(&chain)?;
        self.chain = Some(chain);
        Ok(())
    }

    fn set_rpc(&mut self, chain: ChainId, url: &str) -> Result<(), ChainError> {
        self.registry.get(&chain)?;
        let url = Endpoint::parse_http(url).map_err(|source| ChainError::RpcUrl { source })?;
        self.rpc_urls.insert(chain, url);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mainnet() -> Variables {
        let process = |name: &str| match name {
            "OGPU_CHAIN" => Some("OGPU_MAINNET".into()),
            _ => Some("http://variable".into()),
        };
        Variables::new(process, [])
    }

    fn rpc(state: &State) -> String {
        let spec = state.current(&mainnet()).unwrap();
        spec.rpc_url().to_string()
    }

    #[test]
    fn a_set_chain_outranks_the_variable() {
        let mut state = State::default();
        let spec = state.current(&mainnet()).unwrap();
        assert_eq!(spec.id(), ChainId::OGPU_MAINNET);
        state.set_chain(ChainId::OGPU_TESTNET).unwrap();
        let spec = state.current(&mainnet()).unwrap();
        assert_eq!(spec.id(), ChainId::OGPU_TESTNET);
    }

    #[test]
    fn a_set_endpoint_outranks_the_variable_for_its_own_chain_only() {
        let mut state = State::default();
        assert_eq!(rpc(&state), "http://variable");
        state.set_rpc(ChainId::OGPU_MAINNET, "http://set").unwrap();
        assert_eq!(rpc(&state), "http://set");
        state.set_chain(ChainId::OGPU_TESTNET).unwrap();
        assert_eq!(rpc(&state), "http://variable");
    }

    #[test]
    fn what_is_refused_changes_nothing() {
        let mut state = State::default();
        let moon = ChainId::new(7);
        assert!(state.set_chain(moon).is_err());
        assert!(state.set_rpc(moon, "http://set").is_err());
        assert!(state.set_rpc(ChainId::OGPU_MAINNET, "ws://set").is_err());
        assert_eq!(state.chain, None);
        assert!(state.rpc_urls.is_empty());
    }
}
