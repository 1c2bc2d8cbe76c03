//! A task's lists. Both run over the providers that attempted it.

use std::ops::RangeBounds;

use futures::future::BoxFuture;
use ogpu_contracts::{convert::seconds, task};
use ogpu_types::{Address, BlockRef, Response, ResponseSnapshot};

use super::{Task, reads::absent};
use crate::{
    Client, Error,
    handles::{
        List, Provider,
        list::{Count, Page, Pages, same_block},
        reader::{count, explain, somebody},
        response::plan_of_response,
    },
    read::{At, Cost, ReadSet},
};

/// A provider's attempt of a task.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// The provider.
    pub provider: Provider,
    /// When it was made, in unix seconds.
    pub timestamp: u64,
}

impl Task {
    /// The attempts, in their order: all of them (`..`), or those at some places (`5..10`).
    ///
    /// Round trips: one for how many there are, and one for each 1,000, up to four at a time.
    ///
    /// # Errors
    ///
    /// [`Error::TaskNotFound`] when there is no task at the address, [`Error::TooManyPlaces`] when
    /// more than 100,000 places are awaited at once, [`Error::Read`] and [`Error::Rpc`] when the node
    /// cannot answer.
    pub fn attempts(&self, range: impl RangeBounds<u64>) -> List<Attempt> {
        let pages = Attempts(self.address.into());
        List::new(&self.client, "task.attempts", self.address, &range, pages)
    }

    /// The responses: all of them (`..`), or those at some places (`5..10`).
    ///
    /// Places count the providers that attempted the task, from 0, in the order of their attempts. A
    /// provider that has not responded has a place but no response, so that fewer responses than places
    /// may come.
    ///
    /// Round trips: one for the number of places, and for each 1,000 places two: one for their
    /// addresses and one for all that is known of them. Up to four at a time.
    ///
    /// # Errors
    ///
    /// As of [`attempts`](Self::attempts).
    pub fn responses(&self, range: impl RangeBounds<u64>) -> List<Response> {
        let pages = Responses(self.address.into());
        List::new(&self.client, "task.responses", self.address, &range, pages)
    }
}

/// How many places the lists of the task at this address have.
async fn attempt_count(client: &Client, task: Address, at: At) -> Result<Count, Error> {
    let mut set = ReadSet::new();
    let block = set.block();
    let attempts = set.add(task, task::GetAttemptCountCall);
    let mut answers = client.read_set(set, at).await?;
    let attempts = answers.take(attempts);
    let attempts = attempts.map_err(|error| explain(error, Some(absent)))?;
    Ok(Some((count(attempts.0), answers.block(&block))))
}

struct Attempts(Address);

impl Attempts {
    async fn read(
        &self,
        client: &Client,
        (lower, upper): (u64, u64),
        at: At,
    ) -> Result<Page<Attempt>, Error> {
        let mut set = ReadSet::new();
        let block = set.block();
        let cost = Cost::places(upper - lower);
        // The contract's upper bounds are inclusive.
        let (lower, upper) = (lower.into(), (upper - 1).into());
        let attempters = task::GetAttemptersCall { lower, upper };
        let attempters = set.add_costing(self.0, attempters, cost);
        let timestamps = task::GetAttemptTimestampsCall { lower, upper };
        let timestamps = set.add_costing(self.0, timestamps, cost);
        let mut answers = client.read_set(set, at).await?;
        let attempters = answers.take(attempters).map_err(Error::read)?.0;
        let timestamps = answers.take(timestamps).map_err(Error::read)?.0;
        let attempts = attempters.into_iter().zip(timestamps);
        let items = attempts.filter_map(|(provider, timestamp)| {
            Some(Attempt {
                provider: client.provider(somebody(provider)?),
                timestamp: seconds(timestamp),
            })
        });
        Ok(Page {
            items: items.collect(),
            is_last: false,
            block: answers.block(&block),
        })
    }
}

impl Pages<Attempt> for Attempts {
    fn count<'a>(&'a self, client: &'a Client, at: At) -> BoxFuture<'a, Result<Count, Error>> {
        Box::pin(attempt_count(client, self.0, at))
    }

    fn page<'a>(
        &'a self,
        client: &'a Client,
        span: (u64, u64),
        at: At,
    ) -> BoxFuture<'a, Result<Page<Attempt>, Error>> {
        Box::pin(self.read(client, span, at))
    }
}

struct Responses(Address);

impl Responses {
    async fn read(
        &self,
        client: &Client,
        span: (u64, u64),
        at: At,
    ) -> Result<Page<Response>, Error> {
        let (addresses, block) = self.addresses(client, span, at).await?;
        let mut items = Vec::with_capacity(addresses.len());
        if !addresses.is_empty() {
            let mut set = ReadSet::new();
            let finishes: Vec<_> = addresses
                .into_iter()
                .map(|address| plan_of_response(&mut set, address))
                .collect();
            let at = At::Number(block.number);
            let mut answers = client.read_set(set, at).await?;
            for finish in finishes {
                let response = finish(&mut answers)?;
                same_block(block, response.block)?;
                items.push(into_response(response));
            }
        }
        Ok(Page {
            items,
            is_last: false,
            block,
        })
    }

    /// The responses' addresses at places `lower..upper`; those of silent providers are left out.
    async fn addresses(
        &self,
        client: &Client,
        (lower, upper): (u64, u64),
        at: At,
    ) -> Result<(Vec<Address>, BlockRef), Error> {
        let mut set = ReadSet::new();
        let block = set.block();
        let call = task::GetResponsesOfCall {
            lower: lower.into(),
            // The contract's upper bound is inclusive.
            upper: (upper - 1).into(),
        };
        let addresses = set.add_costing(self.0, call, Cost::places(upper - lower));
        let mut answers = client.read_set(set, at).await?;
        let addresses = answers.take(addresses).map_err(Error::read)?.0;
        let addresses = addresses
            .into_iter()
            .filter_map(somebody)
            // A contract that gives more than was asked for is not to be followed.
            .take(usize::try_from(upper - lower).unwrap_or(usize::MAX))
            .collect();
        Ok((addresses, answers.block(&block)))
    }
}

impl Pages<Response> for Responses {
    fn count<'a>(&'a self, client: &'a Client, at: At) -> BoxFuture<'a, Result<Count, Error>> {
        Box::pin(attempt_count(client, self.0, at))
    }

    fn page<'a>(
        &'a self,
        client: &'a Client,
        span: (u64, u64),
        at: At,
    ) -> BoxFuture<'a, Result<Page<Response>, Error>> {
        Box::pin(self.read(client, span, at))
    }
}

/// The data of a response, without the block that it was read at.
pub(crate) fn into_response(snapshot: ResponseSnapshot) -> Response {
    Response {
        address: snapshot.address,
        task: snapshot.task,
        provider: snapshot.params.provider,
        data: snapshot.data,
        payment: snapshot.params.payment,
        status: snapshot.status,
        timestamp: snapshot.timestamp,
        confirmed: snapshot.confirmed,
    }
}
