//! What a master does with its providers.
//!
//! The terminal acts for whoever calls, so that each of these is the master's own call.

use ogpu_chain::Contract;
use ogpu_contracts::{ContractCall, terminal};
use ogpu_types::{Address, Receipt, SourceAddress, Wei};

use super::Master;
use crate::{
    Role, Write,
    contract_write::{ContractWrite, Fault},
    handles::agents,
    refusal::Subject,
};

impl Master {
    /// Names a provider as the master's, and adds `amount` wei of the signer's own coins to its
    /// lockup, which may be zero. The provider's half of their pairing is
    /// [`Provider::announce_master`](super::super::Provider::announce_master).
    ///
    /// The signer is the master itself; defaults to `MASTER_PRIVATE_KEY`.
    ///
    /// # Errors
    ///
    /// [`Error::WrongSigner`](crate::Error::WrongSigner), [`Error::Invalid`](crate::Error::Invalid)
    /// for the zero address, [`Error::Transaction`](crate::Error::Transaction).
    pub fn announce_provider(&self, provider: Address, amount: Wei) -> Write<Receipt> {
        let call = terminal::AnnounceProviderCall {
            provider: provider.into(),
            amount: amount.into(),
        };
        self.own("announce_provider", call)
            .refuse_if(provider.is_zero(), Fault::ZeroAddress { field: "provider" })
            .value(amount)
            .write(&self.client)
    }

    /// Ends the pairing with a provider, or takes back its announcement.
    ///
    /// The signer is the master itself; defaults to `MASTER_PRIVATE_KEY`.
    ///
    /// # Errors
    ///
    /// [`Error::WrongSigner`](crate::Error::WrongSigner),
    /// [`Error::NotMaster`](crate::Error::NotMaster),
    /// [`Error::Transaction`](crate::Error::Transaction).
    pub fn remove_provider(&self, provider: Address) -> Write<Receipt> {
        let call = terminal::RemoveProviderCall {
            provider: provider.into(),
        };
        self.own("remove_provider", call)
            .about(Subject::provider(provider))
            .write(&self.client)
    }

    /// Asks a provider's machine to stop a source. It is an event and nothing more: the provider's
    /// software acts on it, and the provider stays registered.
    ///
    /// The signer is the master itself; defaults to `MASTER_PRIVATE_KEY`.
    ///
    /// # Errors
    ///
    /// [`Error::WrongSigner`](crate::Error::WrongSigner),
    /// [`Error::NotMaster`](crate::Error::NotMaster),
    /// [`Error::Transaction`](crate::Error::Transaction).
    pub fn remove_container(
        &self,
        provider: Address,
        source: impl Into<SourceAddress>,
    ) -> Write<Receipt> {
        let call = terminal::RemoveContainerCall {
            provider: provider.into(),
            source: source.into().into(),
        };
        self.own("remove_container", call)
            .about(Subject::provider(provider))
            .write(&self.client)
    }

    /// Allows an agent to act for the master's providers, or forbids it, as
    /// [`Terminal::set_agent`](super::super::Terminal::set_agent) does.
    ///
    /// The signer is the master itself; defaults to `MASTER_PRIVATE_KEY`.
    ///
    /// # Errors
    ///
    /// [`Error::WrongSigner`](crate::Error::WrongSigner), and as
    /// [`Terminal::set_agent`](super::super::Terminal::set_agent).
    pub fn set_agent(&self, agent: Address, allowed: bool) -> Write<Receipt> {
        agents::set(agent, allowed)
            .role(Role::Master)
            .only_by(self.address)
            .write(&self.client)
    }

    fn own(&self, name: &'static str, call: impl ContractCall) -> ContractWrite {
        ContractWrite::new(name, Contract::Terminal, call)
            .role(Role::Master)
            .only_by(self.address)
    }
}
