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
use tracing::debug;

use super::{
    error::EventError,
    patience::Patience,
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
    let receivers = hub
        .upgrade()
        .map(|hub| (hub.heads.watch(), hub.heads.looks()));
    let Some((mut heads, mut looks)) = receivers else {
        return;
    };
    // The last head that was seen may be hours old: not where somebody starts who asks for what comes.
    let start = Instant::now();
    let mut is_fresh;
    let mut done = None;
    let mut patience = Patience::default();
    // After a failure, the pause is kept whatever comes.
    let mut is_well = true;
    let mut again: Option<Instant> = None;
    loop {
        {
            let Some(hub) = hub.upgrade() else { return };
            if hub.is_left() {
                return;
            }
            hub.heads.keep_looking();
            is_fresh = looks
                .borrow_and_update()
                .is_some_and(|began| began >= start);
            let head = heads.borrow_and_update().filter(|_| is_fresh);
            let is_due = again.is_some_and(|moment| moment <= Instant::now());
            if let Some(head) = head
                && (done != Some(head) || is_due)
            {
                match hub.look(head).await {
                    Ok(()) => {
                        patience.succeeded();
                        // Logs that come late are found with the next block; if there is none, then.
                        again =
                            (done != Some(head)).then(|| Instant::now() + hub.heads.block_time());
                        (done, is_well) = (Some(head), true);
                    }
                    Err(trouble) => match patience.failed(&trouble) {
                        Ok(pause) => {
                            again = Some(Instant::now() + pause);
                            (done, is_well) = (None, false);
                        }
                        Err(error) => {
                            hub.seen.send_replace(Seen::Failed(error));
                            return;
                        }
                    },
                }
            }
        }
        let moment = again.unwrap_or_else(|| Instant::now() + CHECK_EVERY);
        tokio::select! {
            _ = looks.changed(), if !is_fresh => {}
            _ = heads.changed(), if is_well => {}
            () = sleep_until(moment.min(Instant::now() + CHECK_EVERY)) => {}
        }
    }
}
