//! Does what an account's machine wants done, in a task of its own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use ogpu_tx::{Action, Event, IntentEvent, IntentId};
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};
use tracing::{Instrument, warn};

use super::{
    heads::Head,
    lane::{Changes, Lane, Written},
    work,
};

/// Looks come with the chain's heads; this often without any, since a head may have been missed.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The pause before a journal that failed is asked once more.
const JOURNAL_PAUSE: Duration = Duration::from_secs(1);

type Work = FuturesUnordered<BoxFuture<'static, ()>>;

/// Works until nothing is left to do.
pub(super) async fn drive(lane: Arc<Lane>) {
    let mut work = Work::new();
    let mut watching: Option<Watching> = None;
    let writing = Arc::new(AtomicBool::new(false));
    loop {
        for action in lane.take_todo() {
            let span = action_intent(&action)
                .and_then(|id| lane.with_record(id, |record| record.span.clone()));
            let doing = act(Arc::clone(&lane), action);
            work.push(match span {
                Some(span) => Box::pin(doing.instrument(span)),
                None => Box::pin(doing),
            });
        }
        // One write at a time: whatever comes meanwhile shares the next one.
        if !writing.load(Ordering::Acquire) {
            let changes = lane.take_changes();
            if !changes.is_empty() {
                writing.store(true, Ordering::Release);
                let write = write(Arc::clone(&lane), changes, Arc::clone(&writing));
                work.push(Box::pin(write));
            }
        }
        if lane.is_watching() {
            let watching = watching.get_or_insert_with(|| Watching::start(&lane));
            if let Some(head) = watching.due(&lane) {
                let looking = Arc::clone(&watching.is_looking);
                looking.store(true, Ordering::Release);
                work.push(Box::pin(look(Arc::clone(&lane), head, looking)));
            }
        } else {
            watching = None;
        }
        if work.is_empty() && lane.release_driver() {
            return;
        }
        let tick = lane.next_tick();
        tokio::select! {
            Some(()) = work.next(), if !work.is_empty() => {}
            () = lane.wake.notified() => {}
            () = until(tick) => lane.event(&Event::Tick),
            () = next_head(&mut watching) => {}
        }
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// A new head, or time to look without one.
async fn next_head(watching: &mut Option<Watching>) {
    match watching {
        Some(watching) => {
            let changed = watching.heads.changed();
            if let Ok(Ok(())) = tokio::time::timeout(LOOK_EVERY, changed).await {
                watching.has_new_head = true;
            }
        }
        None => std::future::pending().await,
    }
}

/// Waiting for blocks.
struct Watching {
    heads: watch::Receiver<Option<Head>>,
    has_new_head: bool,
    last_look: Option<Instant>,
    /// Reorgs that the account has heard of.
    reorgs: u64,
    is_looking: Arc<AtomicBool>,
}

impl Watching {
    fn start(lane: &Lane) -> Self {
        let heads = lane.shared.heads.watch();
        Self {
            reorgs: lane.shared.heads.last().map_or(0, |head| head.reorgs),
            heads,
            has_new_head: false,
            last_look: None,
            is_looking: Arc::default(),
        }
    }

    /// The head to look at now, if it is time to.
    fn due(&mut self, lane: &Arc<Lane>) -> Option<Option<Head>> {
        lane.shared.heads.keep_looking();
        let is_new = self.has_new_head || self.heads.has_changed().unwrap_or(false);
        let waited = self
            .last_look
            .is_none_or(|last| last.elapsed() >= LOOK_EVERY);
        if self.is_looking.load(Ordering::Acquire) || !(is_new || waited) {
            return None;
        }
        let head = *self.heads.borrow_and_update();
        self.has_new_head = false;
        self.last_look = Some(Instant::now());
        if let Some(head) = head.filter(|head| head.reorgs != self.reorgs) {
            self.reorgs = head.reorgs;
            lane.event(&Event::Reorganised);
        }
        Some(head)
    }
}

/// Tells the account what the chain has mined of it.
async fn look(lane: Arc<Lane>, head: Option<Head>, is_looking: Arc<AtomicBool>) {
    if let Some(mined) = work::mined_count(&lane).await {
        lane.event(&Event::Counted {
            mined,
            pending: None,
        });
    }
    if let Some(head) = head {
        lane.event(&Event::Head {
            number: head.number,
        });
    }
    is_looking.store(false, Ordering::Release);
}

/// Writes a group of changes down, and tells those who wait for it.
async fn write(lane: Arc<Lane>, changes: Changes, writing: Arc<AtomicBool>) {
    let (changes, answers): (Vec<_>, Vec<_>) = changes.into_iter().unzip();
    loop {
        let error = match lane.journal.write(changes.clone()).await {
            Ok(()) => {
                writing.store(false, Ordering::Release);
                for (id, written) in answers.into_iter().flatten() {
                    lane.intent(id, written.event());
                }
                return;
            }
            Err(error) => error,
        };
        // What a restart would find must not be taken for gone: it is written again until it is.
        let withdraws = answers
            .iter()
            .flatten()
            .any(|(_, written)| *written == Written::Withdrawn);
        warn!(account = %lane.account, error = &error as &(dyn std::error::Error + 'static), "the journal failed");
        if !withdraws {
            writing.store(false, Ordering::Release);
            work::not_stored(&lane, answers.into_iter().flatten(), error);
            return;
        }
        sleep(JOURNAL_PAUSE).await;
    }
}

impl Written {
    fn event(self) -> IntentEvent {
        match self {
            Self::Stored => IntentEvent::Stored,
            Self::Withdrawn => IntentEvent::Withdrawn,
        }
    }
}

fn action_intent(action: &Action) -> Option<IntentId> {
    match action {
        Action::Sign { id, .. }
        | Action::Offer { id, .. }
        | Action::Price { id, .. }
        | Action::FindReceipt { id }
        | Action::FindUser { id, .. } => Some(*id),
        _ => None,
    }
}

async fn act(lane: Arc<Lane>, action: Action) {
    match action {
        Action::Sign { id, nonce, fees } => work::sign(&lane, id, nonce, fees).await,
        Action::Offer { id, hash } => work::offer(&lane, id, hash).await,
        Action::Price { id, than } => work::price(&lane, id, than).await,
        Action::FindReceipt { id } => work::find_receipt(&lane, id).await,
        Action::FindUser { id, nonce } => work::find_user(&lane, id, nonce).await,
        Action::Count { after } => work::count(&lane, after).await,
        Action::Fill => work::fill(&lane).await,
        // The lane does these itself, or knows no others.
        _ => {}
    }
}
