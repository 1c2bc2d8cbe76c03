//! All of a source at one block.

use ogpu_contracts::source;
use ogpu_types::{Address, SourceAddress, SourceParams, SourceSnapshot, SourceStatus};

use super::Source;
use crate::{
    Client, Error, Read, ReadError,
    handles::reader::{count, known},
    read::{Cost, Finish, ReadSet, Target},
};

impl Source {
    /// All that the chain knows of it but its lists, at one block. One round trip.
    ///
    /// # Errors
    ///
    /// [`Error::SourceNotFound`] when there is no source at the address, [`Error::Read`] and
    /// [`Error::Rpc`] when the node cannot answer.
    pub fn snapshot(&self) -> Read<SourceSnapshot> {
        let target = Target::At(self.address.into());
        Read::new(&self.client, "source.snapshot", target, plan)
    }
}

impl Client {
    /// Snapshots of many sources, all at one block, in their order: a result for each. One round
    /// trip for about 1,000.
    ///
    /// # Errors
    ///
    /// [`Error::Rpc`] when the node cannot answer at all. What is wrong with one of the sources is
    /// its own result's error, as of [`Source::snapshot`].
    pub fn source_snapshots(
        &self,
        sources: &[SourceAddress],
    ) -> Read<Vec<Result<SourceSnapshot, Error>>> {
        let addresses = sources.iter().map(|source| source.address()).collect();
        Read::each(self, "source_snapshots", addresses, plan)
    }
}

fn plan(set: &mut ReadSet, address: Address) -> Finish<SourceSnapshot> {
    let block = set.block();
    let client = set.add(address, source::GetClientCall);
    let status = set.add(address, source::GetStatusCall);
    let params = set.add_costing(address, source::GetSourceParamsCall, Cost::STRUCT);
    let task_count = set.add(address, source::GetTaskCountCall);
    let registrant_count = set.add(address, source::GetRegistrantCountCall);
    Box::new(move |answers| {
        let absent = |error: ReadError| {
            error.or_absent(Error::SourceNotFound {
                address: address.into(),
            })
        };
        let client = answers.take(client).map_err(absent)?;
        let status = answers.take(status).map_err(absent)?;
        let params = answers.take(params).map_err(absent)?;
        let task_count = answers.take(task_count).map_err(absent)?;
        let registrant_count = answers.take(registrant_count).map_err(absent)?;
        Ok(SourceSnapshot {
            address: address.into(),
            client: client.0.into(),
            status: known::<source::GetStatusCall, SourceStatus>(address, status.0)?,
            params: known::<source::GetSourceParamsCall, SourceParams>(address, params.0)?,
            task_count: count(task_count.0),
            registrant_count: count(registrant_count.0),
            block: answers.block(&block),
        })
    })
}
