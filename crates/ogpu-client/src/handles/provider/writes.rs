//! What a provider does.

use ogpu_chain::Contract;
use ogpu_contracts::terminal;
use ogpu_types::{Address, Environment, Receipt, SourceAddress, TaskAddress, Wei};

use super::Provider;
use crate::{
    Role, Write,
    contract_write::{ContractWrite, Fault},
    handles::scheduling,
};

impl Provider {
    /// Registers the provider to run a source, in one of the environments that the source has an
    /// image for.
    ///
    /// The signer is the provider, its master, or an agent of the master; defaults to
    /// `PROVIDER_PRIVATE_KEY`.
    ///
    /// # Errors
    ///
    /// [`Error::SourceNotFound`](crate::Error::SourceNotFound),
    /// [`Error::SourceInactive`](crate::Error::SourceInactive),
    /// [`Error::NotProvider`](crate::Error::NotProvider),
    /// [`Error::InsufficientLockup`](crate::Error::InsufficientLockup),
    /// [`Error::NotEligible`](crate::Error::NotEligible),
    /// [`Error::Transaction`](crate::Error::Transaction).
    pub fn register(
        &self,
        source: impl Into<SourceAddress>,
        environment: Environment,
    ) -> Write<Receipt> {
        scheduling::register(source.into(), self.address, environment)
            .role(Role::Provider)
            .write(&self.client)
    }

    /// Undoes [`register`](Self::register).
    ///
    /// The signer is the provider, its master, or an agent of the master; defaults to
    /// `PROVIDER_PRIVATE_KEY`.
    ///
    /// # Errors
    ///
    /// [`Error::SourceNotFound`](crate::Error::SourceNotFound),
    /// [`Error::NotProvider`](crate::Error::NotProvider),
    /// [`Error::Transaction`](crate::Error::Transaction), such as for one that is not registered.
    pub fn unregister(&self, source: impl Into<SourceAddress>) -> Write<Receipt> {
        scheduling::unregister(source.into(), self.address)
            .role(Role::Provider)
            .write(&self.client)
    }

    /// Says that the provider works on a task. `suggested_payment`, in wei, is advice to the client:
    /// the task's own payment is what is paid.
    ///
    /// After the task's expiry time the chain may take the call and set the task EXPIRED instead: the
    /// receipt then has no `Attempted` event.
    ///
    /// The signer is the provider, its master, or an agent of the master; defaults to
    /// `PROVIDER_PRIVATE_KEY`.
    ///
    /// # Errors
    ///
    /// [`Error::TaskNotFound`](crate::Error::TaskNotFound),
    /// [`Error::TaskExpired`](crate::Error::TaskExpired),
    /// [`Error::TaskFinalized`](crate::Error::TaskFinalized),
    /// [`Error::WrongTaskStatus`](crate::Error::WrongTaskStatus),
    /// [`Error::NotProvider`](crate::Error::NotProvider),
    /// [`Error::NotEligible`](crate::Error::NotEligible),
    /// [`Error::Transaction`](crate::Error::Transaction).
    pub fn attempt(&self, task: impl Into<TaskAddress>, suggested_payment: Wei) -> Write<Receipt> {
        scheduling::attempt(task.into(), self.address, suggested_payment)
            .role(Role::Provider)
            .write(&self.client)
    }

    /// Names the provider's master: its half of their pairing, of which the master's is
    /// [`Master::announce_provider`](super::super::Master::announce_provider).
    ///
    /// The signer is the provider itself; defaults to `PROVIDER_PRIVATE_KEY`.
    ///
    /// # Errors
    ///
    /// [`Error::WrongSigner`](crate::Error::WrongSigner), [`Error::Invalid`](crate::Error::Invalid)
    /// for the zero address, [`Error::Transaction`](crate::Error::Transaction), such as for one that
    /// has a master.
    pub fn announce_master(&self, master: Address) -> Write<Receipt> {
        let call = terminal::AnnounceMasterCall {
            master: master.into(),
        };
        ContractWrite::new("announce_master", Contract::Terminal, call)
            .role(Role::Provider)
            .only_by(self.address)
            .refuse_if(master.is_zero(), Fault::ZeroAddress { field: "master" })
            .write(&self.client)
    }
}
