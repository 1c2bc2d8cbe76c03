//! One look at the chain's head for all that waits for blocks.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use ogpu_types::Hash32;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep},
};
use tracing::debug;

use crate::rpc::{Block, BlockId, Rpc};

/// The first pause between looks; dev chains have a block at once.
const SHORTEST: Duration = Duration::from_millis(20);
/// The longest pause between looks at a chain whose pace is not known.
const LONGEST: Duration = Duration::from_secs(1);

/// The chain's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) number: u64,
    hash: Hash32,
    /// How many reorgs were seen until then.
    pub(crate) reorgs: u64,
}

/// The head as a client sees it, looked at only while somebody waits.
#[derive(Debug)]
pub(crate) struct Heads {
    rpc: Rpc,
    seen: watch::Sender<Option<Head>>,
    /// When the last look began that was answered, with a new head or not.
    looked: watch::Sender<Option<Instant>>,
    pace: Mutex<Pace>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// How fast blocks come.
#[derive(Debug, Default)]
struct Pace {
    last_block: Option<Instant>,
    /// Between blocks, averaged.
    interval: Option<Duration>,
}

impl Heads {
    pub(crate) fn new(rpc: Rpc) -> Arc<Self> {
        Arc::new(Self {
            rpc,
            seen: watch::Sender::new(None),
            looked: watch::Sender::new(None),
            pace: Mutex::default(),
            task: Mutex::default(),
        })
    }

    /// How old something read from the head may be without missing a block.
    pub(crate) fn block_time(&self) -> Duration {
        lock(&self.pace)
            .interval
            .map_or(LONGEST, |interval| interval.clamp(SHORTEST, LONGEST * 15))
    }

    /// The last head seen.
    pub(crate) fn last(&self) -> Option<Head> {
        *self.seen.borrow()
    }

    /// Whether it would be noticed that this block is replaced: it is not above the last head seen.
    pub(crate) fn covers(&self, number: u64, hash: Hash32) -> bool {
        self.last().is_some_and(|head| {
            number < head.number || (number == head.number && hash == head.hash)
        })
    }

    /// Heads from now on; looking goes on as long as a receiver is kept.
    pub(crate) fn watch(self: &Arc<Self>) -> watch::Receiver<Option<Head>> {
        let receiver = self.seen.subscribe();
        self.keep_looking();
        receiver
    }

    /// When each look began that was answered: what was seen before nobody waited may be long past.
    pub(crate) fn looks(&self) -> watch::Receiver<Option<Instant>> {
        self.looked.subscribe()
    }

    /// Starts looking again where the task that did has ended, with its runtime or for want of
    /// anybody who waits.
    pub(crate) fn keep_looking(self: &Arc<Self>) {
        let mut task = lock(&self.task);
        if task.as_ref().is_none_or(JoinHandle::is_finished) {
            *task = Some(tokio::spawn(look(Arc::downgrade(self))));
        }
    }

    /// Looks once; whether there was a new head.
    async fn look(&self) -> bool {
        let began = Instant::now();
        let before = self.last();
        let latest = self
            .rpc
            .call::<Block>("eth_getBlockByNumber", (BlockId::Latest, false));
        let again = async {
            let Some(before) = before else {
                return Ok(None);
            };
            let number = BlockId::Number(before.number);
            self.rpc
                .call::<Option<Block>>("eth_getBlockByNumber", (number, false))
                .await
        };
        // Without the answer about the block that was seen, a reorg would pass unnoticed for good.
        let (latest, again) = match tokio::join!(latest, again) {
            (Ok(latest), Ok(again)) => (latest, again),
            (Err(error), _) | (_, Err(error)) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                debug!(error, "cannot look at the head");
                return false;
            }
        };
        let replaced = before.is_some_and(|before| {
            again.is_none_or(|again| again.hash != before.hash)
                || (latest.number == before.number && latest.hash != before.hash)
        });
        let head = Head {
            number: latest.number,
            hash: latest.hash,
            reorgs: before.map_or(0, |before| before.reorgs) + u64::from(replaced),
        };
        let is_new = before != Some(head);
        if is_new {
            if replaced {
                debug!(number = head.number, "blocks that were seen are gone");
            }
            self.note_pace(before, head);
            self.seen.send_replace(Some(head));
        }
        self.looked.send_replace(Some(began));
        is_new
    }

    fn note_pace(&self, before: Option<Head>, head: Head) {
        let mut pace = lock(&self.pace);
        let blocks = before.map_or(0, |before| head.number.saturating_sub(before.number));
        if let (Some(last), Ok(blocks @ 1..)) = (pace.last_block, u32::try_from(blocks)) {
            let interval = last.elapsed() / blocks;
            pace.interval = Some(
                pace.interval
                    .map_or(interval, |old| (old * 3 + interval) / 4),
            );
        }
        pace.last_block = Some(Instant::now());
    }

    /// The longest pause between looks: a quarter of the time between blocks.
    fn longest_pause(&self) -> Duration {
        lock(&self.pace)
            .interval
            .map_or(LONGEST, |interval| (interval / 4).clamp(SHORTEST, LONGEST))
    }
}

/// Looks as long as somebody waits: often at first, then as often as blocks come.
async fn look(heads: Weak<Heads>) {
    let mut pause = SHORTEST;
    loop {
        let hint = {
            let Some(heads) = heads.upgrade() else { return };
            if heads.seen.receiver_count() == 0 {
                // Whoever waits next does not take the time until then for the time between blocks.
                lock(&heads.pace).last_block = None;
                return;
            }
            if heads.look().await {
                pause = SHORTEST;
            }
            pause = (pause * 3 / 2).min(heads.longest_pause());
            heads.rpc.hint()
        };
        tokio::select! {
            () = sleep(pause) => {}
            () = hint => pause = SHORTEST,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
