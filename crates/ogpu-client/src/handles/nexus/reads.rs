//! All sources of the network, and what the nexus works with.
//!
//! Each is one round trip, and ends with [`Error::Read`](crate::Error::Read) or
//! [`Error::Rpc`](crate::Error::Rpc) when the node cannot answer.

use ogpu_chain::Contract;
use ogpu_contracts::{ContractCall, nexus};
use ogpu_types::{Address, Hash32, SourceAddress};

use super::Nexus;
use crate::{
    Read,
    handles::{
        Source,
        reader::{Reader, count, somebody},
    },
    read::Target,
};

impl Nexus {
    /// How many sources were ever published. One round trip.
    pub fn source_count(&self) -> Read<u64> {
        self.reader()
            .value("nexus.source_count", nexus::GetSourceCountCall, |sources| {
                count(sources.0)
            })
    }

    /// The number of a source, from 1; `None` when the network has no such source. One round trip.
    pub fn source_id(&self, source: impl Into<SourceAddress>) -> Read<Option<u64>> {
        self.reader().value(
            "nexus.source_id",
            nexus::GetSourceIdCall {
                source: source.into().into(),
            },
            |id| Some(count(id.0)).filter(|id| *id > 0),
        )
    }

    /// How many of a client's sources are active. One round trip.
    pub fn active_source_count(&self, client: Address) -> Read<u64> {
        self.reader().value(
            "nexus.active_source_count",
            nexus::GetActiveSourceCountCall {
                client: client.into(),
            },
            |sources| count(sources.0),
        )
    }

    /// Whether an account may act as the controller. One round trip.
    pub fn is_controller(&self, account: Address) -> Read<bool> {
        self.reader().value(
            "nexus.is_controller",
            nexus::CheckControllerCall {
                account: account.into(),
            },
            |flag| flag.0,
        )
    }

    /// The role of controllers: see [`Manager::has_role`](crate::handles::Manager::has_role). One
    /// round trip.
    pub fn controller_role(&self) -> Read<Hash32> {
        self.reader()
            .value("nexus.controller_role", nexus::ControllerCall, |found| {
                found.0.into()
            })
    }

    /// The role of providers: see [`Manager::has_role`](crate::handles::Manager::has_role). One
    /// round trip.
    pub fn provider_role(&self) -> Read<Hash32> {
        self.reader()
            .value("nexus.provider_role", nexus::ProviderCall, |found| {
                found.0.into()
            })
    }

    /// The manager's address. One round trip.
    pub fn manager(&self) -> Read<Address> {
        self.reader()
            .value("nexus.manager", nexus::ManagerCall, |found| found.0.into())
    }

    /// The terminal's address. One round trip.
    pub fn terminal(&self) -> Read<Address> {
        self.reader()
            .value("nexus.terminal", nexus::TerminalCall, |found| {
                found.0.into()
            })
    }

    /// The vault's address. One round trip.
    pub fn vault(&self) -> Read<Address> {
        self.reader()
            .value("nexus.vault", nexus::VaultCall, |found| found.0.into())
    }

    /// The account that administers it. One round trip.
    pub fn owner(&self) -> Read<Address> {
        self.reader()
            .value("nexus.owner", nexus::OwnerCall, |found| found.0.into())
    }

    fn reader(&self) -> Reader<'_> {
        let at = self.client.contract(Contract::Nexus);
        Reader::new(&self.client, Target::At(at))
    }

    /// The source at a place of the network's list, from 0; `None` past the last. One round trip. Many
    /// are read with [`sources`](Self::sources).
    pub fn source_at(&self, place: u64) -> Read<Option<Source>> {
        let client = self.client.clone();
        let call = nexus::SourcesCall(place.into());
        self.item("nexus.source_at", call, move |source| {
            somebody(source.0).map(|source| client.source(source))
        })
    }

    /// The client at a place of the list of all that have published a source, from 0; `None` past the
    /// last. One round trip.
    pub fn client_at(&self, place: u64) -> Read<Option<Address>> {
        let call = nexus::ClientsCall(place.into());
        self.item("nexus.client_at", call, |client| somebody(client.0))
    }

    /// The source at a place of a client's list, from 0; `None` past the last. One round trip. Many
    /// are read with [`sources_of`](Self::sources_of).
    pub fn source_of_at(&self, client: Address, place: u64) -> Read<Option<Source>> {
        let handles = self.client.clone();
        let call = nexus::SourcesOfCall(client.into(), place.into());
        self.item("nexus.source_of_at", call, move |source| {
            somebody(source.0).map(|source| handles.source(source))
        })
    }

    fn item<C: ContractCall + Send + 'static, T: Send + 'static>(
        &self,
        name: &'static str,
        call: C,
        make: impl FnOnce(C::Output) -> Option<T> + Send + 'static,
    ) -> Read<Option<T>> {
        // What only the nexus has tells an empty place from a chain without a nexus.
        let kind = nexus::GetSourceCountCall;
        self.reader().item(name, kind, call, make)
    }
}
