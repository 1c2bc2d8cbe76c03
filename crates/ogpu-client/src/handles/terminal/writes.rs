//! Agents: who may sign for the account that signs here.

use ogpu_chain::Contract;
use ogpu_contracts::terminal;
use ogpu_types::{Address, Receipt};

use super::Terminal;
use crate::{Role, Write, contract_write::ContractWrite, handles::agents};

impl Terminal {
    /// Allows an agent to act for the signer, or forbids it: for a client on its tasks, for a master
    /// on its providers.
    ///
    /// The signer is the client or the master itself; defaults to `CLIENT_PRIVATE_KEY`. With
    /// `MASTER_PRIVATE_KEY`: [`Master::set_agent`](super::super::Master::set_agent).
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](crate::Error::Invalid) for the zero address,
    /// [`Error::MayNotSetAgents`](crate::Error::MayNotSetAgents) for a provider,
    /// [`Error::Transaction`](crate::Error::Transaction).
    pub fn set_agent(&self, agent: Address, allowed: bool) -> Write<Receipt> {
        agents::set(agent, allowed).write(&self.client)
    }

    /// [`set_agent`](Self::set_agent) that forbids.
    ///
    /// # Errors
    ///
    /// As [`set_agent`](Self::set_agent).
    pub fn revoke_agent(&self, agent: Address) -> Write<Receipt> {
        self.set_agent(agent, false)
    }

    /// Keeps the network's own scheduler from acting for the signer's account, or lets it again.
    ///
    /// The signer sets its own flag; defaults to `PROVIDER_PRIVATE_KEY`. Whether the network looks at
    /// a provider's flag or at its master's is not published.
    ///
    /// # Errors
    ///
    /// [`Error::ProviderNotFound`](crate::Error::ProviderNotFound) or
    /// [`Error::MasterNotFound`](crate::Error::MasterNotFound) where the network keeps the flag for
    /// one of them, [`Error::Transaction`](crate::Error::Transaction).
    pub fn set_default_agent_disabled(&self, disabled: bool) -> Write<Receipt> {
        let call = terminal::SetDefaultAgentDisabledCall { value: disabled };
        ContractWrite::new("set_default_agent_disabled", Contract::Terminal, call)
            .role(Role::Provider)
            .write(&self.client)
    }
}
