//! A read before it happens: which block, then `.await`.

use std::{fmt, future::IntoFuture};

use futures::future::BoxFuture;
use ogpu_contracts::ContractCall;
use ogpu_types::Address;
use tracing::Instrument;

use super::{Answers, At, ReadError, ReadSet, set::Cost};
use crate::{Client, Error};

/// Makes a value of what was read.
pub(crate) type Finish<T> = Box<dyn FnOnce(&mut Answers) -> Result<T, Error> + Send>;
type Plan<T> = Box<dyn FnOnce(&mut ReadSet) -> Finish<T> + Send>;

/// Something to read from the chain, not asked for yet: choose a block, or not, then await it.
///
/// All of it is read at one block: at the head, unless [`at`](Self::at) says otherwise. The round trips
/// that its documentation counts are those to a node whose ways are known: the first reads of a client
/// may take more, to find out what the node takes.
///
/// ```no_run
/// # use ogpu_client::{Client, Error, types::TaskAddress};
/// # async fn example(client: Client, address: TaskAddress) -> Result<(), Error> {
/// let task = client.task(address);
/// let now = task.status().await?;
/// let then = task.status().at(1_234_567).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a read does nothing until it is awaited"]
pub struct Read<T> {
    client: Client,
    name: &'static str,
    target: Address,
    at: At,
    plan: Plan<T>,
}

impl<T> fmt::Debug for Read<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Read")
            .field("name", &self.name)
            .field("target", &self.target)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Read<T> {
    /// Reads what `plan` adds to a set; it gives what makes the value of the answers.
    pub(crate) fn new(
        client: &Client,
        name: &'static str,
        target: impl Into<Address>,
        plan: impl FnOnce(&mut ReadSet) -> Finish<T> + Send + 'static,
    ) -> Self {
        Self {
            client: client.clone(),
            name,
            target: target.into(),
            at: At::Head,
            plan: Box::new(plan),
        }
    }

    /// Reads one function.
    pub(crate) fn of<C: ContractCall + Send + 'static>(
        client: &Client,
        name: &'static str,
        contract: impl Into<Address>,
        (call, cost): (C, Cost),
        finish: impl FnOnce(Result<C::Output, ReadError>) -> Result<T, Error> + Send + 'static,
    ) -> Self {
        let contract = contract.into();
        Self::new(client, name, contract, move |set| {
            let slot = set.add_costing(contract, call, cost);
            Box::new(move |answers| finish(answers.take(slot)))
        })
    }

    /// Reads at this block: a number, a hash, or a [`BlockRef`](crate::types::BlockRef). Defaults to
    /// the head.
    pub fn at(mut self, block: impl Into<At>) -> Self {
        self.at = block.into();
        self
    }

    /// Makes something else of what was read.
    pub(crate) fn map<U: Send + 'static>(
        self,
        make: impl FnOnce(T) -> U + Send + 'static,
    ) -> Read<U> {
        let Self {
            client,
            name,
            target,
            at,
            plan,
        } = self;
        let plan: Plan<U> = Box::new(move |set| {
            let finish = plan(set);
            Box::new(move |answers| finish(answers).map(make))
        });
        Read {
            client,
            name,
            target,
            at,
            plan,
        }
    }

    /// Performs many at one block, each with a result of its own.
    pub(crate) async fn all(
        client: &Client,
        reads: impl IntoIterator<Item = Self>,
        at: At,
    ) -> Result<Vec<Result<T, Error>>, Error> {
        let mut set = ReadSet::new();
        let finishes: Vec<_> = reads
            .into_iter()
            .map(|read| (read.plan)(&mut set))
            .collect();
        let mut answers = client.read_set(set, at).await?;
        Ok(finishes
            .into_iter()
            .map(|finish| finish(&mut answers))
            .collect())
    }

    async fn run(self) -> Result<T, Error> {
        let mut set = ReadSet::new();
        let finish = (self.plan)(&mut set);
        let mut answers = self.client.read_set(set, self.at).await?;
        finish(&mut answers)
    }
}

impl<T: Send + 'static> IntoFuture for Read<T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<'static, Result<T, Error>>;

    fn into_future(self) -> Self::IntoFuture {
        let span = tracing::debug_span!("read", name = self.name, target = %self.target);
        Box::pin(self.run().instrument(span))
    }
}
