//! The one look at the chain's newest blocks for all watchers of a client.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use ogpu_contracts::protocol_event::Emitters;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep_until, timeout},
};
use tracing::{debug, warn};

use super::{
    error::EventError,
    relations::Relations,
    source::{Source, Trouble},
    window::{AGAIN, Detached, Window},
};
use crate::{
    rpc::Rpc,
    tx::{Head, Heads},
};

/// How often whoever waits makes sure that somebody looks.
const CHECK_EVERY: Duration = Duration::from_secs(2);
/// The pauses after a look that failed double from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How many looks in a row may fail in a way that does not pass by itself.
const MOST_FAILURES: u32 = 12;

/// What the hub has seen.
#[derive(Clone, Debug)]
pub(super) enum Seen {
    Nothing,
    Window(Arc<Window>),
    /// It cannot go on.
    Failed(EventError),
}

/// Looks while somebody watches; a task of its own does so.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(super) source: Source,
    pub(super) relations: Relations,
    heads: Arc<Heads>,
    seen: watch::Sender<Seen>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Hub {
    pub(crate) fn new(rpc: Rpc, emitters: Emitters, heads: Arc<Heads>) -> Arc<Self> {
        Arc::new(Self {
            source: Source::new(rpc, emitters),
            relations: Relations::default(),
            heads,
            seen: watch::Sender::new(Seen::Nothing),
            task: Mutex::default(),
        })
    }

    /// What is seen from now on, as long as the receiver is kept.
    pub(super) fn watch(self: &Arc<Self>) -> watch::Receiver<Seen> {
        let seen = self.seen.subscribe();
        self.keep_looking();
        seen
    }

    /// Waits until something else is seen.
    pub(super) async fn changed(self: &Arc<Self>, seen: &mut watch::Receiver<Seen>) {
        loop {
            // The task ends with the runtime that it was started in.
            self.keep_looking();
            if let Ok(Ok(())) = timeout(CHECK_EVERY, seen.changed()).await {
                return;
            }
        }
    }

    fn keep_looking(self: &Arc<Self>) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_none_or(JoinHandle::is_finished) {
            *task = Some(tokio::spawn(look(Arc::downgrade(self))));
        }
    }

    /// Whether nobody watches any more; the next one starts another task then.
    fn is_left(&self) -> bool {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        let is_left = self.seen.receiver_count() == 0;
        if is_left {
            // Whoever watches next is told of what is new from then on.
            self.seen.send_replace(Seen::Nothing);
            *task = None;
        }
        is_left
    }

    /// Brings the window up to this head.
    async fn look(&self, head: Head) -> Result<(), Trouble> {
        let window = match &*self.seen.borrow() {
            Seen::Window(window) => Some(Arc::clone(window)),
            _ => None,
        };
        let oldest = Window::oldest(head.number);
        let mut from = window
            .as_ref()
            .and_then(|window| window.continued_from(head.number));
        if let Some(window) = &window {
            while let Some(start) = from {
                let blocks = self.source.blocks(start, head.number).await?;
                match window.extended(blocks) {
                    Ok(None) => return Ok(()),
                    Ok(Some(next)) => {
                        self.show(next);
                        return Ok(());
                    }
                    Err(Detached) => {
                        debug!(head = head.number, below = start, "blocks were replaced");
                        let further = (head.number + 1 - start) * 2 + AGAIN;
                        from = (start > oldest).then(|| start.saturating_sub(further).max(oldest));
                    }
                }
            }
        }
        let blocks = self.source.blocks(oldest, head.number).await?;
        let next = match &window {
            Some(window) => window.rebuilt(blocks),
            None => Window::new(blocks),
        };
        if let Some(next) = next {
            self.show(next);
        }
        Ok(())
    }

    fn show(&self, window: Window) {
        self.seen.send_replace(Seen::Window(Arc::new(window)));
    }
}

/// Looks at each new head, and once more a little later.
async fn look(hub: Weak<Hub>) {
    let Some(mut heads) = hub.upgrade().map(|hub| hub.heads.watch()) else {
        return;
    };
    let mut done = None;
    let mut failures = 0_u32;
    let mut again: Option<Instant> = None;
    loop {
        {
            let Some(hub) = hub.upgrade() else { return };
            if hub.is_left() {
                return;
            }
            hub.heads.keep_looking();
            let head = *heads.borrow_and_update();
            let is_due = again.is_some_and(|moment| moment <= Instant::now());
            if let Some(head) = head
                && (done != Some(head) || is_due)
            {
                match hub.look(head).await {
                    Ok(()) => {
                        failures = 0;
                        // Logs that come late are found with the next block; if there is none, then.
                        again =
                            (done != Some(head)).then(|| Instant::now() + hub.heads.block_time());
                        done = Some(head);
                    }
                    Err(Trouble::TooMany) => again = Some(Instant::now()),
                    Err(trouble) => {
                        failures += 1;
                        again = Some(Instant::now() + pause(failures));
                        done = None;
                        report(&trouble, failures);
                        if let Some(error) = given_up(&trouble, failures) {
                            hub.seen.send_replace(Seen::Failed(error));
                            return;
                        }
                    }
                }
            }
        }
        let moment = again.unwrap_or_else(|| Instant::now() + CHECK_EVERY);
        tokio::select! {
            _ = heads.changed(), if failures == 0 => {}
            () = sleep_until(moment.min(Instant::now() + CHECK_EVERY)) => {}
        }
    }
}

/// The pause after so many failures in a row.
pub(super) fn pause(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE)
}

/// What does not pass is an error at last; a server in disorder may say anything for a while.
pub(super) fn given_up(trouble: &Trouble, failures: u32) -> Option<EventError> {
    trouble.final_error().filter(|_| failures >= MOST_FAILURES)
}

/// What is only a moment's trouble is for those who look closely.
pub(super) fn report(trouble: &Trouble, failures: u32) {
    if failures >= MOST_FAILURES {
        warn!(%trouble, failures, "cannot look for events");
    } else {
        debug!(%trouble, failures, "cannot look for events");
    }
}
