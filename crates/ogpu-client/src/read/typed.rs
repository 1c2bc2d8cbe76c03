//! A read before it happens: which block, then `.await`.

use std::{fmt, future::IntoFuture};

use futures::future::BoxFuture;
use ogpu_types::Address;
use tracing::Instrument;

use super::{Answers, At, ReadSet};
use crate::{Client, Error};

/// Makes a value of what was read.
pub(crate) type Finish<T> = Box<dyn FnOnce(&mut Answers) -> Result<T, Error> + Send>;
type Plan<T> = Box<dyn FnOnce(&mut ReadSet, Address) -> Finish<T> + Send>;

/// What a read is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// All that its plan names.
    Many,
    /// What is at this address.
    At(Address),
    /// The manager, whose address the nexus tells.
    Manager,
}

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
/// // Side by side they are one request, though maybe of two blocks: a snapshot is of one.
/// let (source, payment) =
///     tokio::try_join!(task.source().into_future(), task.payment().into_future())?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a read does nothing until it is awaited"]
pub struct Read<T> {
    client: Client,
    name: &'static str,
    target: Target,
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
    /// Reads what `plan` adds to a set, given its target's address; it gives what makes the value of the
    /// answers.
    pub(crate) fn new(
        client: &Client,
        name: &'static str,
        target: Target,
        plan: impl FnOnce(&mut ReadSet, Address) -> Finish<T> + Send + 'static,
    ) -> Self {
        Self {
            client: client.clone(),
            name,
            target,
            at: At::Head,
            plan: Box::new(plan),
        }
    }

    /// Reads at this block: a number, a hash, or a [`BlockRef`](crate::types::BlockRef). Defaults to
    /// the head.
    pub fn at(mut self, block: impl Into<At>) -> Self {
        self.at = block.into();
        self
    }

    /// The same read, of which something else is made.
    pub(crate) fn map<U: Send + 'static>(
        self,
        make: impl FnOnce(T) -> U + Send + 'static,
    ) -> Read<U> {
        let Self { at, plan, .. } = self;
        let read = Read::new(&self.client, self.name, self.target, move |set, address| {
            let finish = plan(set, address);
            Box::new(move |answers| finish(answers).map(make))
        });
        Read { at, ..read }
    }

    /// The same read of many addresses as one, at one block, each with a result of its own.
    pub(crate) fn each(
        client: &Client,
        name: &'static str,
        addresses: Vec<Address>,
        plan: impl Fn(&mut ReadSet, Address) -> Finish<T> + Send + 'static,
    ) -> Read<Vec<Result<T, Error>>> {
        Read::new(client, name, Target::Many, move |set, _| {
            let finishes: Vec<Finish<T>> = addresses
                .into_iter()
                .map(|address| plan(set, address))
                .collect();
            Box::new(move |answers| {
                let results = finishes.into_iter().map(|finish| finish(answers));
                Ok(results.collect())
            })
        })
    }

    async fn run(self) -> Result<T, Error> {
        let address = match self.target {
            Target::At(address) => address,
            Target::Many => Address::ZERO,
            Target::Manager => self.client.manager_address().await?,
        };
        let mut set = ReadSet::new();
        let finish = (self.plan)(&mut set, address);
        let mut answers = self.client.read_set(set, self.at).await?;
        finish(&mut answers)
    }
}

impl<T: Send + 'static> IntoFuture for Read<T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<'static, Result<T, Error>>;

    fn into_future(self) -> Self::IntoFuture {
        let span = tracing::debug_span!("read", name = self.name, target = ?self.target);
        Box::pin(self.run().instrument(span))
    }
}
