//! How a stream of events is asked for.

use std::num::NonZeroU64;

use ogpu_types::{Address, EventContract, ResponseAddress, SourceAddress, TaskAddress};

use super::{
    cursor::Cursor,
    filter::Filter,
    step::Bounds,
    stream::EventStream,
    watcher::{Start, Watcher},
};
use crate::Client;

/// The options of a stream of events. Setters never fail.
///
/// Without any, it is all events of the protocol in blocks that come from now on.
///
/// Filters of one kind are alternatives, those of different kinds must all match. An event matches
/// an address that it names, or that it belongs to: an event of a task belongs to the task's source,
/// one of a response to its task, source and provider. What belongs to what is learned from events,
/// and else read from the contracts, once. An event that cannot be decoded names nothing: it matches
/// only if there is no filter but [`contracts`](Self::contracts).
#[derive(Clone, Debug)]
#[must_use = "call `stream` to get the events"]
pub struct EventsBuilder {
    client: Client,
    start: Start,
    bounds: Bounds,
    filter: Filter,
    timestamps: bool,
}

impl Client {
    /// Events of the protocol: as they happen, of the past, or both.
    ///
    /// ```no_run
    /// # async fn example(client: ogpu_client::Client, source: ogpu_client::types::SourceAddress) -> Result<(), ogpu_client::EventError> {
    /// use futures::StreamExt;
    /// use ogpu_client::EventUpdate;
    ///
    /// let mut events = client.events().source(source).from_block(0).stream();
    /// while let Some(update) = events.next().await {
    ///     match update? {
    ///         EventUpdate::Added { event, cursor } => println!("{event:?}, save {cursor}"),
    ///         EventUpdate::Removed { event, .. } => println!("never happened: {event:?}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn events(&self) -> EventsBuilder {
        EventsBuilder {
            client: self.clone(),
            start: Start::Now,
            bounds: Bounds {
                to: None,
                confirmations: NonZeroU64::MIN,
            },
            filter: Filter::default(),
            timestamps: false,
        }
    }
}

impl EventsBuilder {
    /// Starts with this block. Defaults to the one after the newest when the stream is first polled:
    /// see [`EventStream::started`].
    pub fn from_block(mut self, number: u64) -> Self {
        self.start = Start::Block(number);
        self
    }

    /// Ends the stream after this block. Defaults to no end.
    pub fn to_block(mut self, number: u64) -> Self {
        self.bounds.to = Some(number);
        self
    }

    /// Goes on where an earlier stream with the same filters was, whatever
    /// [`from_block`](Self::from_block) says: every event behind the cursor comes, and none before it
    /// again. What was handed out before, and is the chain's no longer, is removed first.
    pub fn resume(mut self, cursor: Cursor) -> Self {
        self.start = Start::Cursor(cursor);
        self
    }

    /// Only events of this source, its tasks and their responses.
    pub fn source(mut self, source: impl Into<SourceAddress>) -> Self {
        self.filter.sources.insert(source.into());
        self
    }

    /// Only events of this task and its responses.
    pub fn task(mut self, task: impl Into<TaskAddress>) -> Self {
        self.filter.tasks.insert(task.into());
        self
    }

    /// Only events of this response.
    pub fn response(mut self, response: impl Into<ResponseAddress>) -> Self {
        self.filter.responses.insert(response.into());
        self
    }

    /// Only events that name this provider, and those of its responses.
    pub fn provider(mut self, provider: Address) -> Self {
        self.filter.providers.insert(provider);
        self
    }

    /// Only events that name this account in any role, those of sources that are this client's, and
    /// those of responses that are this provider's.
    pub fn account(mut self, account: Address) -> Self {
        self.filter.accounts.insert(account);
        self
    }

    /// Only events of these contracts.
    pub fn contracts(mut self, contracts: impl IntoIterator<Item = EventContract>) -> Self {
        self.filter.contracts.extend(contracts);
        self
    }

    /// Hands out an event when its block and those on top of it are so many: later, but seldom to be
    /// removed. Defaults to 1: at once.
    pub fn confirmations(mut self, blocks: NonZeroU64) -> Self {
        self.bounds.confirmations = blocks;
        self
    }

    /// Whether each event tells the time of its block. Defaults to not: for events of the past, it
    /// takes further requests.
    pub fn timestamps(mut self, wanted: bool) -> Self {
        self.timestamps = wanted;
        self
    }

    /// The stream. Nothing is asked before it is polled.
    pub fn stream(self) -> EventStream {
        EventStream::new(Watcher::new(
            self.client,
            self.start,
            self.bounds,
            self.filter,
            self.timestamps,
        ))
    }
}
