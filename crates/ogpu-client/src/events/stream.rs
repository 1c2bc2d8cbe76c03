//! The stream of events that a watcher makes.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use futures::{Stream, StreamExt, stream::BoxStream};
use ogpu_types::LoggedEvent;

use super::{
    cursor::Cursor,
    error::EventError,
    watcher::{Output, Watcher},
};

/// What happened to the events of the chain. There will be no third kind: whoever matches both knows
/// all that can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventUpdate {
    /// An event happened.
    Added {
        /// The event.
        event: LoggedEvent,
        /// The place behind this item.
        cursor: Cursor,
    },
    /// An event that was handed out is the chain's no longer: its block was replaced. Events are
    /// removed in the reverse order of their coming; what takes their place is added afterwards.
    Removed {
        /// The event, as it was handed out.
        event: LoggedEvent,
        /// The place behind this item.
        cursor: Cursor,
    },
}

impl EventUpdate {
    /// The event.
    pub fn event(&self) -> &LoggedEvent {
        match self {
            Self::Added { event, .. } | Self::Removed { event, .. } => event,
        }
    }

    /// The place behind this item.
    pub fn cursor(&self) -> &Cursor {
        match self {
            Self::Added { cursor, .. } | Self::Removed { cursor, .. } => cursor,
        }
    }

    /// Whether the event was added, not removed.
    pub fn is_added(&self) -> bool {
        matches!(self, Self::Added { .. })
    }
}

/// Events of the protocol, in the order of the chain, each once.
///
/// All streams of a client share one look at the chain. One that is not polled costs nothing and
/// misses nothing: it goes on from where it was, through the past if it has to, however long that
/// takes. Until then it keeps one answer of a node at most: there is no queue that could overflow.
///
/// It ends after its last block, or after an error.
#[must_use = "a stream does nothing unless it is polled"]
pub struct EventStream {
    outputs: BoxStream<'static, Output>,
    place: Arc<Mutex<Option<Cursor>>>,
    is_started: bool,
    /// An update that came while the start was waited for.
    early: Option<Result<EventUpdate, EventError>>,
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("cursor", &self.cursor())
            .finish_non_exhaustive()
    }
}

impl EventStream {
    pub(super) fn new(watcher: Watcher) -> Self {
        Self {
            place: watcher.place(),
            outputs: watcher.outputs().boxed(),
            is_started: false,
            early: None,
        }
    }

    /// Waits until it is known where the stream starts: whatever is mined afterwards is in it. Call
    /// it before what is done next has events that must not be missed.
    pub async fn started(&mut self) {
        while !self.is_started && self.early.is_none() {
            match self.outputs.next().await {
                Some(Output::Started) => self.is_started = true,
                Some(Output::Update(update)) => self.early = Some(update),
                None => return,
            }
        }
    }

    /// The place behind the last item, and behind the blocks since that had none: to save now and
    /// then where items are rare. `None` before the stream has started.
    pub fn cursor(&self) -> Option<Cursor> {
        self.place
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Stream for EventStream {
    type Item = Result<EventUpdate, EventError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(early) = self.early.take() {
            return Poll::Ready(Some(early));
        }
        loop {
            match ready!(self.outputs.poll_next_unpin(context)) {
                Some(Output::Started) => self.is_started = true,
                Some(Output::Update(update)) => return Poll::Ready(Some(update)),
                None => return Poll::Ready(None),
            }
        }
    }
}
