//! Who is whose provider, master and agent.
//!
//! Each is one round trip, and ends with [`Error::Read`](crate::Error::Read) or
//! [`Error::Rpc`](crate::Error::Rpc) when the node cannot answer.

use ogpu_chain::Contract;
use ogpu_contracts::terminal;
use ogpu_types::{Address, Hash32};

use super::Terminal;
use crate::{
    Read,
    handles::reader::{Reader, somebody},
    read::Target,
};

impl Terminal {
    /// The master that a provider is paired with; `None` while it is with none. One round trip.
    pub fn master_of(&self, provider: Address) -> Read<Option<Address>> {
        self.reader().value(
            "terminal.master_of",
            terminal::MasterOfCall(provider.into()),
            |master| somebody(master.0),
        )
    }

    /// The provider that a master is paired with, the last of them; `None` while it is with none.
    /// One round trip.
    pub fn provider_of(&self, master: Address) -> Read<Option<Address>> {
        self.reader().value(
            "terminal.provider_of",
            terminal::ProviderOfCall(master.into()),
            |provider| somebody(provider.0),
        )
    }

    /// What a provider says about itself that seldom changes, such as its hardware: usually a URL;
    /// empty when it has said nothing. One round trip.
    pub fn base_data_of(&self, provider: Address) -> Read<String> {
        self.reader().large().value(
            "terminal.base_data_of",
            terminal::BaseDataOfCall(provider.into()),
            |data| data.0,
        )
    }

    /// What a provider says about its state: usually a URL; empty when it has said nothing. One
    /// round trip.
    pub fn live_data_of(&self, provider: Address) -> Read<String> {
        self.reader().large().value(
            "terminal.live_data_of",
            terminal::LiveDataOfCall(provider.into()),
            |data| data.0,
        )
    }

    /// Whether an account has announced a provider. One round trip.
    pub fn is_master(&self, account: Address) -> Read<bool> {
        self.reader().value(
            "terminal.is_master",
            terminal::IsMasterCall(account.into()),
            |flag| flag.0,
        )
    }

    /// Whether an account has announced a master. One round trip.
    pub fn is_provider(&self, account: Address) -> Read<bool> {
        self.reader().value(
            "terminal.is_provider",
            terminal::IsProviderCall(account.into()),
            |flag| flag.0,
        )
    }

    /// Whether an account has named an agent, which may then publish and confirm for it. One round
    /// trip.
    pub fn is_agent_of(&self, account: Address, agent: Address) -> Read<bool> {
        self.reader().value(
            "terminal.is_agent_of",
            terminal::IsAgentOfCall(account.into(), agent.into()),
            |flag| flag.0,
        )
    }

    /// Whether an agent may act for a master: because the master has named it, or because it is the
    /// network's own, which acts for all masters that have not disabled that. One round trip.
    pub fn is_agent_of_master(&self, master: Address, agent: Address) -> Read<bool> {
        self.reader().value(
            "terminal.is_agent_of_master",
            terminal::GetIsAgentOfCall {
                master: master.into(),
                agent: agent.into(),
            },
            |flag| flag.0,
        )
    }

    /// Whether an account has forbidden the network's own agent to act for it. One round trip.
    pub fn is_default_agent_disabled(&self, account: Address) -> Read<bool> {
        self.reader().value(
            "terminal.is_default_agent_disabled",
            terminal::DefaultAgentDisabledCall(account.into()),
            |flag| flag.0,
        )
    }

    /// The role that the terminal takes providers to have: see
    /// [`Manager::has_role`](crate::handles::Manager::has_role). One round trip.
    pub fn provider_role(&self) -> Read<Hash32> {
        self.reader()
            .value("terminal.provider_role", terminal::ProviderCall, |found| {
                found.0.into()
            })
    }

    /// The manager's address. One round trip.
    pub fn manager(&self) -> Read<Address> {
        self.reader()
            .value("terminal.manager", terminal::ManagerCall, |found| {
                found.0.into()
            })
    }

    /// The vault's address. One round trip.
    pub fn vault(&self) -> Read<Address> {
        self.reader()
            .value("terminal.vault", terminal::VaultCall, |found| {
                found.0.into()
            })
    }

    /// The account that administers it. One round trip.
    pub fn owner(&self) -> Read<Address> {
        self.reader()
            .value("terminal.owner", terminal::OwnerCall, |found| {
                found.0.into()
            })
    }

    fn reader(&self) -> Reader<'_> {
        let at = self.client.contract(Contract::Terminal);
        Reader::new(&self.client, Target::At(at))
    }
}
