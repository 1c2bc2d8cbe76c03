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
    lane::Lane,
    state::{Changes, Written},
    work,
};
use crate::JournalError;

/// Looks come with the chain's heads; this often without any, since a head may have been missed.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The pause before a journal that failed is asked once more.
const JOURNAL_PAUSE: Duration = Duration::from_secs(1);

type Work = FuturesUnordered<BoxFuture<'static, ()>>;

/// Works until nothing is left to do, or nobody who could ask: what was sent goes its way, and the
/// journal has it for whoever sends from the account next.
pub(super) async fn drive(lane: Arc<Lane>) {
    let mut work = Work::new();
    let mut watching: Option<Watching> = None;
    let writing = Arc::new(AtomicBool::new(false));
    let mut client = lane.client.clone();
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
        let is_left = client.has_changed().is_err();
        if is_left && !writing.load(Ordering::Acquire) && !lane.has_changes() {
            return;
        }
        let tick = lane.next_tick();
        tokio::select! {
            Some(()) = work.next(), if !work.is_empty() => {}
            () = lane.wake.notified() => {}
            () = until(tick) => lane.event(&Event::Tick),
            () = next_head(&mut watching) => {}
            _ = client.changed(), if !is_left => {}
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
    is_looking: Arc<AtomicBool>,
}

impl Watching {
    fn start(lane: &Lane) -> Self {
        Self {
            heads: lane.shared.heads.watch(),
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
        if let Some(head) = head {
            lane.hear_of_reorgs(head);
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
async fn write(lane: Arc<Lane>, mut changes: Changes, writing: Arc<AtomicBool>) {
    let error = loop {
        let group = changes.iter().map(|(change, _)| change.clone()).collect();
        let Err(error) = lane.journal.write(group).await else {
            writing.store(false, Ordering::Release);
            for (id, written) in changes.into_iter().filter_map(|(_, answer)| answer) {
                lane.intent(id, written.event());
            }
            return;
        };
        warn!(account = %lane.account, error = &error as &(dyn std::error::Error + 'static), "the journal failed");
        let settles = changes.len();
        if matches!(error, JournalError::Corrupt { .. }) {
            // What cannot be settled keeps nothing else from being written.
            changes.retain(|(_, answer)| answer.is_some());
        }
        if changes.len() == settles {
            break error;
        }
    };
    writing.store(false, Ordering::Release);
    let is_lost = matches!(error, JournalError::Lost { .. });
    if is_lost {
        lane.lose();
    }
    let (withdrawn, stored): (Changes, Changes) = changes
        .into_iter()
        .partition(|(_, answer)| matches!(answer, Some((_, Written::Withdrawn))));
    let stored = stored.into_iter().filter_map(|(_, answer)| answer);
    work::not_stored(&lane, stored, &error);
    if is_lost {
        for (id, _) in withdrawn.into_iter().filter_map(|(_, answer)| answer) {
            work::not_withdrawn(&lane, id);
        }
    } else if !withdrawn.is_empty() {
        // What a restart would find must not be taken for gone: it is written again until it is.
        sleep(JOURNAL_PAUSE).await;
        lane.put_back(withdrawn);
    }
}

impl Written {
    fn event(self) -> IntentEvent {
        match self {
            Self::Stored { hash } => IntentEvent::Stored { hash },
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
