//! All of a response at one block.

use ogpu_contracts::{convert::seconds, response};
use ogpu_types::{Address, ResponseAddress, ResponseParams, ResponseSnapshot, ResponseStatus};

use super::Response;
use crate::{
    Client, Error, Read, ReadError,
    handles::reader::known,
    read::{Cost, Finish, ReadSet, Target},
};

impl Response {
    /// All that the chain knows of it, at one block. One round trip.
    ///
    /// # Errors
    ///
    /// [`Error::ResponseNotFound`] when there is no response at the address, [`Error::Read`] and
    /// [`Error::Rpc`] when the node cannot answer.
    pub fn snapshot(&self) -> Read<ResponseSnapshot> {
        let target = Target::At(self.address.into());
        Read::new(&self.client, "response.snapshot", target, plan)
    }
}

impl Client {
    /// Snapshots of many responses, all at one block, in their order: a result for each. One round
    /// trip for about 1,000.
    ///
    /// # Errors
    ///
    /// [`Error::Rpc`] when the node cannot answer at all. What is wrong with one of the responses is
    /// its own result's error, as of [`Response::snapshot`].
    pub fn response_snapshots(
        &self,
        responses: &[ResponseAddress],
    ) -> Read<Vec<Result<ResponseSnapshot, Error>>> {
        let addresses = responses
            .iter()
            .map(|response| response.address())
            .collect();
        Read::each(self, "response_snapshots", addresses, plan)
    }
}

pub(in crate::handles) fn plan(set: &mut ReadSet, address: Address) -> Finish<ResponseSnapshot> {
    let block = set.block();
    let params = set.add_costing(address, response::GetResponseParamsCall, Cost::STRUCT);
    let status = set.add(address, response::GetStatusCall);
    let timestamp = set.add(address, response::ResponseTimestampCall);
    let confirmed = set.add(address, response::ConfirmedFinalCall);
    Box::new(move |answers| {
        let absent = |error: ReadError| {
            error.or_absent(Error::ResponseNotFound {
                address: address.into(),
            })
        };
        let timestamp = answers.take(timestamp).map_err(absent)?;
        let params = ResponseParams::from(answers.take(params).map_err(absent)?.0);
        let status = answers.take(status).map_err(absent)?;
        let confirmed = answers.take(confirmed).map_err(absent)?;
        Ok(ResponseSnapshot {
            address: address.into(),
            task: params.task,
            data: params.data.clone(),
            params,
            status: known::<response::GetStatusCall, ResponseStatus>(address, status.0)?,
            timestamp: seconds(timestamp.0),
            confirmed: confirmed.0,
            block: answers.block(&block),
        })
    })
}
