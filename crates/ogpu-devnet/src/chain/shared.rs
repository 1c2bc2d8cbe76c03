//! What the RPC, the miner and the in-process handle share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::config::Mining;
use super::filters::Filters;
use super::ledger::Ledger;

/// The one ledger behind its lock, and what surrounds it.
///
/// Whoever locks the ledger may mine a block meanwhile, so async code locks it on the blocking
/// pool only. Work on the ledger is never spread over several locks: an RPC whose client went away
/// is carried out or not at all.
#[derive(Debug)]
pub(crate) struct Shared {
    ledger: Mutex<Ledger>,
    filters: Mutex<Filters>,
    mining: watch::Sender<Mining>,
}

impl Shared {
    pub(crate) fn new(ledger: Ledger, mining: Mining) -> Self {
        let shared = Self {
            ledger: Mutex::new(ledger),
            filters: Mutex::default(),
            mining: watch::Sender::new(mining),
        };
        shared.set_mining(mining);
        shared
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // A panic elsewhere leaves the ledger whole: blocks are built aside and then put in place.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn filters(&self) -> MutexGuard<'_, Filters> {
        self.filters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_mining(&self, mining: Mining) {
        let mut ledger = self.ledger();
        ledger.set_instant(mining == Mining::Instant);
        self.mining.send_replace(mining);
    }

    pub(crate) fn mining(&self) -> watch::Receiver<Mining> {
        self.mining.subscribe()
    }
}
