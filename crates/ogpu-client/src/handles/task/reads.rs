//! What a task tells about itself.
//!
//! Each is one round trip, and ends with [`Error::TaskNotFound`] when there is no task at the address,
//! and with [`Error::Read`] or [`Error::Rpc`] when the node cannot answer.

use ogpu_contracts::{ConvertError, convert::seconds, task};
use ogpu_types::{Address, DeliveryMethod, Hash32, TaskParams, TaskStatus, Wei};

use super::Task;
use crate::{
    Error, Read,
    handles::{
        Provider, Response, Source,
        reader::{Reader, count, somebody},
    },
};

impl Task {
    /// The source that it was published to. One round trip.
    pub fn source(&self) -> Read<Source> {
        let client = self.client.clone();
        let call = task::GetSourceCall;
        self.reader()
            .value("task.source", call, move |source| client.source(source.0))
    }

    /// Where it stands. One round trip.
    pub fn status(&self) -> Read<TaskStatus> {
        let kind = task::GetAttemptCountCall;
        self.reader()
            .checked("task.status", kind, task::GetStatusCall, |status| {
                TaskStatus::try_from(status.0)
            })
    }

    /// The parameters that it was published with. One round trip.
    pub fn params(&self) -> Read<TaskParams> {
        self.reader()
            .large()
            .value("task.params", task::TaskParamsCall, TaskParams::from)
    }

    /// What it pays, in wei. One round trip.
    pub fn payment(&self) -> Read<Wei> {
        let call = task::GetPaymentCall;
        self.reader()
            .value("task.payment", call, |payment| payment.0.into())
    }

    /// Until when it may be attempted, in unix seconds. One round trip.
    pub fn expiry_time(&self) -> Read<u64> {
        let call = task::GetExpiryTimeCall;
        self.reader()
            .value("task.expiry_time", call, |time| seconds(time.0))
    }

    /// How the response that is paid is chosen: what its source said when it was published. One round
    /// trip.
    pub fn delivery_method(&self) -> Read<DeliveryMethod> {
        let call = task::GetDeliveryMethodCall;
        self.reader()
            .converted("task.delivery_method", call, |method| {
                DeliveryMethod::try_from(method.0)
            })
    }

    /// How many providers have attempted it. One round trip.
    pub fn attempt_count(&self) -> Read<u64> {
        let call = task::GetAttemptCountCall;
        self.reader()
            .value("task.attempt_count", call, |attempts| count(attempts.0))
    }

    /// The number of a provider's attempt, from 1; `None` when it has not attempted the task. One
    /// round trip.
    pub fn attempter_id(&self, provider: Address) -> Read<Option<u64>> {
        let call = task::GetAttempterIdCall {
            provider: provider.into(),
        };
        self.reader().value("task.attempter_id", call, |id| {
            Some(count(id.0)).filter(|id| *id > 0)
        })
    }

    /// A provider's response; `None` when it has not responded. One round trip.
    pub fn response_of(&self, provider: Address) -> Read<Option<Response>> {
        let client = self.client.clone();
        let call = task::ResponseOfCall(provider.into());
        self.reader()
            .value("task.response_of", call, move |response| {
                somebody(response.0).map(|response| client.response(response))
            })
    }

    /// The provider that was paid; `None` while none is. One round trip.
    pub fn winning_provider(&self) -> Read<Option<Provider>> {
        let client = self.client.clone();
        let call = task::WinningProviderCall;
        self.reader()
            .value("task.winning_provider", call, move |provider| {
                somebody(provider.0).map(|provider| client.provider(provider))
            })
    }

    /// Whether a payload with this hash was submitted to it already. One round trip.
    pub fn is_already_submitted(&self, hash: Hash32) -> Read<bool> {
        let call = task::IsAlreadySubmittedCall(hash.into());
        self.reader()
            .value("task.is_already_submitted", call, |submitted| submitted.0)
    }

    /// The contract that may change it. One round trip.
    pub fn owner(&self) -> Read<Address> {
        let kind = task::GetAttemptCountCall;
        self.reader()
            .checked("task.owner", kind, task::OwnerCall, |owner| {
                Ok::<_, ConvertError>(owner.0.into())
            })
    }

    /// The provider at a place of its attempts, from 0; `None` past the last. One round trip. Many are
    /// read with [`attempts`](Self::attempts).
    pub fn attempter_at(&self, place: u64) -> Read<Option<Provider>> {
        let client = self.client.clone();
        let kind = task::GetAttemptCountCall;
        let call = task::AttemptersCall(place.into());
        self.reader()
            .item("task.attempter_at", kind, call, move |provider| {
                somebody(provider.0).map(|provider| client.provider(provider))
            })
    }

    /// When the attempt at a place was made, in unix seconds; `None` past the last. One round trip.
    /// Many are read with [`attempts`](Self::attempts).
    pub fn attempt_timestamp_at(&self, place: u64) -> Read<Option<u64>> {
        let kind = task::GetAttemptCountCall;
        let call = task::AttemptTimestampsCall(place.into());
        self.reader()
            .item("task.attempt_timestamp_at", kind, call, |time| {
                Some(seconds(time.0))
            })
    }

    pub(in crate::handles) fn reader(&self) -> Reader<'_> {
        Reader::or_absent(&self.client, self.address.into(), absent)
    }
}

pub(super) fn absent(address: Address) -> Error {
    Error::TaskNotFound {
        address: address.into(),
    }
}
