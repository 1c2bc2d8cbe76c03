//! One watcher: from its place to the newest blocks, and along with them.

use std::{
    collections::HashMap,
    ops::RangeInclusive,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{Stream, future::try_join_all, stream};
use ogpu_types::{Hash32, LoggedEvent};
use tokio::{sync::watch, time::sleep};
use tracing::debug;

use super::{
    block::Mark,
    cursor::{Cursor, Origin},
    emitters,
    error::EventError,
    filter::Filter,
    hub::{Hub, Seen},
    patience::{Patience, pause},
    source::Trouble,
    step::{Bounds, Step, next_step},
    stream::EventUpdate,
    view::{Item, TooDeep, View},
    window::{AGAIN, Window},
};
use crate::{Client, rpc::ChainProblem};

/// Where a stream starts.
#[derive(Clone, Debug)]
pub(super) enum Start {
    Now,
    Block(u64),
    Cursor(Cursor),
}

/// What comes out of a watcher.
#[allow(
    clippy::large_enum_variant,
    reason = "it is passed on at once, and nearly always an update"
)]
pub(super) enum Output {
    /// It is known where it starts.
    Started,
    Update(Result<EventUpdate, EventError>),
}

pub(super) struct Watcher {
    client: Client,
    hub: Arc<Hub>,
    start: Start,
    bounds: Bounds,
    filter: Filter,
    timed: bool,
    seen: Option<watch::Receiver<Seen>>,
    view: Option<View>,
    /// How many corrections of the window were heard of.
    corrections: usize,
    patience: Patience,
    /// What ends the stream, once everything that was to be told is told.
    ending: Option<EventError>,
    place: Arc<Mutex<Option<Cursor>>>,
}

impl Watcher {
    pub(super) fn new(
        client: Client,
        start: Start,
        bounds: Bounds,
        filter: Filter,
        timed: bool,
    ) -> Self {
        Self {
            hub: Arc::clone(client.event_hub()),
            client,
            start,
            bounds,
            filter,
            timed,
            seen: None,
            view: None,
            corrections: 0,
            patience: Patience::default(),
            ending: None,
            place: Arc::default(),
        }
    }

    /// Where it is, for whoever asks.
    pub(super) fn place(&self) -> Arc<Mutex<Option<Cursor>>> {
        Arc::clone(&self.place)
    }

    pub(super) fn outputs(self) -> impl Stream<Item = Output> + Send + 'static {
        stream::unfold(Some(self), |watcher| async move {
            let mut watcher = watcher?;
            match watcher.next().await {
                Ok(Some(output)) => Some((output, Some(watcher))),
                Ok(None) => None,
                Err(error) => Some((Output::Update(Err(error)), None)),
            }
        })
    }

    async fn next(&mut self) -> Result<Option<Output>, EventError> {
        let Some(mut view) = self.view.take() else {
            let view = self.begin().await?;
            self.show_place(view.cursor());
            self.view = Some(view);
            return Ok(Some(Output::Started));
        };
        let item = self.advance(&mut view).await;
        self.view = Some(view);
        Ok(item?.map(|item| {
            self.show_place(item.cursor.clone());
            Output::Update(Ok(self.update(item)))
        }))
    }

    fn show_place(&self, cursor: Cursor) {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = Some(cursor);
    }

    fn update(&self, item: Item) -> EventUpdate {
        let mut event = LoggedEvent::clone(&item.event);
        if !self.timed {
            event.timestamp = None;
        }
        let cursor = item.cursor;
        if item.is_added {
            EventUpdate::Added { event, cursor }
        } else {
            EventUpdate::Removed { event, cursor }
        }
    }

    /// Finds out where to start.
    async fn begin(&mut self) -> Result<View, EventError> {
        let chain = self.client.chain();
        let origin = Origin {
            chain: chain.id(),
            emitters: emitters(chain),
        };
        if let Start::Cursor(cursor) = &self.start
            && *cursor.origin != origin
        {
            return Err(EventError::OtherNetwork {
                expected: origin.chain,
                actual: cursor.origin.chain,
            });
        }
        self.check_chain().await?;
        if let Start::Cursor(cursor) = &self.start
            && let Some(number) = cursor.newest_block()
        {
            // To a node that lags, that block would seem to be gone.
            self.client.rpc().saw_block(number);
        }
        let window = self.window().await?;
        self.corrections = window.corrections();
        let origin = Arc::new(origin);
        Ok(match self.start.clone() {
            Start::Now => View::new(origin, window.tip().number + 1),
            Start::Block(number) => View::new(origin, number),
            Start::Cursor(cursor) => {
                let mut view = View::resumed(&cursor);
                let is_gone = self.go_back_if_gone(&mut view, &window).await?;
                if !is_gone {
                    let recent = view.next().saturating_sub(AGAIN);
                    view.look_again(recent);
                }
                view
            }
        })
    }

    async fn check_chain(&mut self) -> Result<(), EventError> {
        let mut failures = 0;
        loop {
            match self.client.rpc().check_chain().await {
                Ok(()) => return Ok(()),
                Err(ChainProblem::Wrong { actual, endpoint }) => {
                    return Err(EventError::WrongChain {
                        expected: self.client.chain().id(),
                        actual,
                        endpoint,
                    });
                }
                Err(ChainProblem::Unknown(error)) => {
                    failures += 1;
                    debug!(%error, failures, "cannot ask for the chain");
                    sleep(pause(failures)).await;
                }
            }
        }
    }

    /// The newest blocks.
    async fn window(&mut self) -> Result<Arc<Window>, EventError> {
        let seen = self.seen.get_or_insert_with(|| self.hub.watch());
        loop {
            match seen.borrow_and_update().clone() {
                Seen::Window(window) => return Ok(window),
                Seen::Failed(error) => return Err(error),
                Seen::Nothing => {}
            }
            self.hub.changed(seen).await;
        }
    }

    /// The next item; `None` at the end.
    async fn advance(&mut self, view: &mut View) -> Result<Option<Item>, EventError> {
        loop {
            if let Some(item) = view.next_item() {
                return Ok(Some(item));
            }
            if let Some(error) = self.ending.take() {
                return Err(error);
            }
            self.show_place(view.cursor());
            let window = self.window().await?;
            if let Some(lowest) = window.corrected_since(self.corrections) {
                view.look_again(lowest);
            }
            self.corrections = window.corrections();
            match next_step(view, &window, self.bounds) {
                Step::Deliver(block) => {
                    let events = self.matching(&block.events).await?;
                    view.deliver(block.mark, &events);
                }
                Step::Read(range) => self.read(view, &window, range).await?,
                Step::GoBack => {
                    self.hub.relations.forget();
                    if !self.go_back_if_gone(view, &window).await? {
                        // The nodes say otherwise than the window, which is about to follow.
                        self.wait().await;
                    }
                }
                Step::Wait => self.wait().await,
                Step::End => return Ok(None),
            }
        }
    }

    async fn wait(&mut self) {
        if let Some(seen) = &mut self.seen {
            self.hub.changed(seen).await;
        }
    }

    /// Reads blocks that are older than the window.
    async fn read(
        &mut self,
        view: &mut View,
        window: &Window,
        range: RangeInclusive<u64>,
    ) -> Result<(), EventError> {
        if view.is_unlinked() && self.go_back_if_gone(view, window).await? {
            return Ok(());
        }
        let from = *range.start();
        let to = self.hub.source.page_end(from, *range.end());
        let page = match self.hub.source.page(from, to, self.timed).await {
            Ok(page) => page,
            Err(trouble) => return self.pause(&trouble).await,
        };
        self.patience.succeeded();
        if !view.is_followed_by(page.parent) {
            if !self.go_back_if_gone(view, window).await? {
                return self.pause(&Trouble::Unfit("it contradicts itself")).await;
            }
            return Ok(());
        }
        for (mark, events) in page.blocks {
            let events = self.matching(&events).await?;
            view.deliver(mark, &events);
        }
        view.pass(page.last);
        Ok(())
    }

    /// Takes back what was told of blocks that are the chain's no longer; whether there were any.
    async fn go_back_if_gone(
        &mut self,
        view: &mut View,
        window: &Window,
    ) -> Result<bool, EventError> {
        let marks = view.marks();
        let below: Vec<u64> = marks
            .iter()
            .filter(|mark| window.has(**mark).is_none())
            .map(|mark| mark.number)
            .collect();
        let hashes = self.hashes(&below).await?;
        let is_canonical = |mark: Mark| {
            window
                .has(mark)
                .unwrap_or_else(|| hashes.get(&mark.number) == Some(&mark.hash))
        };
        if marks.into_iter().all(is_canonical) {
            return Ok(false);
        }
        if let Err(TooDeep { block }) = view.go_back(is_canonical) {
            self.ending = Some(EventError::TooDeep { block });
        }
        Ok(true)
    }

    async fn hashes(&mut self, numbers: &[u64]) -> Result<HashMap<u64, Hash32>, EventError> {
        loop {
            match self.hub.source.hashes(numbers).await {
                Ok(hashes) => {
                    self.patience.succeeded();
                    return Ok(hashes);
                }
                Err(trouble) => self.pause(&trouble).await?,
            }
        }
    }

    /// The events that the filter lets pass.
    async fn matching(
        &mut self,
        events: &[Arc<LoggedEvent>],
    ) -> Result<Vec<Arc<LoggedEvent>>, EventError> {
        let mut failures = 0;
        loop {
            let (filter, relations, client) = (&self.filter, &self.hub.relations, &self.client);
            let matches = events
                .iter()
                .map(|event| filter.matches(event, relations, client));
            match try_join_all(matches).await {
                Ok(matches) => {
                    let matching = events.iter().zip(matches).filter(|(_, matches)| *matches);
                    return Ok(matching.map(|(event, _)| Arc::clone(event)).collect());
                }
                Err(error) => {
                    failures += 1;
                    debug!(%error, failures, "cannot read what an event belongs to");
                    sleep(pause(failures)).await;
                }
            }
        }
    }

    /// Waits before another try, unless there is no use in it.
    async fn pause(&mut self, trouble: &Trouble) -> Result<(), EventError> {
        sleep(self.patience.failed(trouble)?).await;
        Ok(())
    }
}
