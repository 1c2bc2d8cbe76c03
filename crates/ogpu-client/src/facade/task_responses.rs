//! `get_task_responses`.

use std::{
    ops::{Bound, RangeBounds},
    time::Duration,
};

use ogpu_contracts::{response, task};
use ogpu_types::{Address, Response, ResponseAddress, ResponseParams, ResponseStatus, TaskAddress};

use crate::{
    Client, Error, ReadError, RetryPolicy,
    deadline::Deadline,
    read::{contract_call, decode, unknown_value},
    retry::{Advice, with_retries},
    rpc::{Answer, BlockId, Quantity},
};

/// Addresses in one call: their ABI coding is well below what nodes answer.
const PAGE: u64 = 500;
/// Places in one call of the client: a contract may claim to have any number of them.
const MOST_PLACES: u64 = 100_000;
/// Reading starts over when two answers contradict each other: while a block is being made, a node
/// may answer for the old head's number with the new head's state.
const RESTARTS: RetryPolicy = RetryPolicy {
    tries: 5,
    backoff: Duration::from_millis(20),
    max_backoff: Duration::from_millis(200),
};
/// The reads that make up one response.
const READS: usize = 4;

impl Client {
    /// Reads a task's responses: all of them (`..`), or those at some places (`5..10`, half-open).
    ///
    /// Places count the providers that attempted the task, from 0, in the order of their attempts.
    /// A provider that has not responded has a place but no response, so that fewer responses than
    /// places may come back. Places past the last are no error.
    ///
    /// Round trips: two for the head and the number of places, then for each 500 places one for
    /// their addresses and one for each 25 responses among them, up to four at a time. All reads
    /// refer to one block.
    ///
    /// ```no_run
    /// # async fn example(client: ogpu_client::Client, task: ogpu_client::types::TaskAddress) -> Result<(), ogpu_client::Error> {
    /// let all = client.get_task_responses(task, ..).await?;
    /// let first_ten = client.get_task_responses(task, 0..10).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::TaskNotFound`] when there is no task at the address, [`Error::TooManyPlaces`] when
    /// the range takes in more than 100,000 places, [`Error::Read`] and [`Error::Rpc`] when the node
    /// cannot answer.
    pub async fn get_task_responses(
        &self,
        task: impl Into<TaskAddress> + Send,
        range: impl RangeBounds<u64> + Send,
    ) -> Result<Vec<Response>, Error> {
        let (start, end) = half_open(&range);
        self.task_responses(task.into(), start, end).await
    }

    #[tracing::instrument(name = "get_task_responses", skip_all, fields(%task))]
    async fn task_responses(
        &self,
        task: TaskAddress,
        start: u64,
        end: u64,
    ) -> Result<Vec<Response>, Error> {
        let advice = |error: &Error| match error {
            Error::Read { source } if source.contradicts_earlier_answer() => {
                tracing::debug!(%task, "the node's head moved while it was read; starting over");
                Advice::Retry
            }
            _ => Advice::Final,
        };
        let pauses = Deadline::after(RESTARTS.longest(Duration::ZERO));
        with_retries(RESTARTS, pauses, advice, || {
            self.responses_at_head(task, start, end)
        })
        .await
        .map_err(|exhausted| exhausted.last)
    }

    /// Reads the responses at places `start..end` in the head's state.
    async fn responses_at_head(
        &self,
        task: TaskAddress,
        start: u64,
        end: u64,
    ) -> Result<Vec<Response>, Error> {
        let head: Quantity = self
            .rpc()
            .call("eth_blockNumber", ())
            .await
            .map_err(Error::rpc)?;
        let block = head.to_u64().map_or(BlockId::Latest, BlockId::Number);
        let count = self.attempt_count(task, block).await?;

        let end = end.min(count);
        if end.saturating_sub(start) > MOST_PLACES {
            return Err(Error::TooManyPlaces {
                task,
                asked: end - start,
                limit: MOST_PLACES,
            });
        }
        let mut responses = Vec::new();
        let mut lower = start;
        while lower < end {
            let upper = end.min(lower + PAGE);
            let addresses = self.response_addresses(task, lower, upper, block).await?;
            responses.extend(self.read_responses(&addresses, block).await?);
            lower = upper;
        }
        Ok(responses)
    }

    /// How many providers had attempted the task at that block.
    async fn attempt_count(&self, task: TaskAddress, block: BlockId) -> Result<u64, Error> {
        let count = self
            .read_at(task.into(), task::GetAttemptCountCall, block)
            .await
            .map_err(|error| error.or_absent(Error::TaskNotFound { address: task }))?;
        Ok(u64::try_from(count.0).unwrap_or(u64::MAX))
    }

    /// The responses' addresses at places `lower..upper`, all of which exist; holes are left out.
    async fn response_addresses(
        &self,
        task: TaskAddress,
        lower: u64,
        upper: u64,
        block: BlockId,
    ) -> Result<Vec<ResponseAddress>, Error> {
        let page = task::GetResponsesOfCall {
            lower: lower.into(),
            // The contract's upper bound is inclusive.
            upper: (upper - 1).into(),
        };
        let page = self
            .read_at(task.into(), page, block)
            .await
            .map_err(Error::read)?;
        Ok(page
            .0
            .into_iter()
            .map(Address::from)
            // A provider that has not responded leaves the zero address.
            .filter(|address| !address.is_zero())
            .map(ResponseAddress::new)
            // A contract that gives more than was asked for is not to be followed.
            .take(usize::try_from(upper - lower).unwrap_or(usize::MAX))
            .collect())
    }

    /// Reads responses that are known to be there.
    pub(super) async fn read_responses(
        &self,
        addresses: &[ResponseAddress],
        block: BlockId,
    ) -> Result<Vec<Response>, Error> {
        let rpc = self.rpc();
        let mut calls = Vec::with_capacity(addresses.len() * READS);
        for address in addresses.iter().map(|response| response.address()) {
            calls.extend([
                contract_call(address, response::GetResponseParamsCall, block),
                contract_call(address, response::GetStatusCall, block),
                contract_call(address, response::ResponseTimestampCall, block),
                contract_call(address, response::ConfirmedFinalCall, block),
            ]);
        }
        let mut answers = rpc.batch(calls).await.map_err(Error::rpc)?.into_iter();
        let mut responses = Vec::with_capacity(addresses.len());
        for &address in addresses {
            let reads =
                std::array::from_fn(|_| answers.next().expect("a batch answers each of its calls"));
            responses.push(self.assemble(address, reads).map_err(Error::read)?);
        }
        Ok(responses)
    }

    fn assemble(
        &self,
        address: ResponseAddress,
        reads: [Answer; READS],
    ) -> Result<Response, ReadError> {
        let at = address.address();
        let rpc = self.rpc();
        let [params, status, timestamp, confirmed] = reads;
        let params = decode::<response::GetResponseParamsCall>(rpc, at, params)?;
        let status = decode::<response::GetStatusCall>(rpc, at, status)?;
        let timestamp = decode::<response::ResponseTimestampCall>(rpc, at, timestamp)?;
        let confirmed = decode::<response::ConfirmedFinalCall>(rpc, at, confirmed)?;
        let params = ResponseParams::from(params.0);
        Ok(Response {
            address,
            task: params.task,
            provider: params.provider,
            data: params.data,
            payment: params.payment,
            status: ResponseStatus::try_from(status.0)
                .map_err(|error| unknown_value::<response::GetStatusCall>(at, error))?,
            timestamp: ogpu_contracts::convert::seconds(timestamp.0),
            confirmed: confirmed.0,
        })
    }
}

/// A range of places as start and end; an end before the start leaves nothing.
fn half_open(range: &impl RangeBounds<u64>) -> (u64, u64) {
    let start = match range.start_bound() {
        Bound::Included(&start) => start,
        Bound::Excluded(&before) => before.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(&last) => last.saturating_add(1),
        Bound::Excluded(&end) => end,
        Bound::Unbounded => u64::MAX,
    };
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_range_is_understood() {
        assert_eq!(half_open(&(..)), (0, u64::MAX));
        assert_eq!(half_open(&(2..5)), (2, 5));
        assert_eq!(half_open(&(2..=5)), (2, 6));
        assert_eq!(half_open(&(..7)), (0, 7));
        assert_eq!(half_open(&(3..)), (3, u64::MAX));
        assert_eq!(half_open(&(0..=u64::MAX)), (0, u64::MAX));
    }
}
