//! What an agent does for the providers of a master that set it.

use ogpu_types::{Address, Environment, Receipt, SourceAddress, TaskAddress, Wei};

use super::Agent;
use crate::{Role, Write, handles::scheduling};

impl Agent {
    /// Registers a provider to run a source, as
    /// [`Provider::register`](super::super::Provider::register) does.
    ///
    /// The signer is an agent of the provider's master; defaults to `AGENT_PRIVATE_KEY`.
    ///
    /// # Errors
    ///
    /// As [`Provider::register`](super::super::Provider::register).
    pub fn register_to(
        &self,
        source: impl Into<SourceAddress>,
        provider: Address,
        environment: Environment,
    ) -> Write<Receipt> {
        scheduling::register(source.into(), provider, environment)
            .role(Role::Agent)
            .write(&self.client)
    }

    /// Undoes [`register_to`](Self::register_to).
    ///
    /// The signer is an agent of the provider's master; defaults to `AGENT_PRIVATE_KEY`.
    ///
    /// # Errors
    ///
    /// As [`Provider::unregister`](super::super::Provider::unregister).
    pub fn unregister_from(
        &self,
        source: impl Into<SourceAddress>,
        provider: Address,
    ) -> Write<Receipt> {
        scheduling::unregister(source.into(), provider)
            .role(Role::Agent)
            .write(&self.client)
    }

    /// Says that a provider works on a task, as [`Provider::attempt`](super::super::Provider::attempt)
    /// does. What it answers has to come from the provider itself.
    ///
    /// The signer is an agent of the provider's master; defaults to `AGENT_PRIVATE_KEY`.
    ///
    /// # Errors
    ///
    /// As [`Provider::attempt`](super::super::Provider::attempt).
    pub fn attempt(
        &self,
        task: impl Into<TaskAddress>,
        provider: Address,
        suggested_payment: Wei,
    ) -> Write<Receipt> {
        scheduling::attempt(task.into(), provider, suggested_payment)
            .role(Role::Agent)
            .write(&self.client)
    }
}
