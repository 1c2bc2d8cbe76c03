//! What a source tells about itself.
//!
//! Each is one round trip, and ends with [`Error::SourceNotFound`] when there is no source at the
//! address, and with [`Error::Read`] or [`Error::Rpc`] when the node cannot answer.

use ogpu_contracts::{ConvertError, source};
use ogpu_types::{Address, Environment, SourceParams, SourceStatus};

use super::Source;
use crate::{
    Error, Read,
    handles::{
        Provider, Task,
        reader::{Reader, count, somebody},
    },
};

impl Source {
    /// The account that published it: the one that may update and inactivate it. One round trip.
    pub fn client_account(&self) -> Read<Address> {
        let call = source::GetClientCall;
        self.reader()
            .value("source.client", call, |client| client.0.into())
    }

    /// Whether it takes tasks. One round trip.
    pub fn status(&self) -> Read<SourceStatus> {
        let kind = source::GetRegistrantCountCall;
        self.reader()
            .checked("source.status", kind, source::GetStatusCall, |status| {
                SourceStatus::try_from(status.0)
            })
    }

    /// Its parameters, as they were last set. One round trip.
    pub fn params(&self) -> Read<SourceParams> {
        let call = source::GetSourceParamsCall;
        self.reader()
            .large()
            .converted("source.params", call, |params| {
                SourceParams::try_from(params.0)
            })
    }

    /// How many tasks were ever published to it. One round trip.
    pub fn task_count(&self) -> Read<u64> {
        let call = source::GetTaskCountCall;
        self.reader()
            .value("source.task_count", call, |tasks| count(tasks.0))
    }

    /// How many places its list of registered providers has, those that were left included. One round
    /// trip.
    pub fn registrant_count(&self) -> Read<u64> {
        let call = source::GetRegistrantCountCall;
        self.reader()
            .value("source.registrant_count", call, |found| count(found.0))
    }

    /// The number that a provider is registered with, from 1; `None` when it is not registered. One
    /// round trip.
    pub fn registrant_id(&self, provider: Address) -> Read<Option<u64>> {
        let call = source::GetRegistrantIdCall {
            provider: provider.into(),
        };
        self.reader().value("source.registrant_id", call, |id| {
            Some(count(id.0)).filter(|id| *id > 0)
        })
    }

    /// What a provider is registered to run it on; empty when it is not registered. One round trip.
    pub fn preferred_environment_of(&self, provider: Address) -> Read<Environment> {
        let call = source::PreferredEnvironmentOfCall(provider.into());
        self.reader()
            .converted("source.preferred_environment_of", call, |bits| {
                Environment::try_from(bits.0)
            })
    }

    /// The nexus that it belongs to. One round trip.
    pub fn nexus(&self) -> Read<Address> {
        let kind = source::GetRegistrantCountCall;
        self.reader()
            .checked("source.nexus", kind, source::NexusCall, |nexus| {
                Ok::<_, ConvertError>(nexus.0.into())
            })
    }

    /// The contract that may change it: the nexus. For the account behind it, see
    /// [`client_account`](Self::client_account). One round trip.
    pub fn owner(&self) -> Read<Address> {
        let kind = source::GetRegistrantCountCall;
        self.reader()
            .checked("source.owner", kind, source::OwnerCall, |owner| {
                Ok::<_, ConvertError>(owner.0.into())
            })
    }

    /// The task at a place of its list, from 0; `None` past the last, and where the place is empty.
    /// One round trip. Many are read with [`tasks`](Self::tasks).
    pub fn task_at(&self, place: u64) -> Read<Option<Task>> {
        let client = self.client.clone();
        let (kind, call) = (source::GetTaskCountCall, source::TasksCall(place.into()));
        self.reader()
            .item("source.task_at", kind, call, move |task| {
                somebody(task.0).map(|task| client.task(task))
            })
    }

    /// The provider at a place of its list, from 0; `None` past the last, and where one has left. One
    /// round trip. Many are read with [`registrants`](Self::registrants).
    pub fn registrant_at(&self, place: u64) -> Read<Option<Provider>> {
        let client = self.client.clone();
        let kind = source::GetRegistrantCountCall;
        let call = source::RegistrantsCall(place.into());
        self.reader()
            .item("source.registrant_at", kind, call, move |provider| {
                somebody(provider.0).map(|provider| client.provider(provider))
            })
    }

    pub(in crate::handles) fn reader(&self) -> Reader<'_> {
        Reader::or_absent(&self.client, self.address.into(), absent)
    }
}

pub(super) fn absent(address: Address) -> Error {
    Error::SourceNotFound {
        address: address.into(),
    }
}
