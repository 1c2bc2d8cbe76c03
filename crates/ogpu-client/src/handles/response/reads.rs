//! What a response tells about itself.
//!
//! Each is one round trip, and ends with [`Error::ResponseNotFound`] when there is no response at the
//! address, and with [`Error::Read`] or [`Error::Rpc`] when the node cannot answer.

use ogpu_contracts::{ConvertError, convert::seconds, response};
use ogpu_types::{Address, ResponseParams, ResponseStatus};

use super::Response;
use crate::{
    Error, Read,
    handles::{Provider, Task, reader::Reader},
};

impl Response {
    /// The task that it answers. One round trip.
    pub fn task(&self) -> Read<Task> {
        let client = self.client.clone();
        self.with_params("response.task", move |params| client.task(params.task))
    }

    /// The provider that submitted it. One round trip.
    pub fn provider(&self) -> Read<Provider> {
        let client = self.client.clone();
        self.with_params("response.provider", move |params| {
            client.provider(params.provider)
        })
    }

    /// What it was submitted with. One round trip.
    pub fn params(&self) -> Read<ResponseParams> {
        self.with_params("response.params", |params| params)
    }

    /// The result: usually the URL where it is pinned, sometimes the payload itself. One round trip.
    pub fn data(&self) -> Read<String> {
        self.with_params("response.data", |params| params.data)
    }

    /// Whether it is the confirmed one. One round trip.
    pub fn status(&self) -> Read<ResponseStatus> {
        let kind = response::ResponseTimestampCall;
        self.reader()
            .checked("response.status", kind, response::GetStatusCall, |status| {
                ResponseStatus::try_from(status.0)
            })
    }

    /// When it was submitted, in unix seconds. One round trip.
    pub fn timestamp(&self) -> Read<u64> {
        let call = response::ResponseTimestampCall;
        self.reader()
            .value("response.timestamp", call, |time| seconds(time.0))
    }

    /// Whether the client, or the delivery method, confirmed it. One round trip.
    pub fn is_confirmed(&self) -> Read<bool> {
        let call = response::ConfirmedFinalCall;
        self.reader()
            .value("response.is_confirmed", call, |confirmed| confirmed.0)
    }

    /// The contract that may change it. One round trip.
    pub fn owner(&self) -> Read<Address> {
        let kind = response::ResponseTimestampCall;
        self.reader()
            .checked("response.owner", kind, response::OwnerCall, |owner| {
                Ok::<_, ConvertError>(owner.0.into())
            })
    }

    fn with_params<T: Send + 'static>(
        &self,
        name: &'static str,
        make: impl FnOnce(ResponseParams) -> T + Send + 'static,
    ) -> Read<T> {
        let call = response::GetResponseParamsCall;
        self.reader()
            .large()
            .value(name, call, |params| make(params.0.into()))
    }

    pub(in crate::handles) fn reader(&self) -> Reader<'_> {
        Reader::or_absent(&self.client, self.address.into(), |address| {
            Error::ResponseNotFound {
                address: address.into(),
            }
        })
    }
}
