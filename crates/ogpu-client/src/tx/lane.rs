//! One account's intents: the state that its callers and its driver share.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ogpu_tx::{Account, Action, Event, Fees, IntentEvent, IntentId, Millis, Version};
use ogpu_types::{Address, ChainId, TxHash, Wei};
use tokio::{
    runtime::Handle,
    sync::{Notify, oneshot, watch},
    time::Instant,
};
use tracing::Span;

use super::{
    Prepared,
    claim::Claim,
    driver,
    engine::Shared,
    heads::Head,
    record::{Conclusion, Name, Record},
    resets::Resets,
    state::{Changes, State},
    ticket::Ticket,
    trace,
};
use crate::{AccountJournal, IdempotencyKey, JournalEntry, Signer, deadline::Deadline};

/// Stands for the fees of an entry that holds no version.
pub(super) const NO_FEES: Fees = Fees::Legacy {
    gas_price: Wei::ZERO,
};

/// One account's intents.
pub(super) struct Lane {
    pub(super) shared: Arc<Shared>,
    pub(super) account: Address,
    pub(super) journal: Box<dyn AccountJournal>,
    /// Told when there is something to do.
    pub(super) wake: Notify,
    /// Closed with the last handle of the client: nobody is left who could ask.
    pub(super) client: watch::Receiver<()>,
    /// Asking a node how many transactions the account has, before one of a burst is sent.
    pub(super) counting: Claim,
    /// Filling a hole in the nonces.
    pub(super) filling: Claim,
    pub(super) resets: Resets,
    started: Instant,
    state: Mutex<State>,
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

/// A new intent.
#[derive(Debug)]
pub(super) struct Submission {
    pub(super) name: Name,
    pub(super) prepared: Prepared,
    pub(super) signer: Signer,
    pub(super) deadline: Deadline,
    /// The account's next nonce as a node has just said, if it was asked.
    pub(super) pending: Option<u64>,
}

impl Lane {
    pub(super) fn new(
        shared: Arc<Shared>,
        account: Address,
        journal: Box<dyn AccountJournal>,
        client: watch::Receiver<()>,
    ) -> Self {
        let machine = Account::new(shared.policy);
        let reorgs = shared.heads.last().map_or(0, |head| head.reorgs);
        Self {
            shared,
            account,
            journal,
            wake: Notify::new(),
            client,
            counting: Claim::default(),
            filling: Claim::default(),
            resets: Resets::default(),
            started: Instant::now(),
            state: Mutex::new(State::new(machine, reorgs)),
        }
    }

    pub(super) fn chain(&self) -> ChainId {
        self.shared.chain
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Millis {
        Millis::try_from(self.started.elapsed().as_millis()).unwrap_or(Millis::MAX)
    }

    /// The moment of the machine's next tick.
    pub(super) fn next_tick(&self) -> Option<Instant> {
        let due = self.state().machine.next_tick()?;
        // Far enough to be never, and within what an instant can hold.
        Some(self.started + Duration::from_millis(due.min(1 << 40)))
    }

    /// Whether the account has transactions under way, so that its nonces are known without asking.
    pub(super) fn has_live(&self) -> bool {
        self.state().machine.has_live()
    }

    /// How many intents there have been.
    pub(super) fn intents(&self) -> u64 {
        self.state().next_id
    }

    /// A new intent, and the first to wait for it.
    pub(super) fn submit(self: &Arc<Self>, new: Submission) -> Ticket {
        let (waiter, conclusion) = oneshot::channel();
        let id = self.add(new, Some(waiter));
        Ticket::new(self, id, conclusion)
    }

    /// A new intent that nobody waits for, and that is seen through all the same.
    pub(super) fn submit_unwatched(self: &Arc<Self>, new: Submission) {
        self.add(new, None);
    }

    fn add(
        self: &Arc<Self>,
        new: Submission,
        waiter: Option<oneshot::Sender<Conclusion>>,
    ) -> IntentId {
        let id = {
            let mut state = self.state();
            state.signer = Some(new.signer.clone());
            state.add(Record {
                name: new.name,
                prepared: new.prepared,
                signer: Some(new.signer),
                nonce: None,
                versions: Vec::new(),
                deadline: new.deadline,
                offered: HashSet::new(),
                trouble: None,
                receipt: None,
                waiter,
                span: Span::current(),
            })
        };
        self.event(&Event::Wanted {
            id,
            confirmations: self.shared.confirmations,
            pending: new.pending,
        });
        id
    }

    /// Takes up an intent of an earlier process, or of another one.
    pub(super) fn restore(self: &Arc<Self>, entry: JournalEntry, deadline: Deadline) -> IntentId {
        let nonce = entry.nonce;
        let fees = entry.versions.last().map(|signed| signed.fees);
        let versions = entry
            .versions
            .iter()
            .map(|signed| Version {
                hash: signed.hash,
                fees: signed.fees,
            })
            .collect();
        let id = {
            let mut state = self.state();
            if let Some(id) = state.by_key.get(&entry.key) {
                return *id;
            }
            let record = Record {
                name: Name {
                    key: entry.key,
                    fingerprint: entry.fingerprint,
                },
                prepared: Prepared {
                    request: entry.request,
                    gas_limit: entry.gas_limit,
                    fees: fees.unwrap_or(NO_FEES),
                },
                signer: None,
                nonce: Some(nonce),
                offered: entry.versions.iter().map(|signed| signed.hash).collect(),
                versions: entry.versions,
                deadline,
                trouble: None,
                receipt: None,
                waiter: None,
                span: Span::none(),
            };
            state.add(record)
        };
        self.event(&Event::Restored {
            id,
            confirmations: self.shared.confirmations,
            nonce,
            versions,
        });
        id
    }

    /// Waits for an intent that is there already.
    pub(super) fn attach(self: &Arc<Self>, id: IntentId, deadline: Deadline) -> Option<Ticket> {
        let (waiter, conclusion) = oneshot::channel();
        {
            let mut state = self.state();
            let record = state.records.get_mut(&id)?;
            record.waiter = Some(waiter);
            record.deadline = deadline;
        }
        self.intent(id, IntentEvent::Awaited);
        Some(Ticket::new(self, id, conclusion))
    }

    /// The intent with this key that is under way.
    pub(super) fn find(&self, key: &IdempotencyKey) -> Option<(IntentId, Name)> {
        let state = self.state();
        let id = *state.by_key.get(key)?;
        let name = state.records.get(&id)?.name.clone();
        Some((id, name))
    }

    pub(super) fn with_record<T>(
        &self,
        id: IntentId,
        work: impl FnOnce(&mut Record) -> T,
    ) -> Option<T> {
        self.state().records.get_mut(&id).map(work)
    }

    /// What is under way from this nonce on: nonces, each with its newest version's hash.
    pub(super) fn under_way(&self, from: u64) -> Vec<(u64, TxHash)> {
        let state = self.state();
        let mut found: Vec<_> = state
            .records
            .values()
            .filter_map(|record| Some((record.nonce?, record.newest()?.hash)))
            .filter(|(nonce, _)| *nonce >= from)
            .collect();
        found.sort_unstable();
        found
    }

    /// What the newest version under the nonce offers.
    pub(super) fn newest_fees(&self, nonce: u64) -> Option<Fees> {
        let state = self.state();
        let mut own = state.records.values().filter(|r| r.nonce == Some(nonce));
        own.find_map(|record| Some(record.newest()?.fees))
    }

    pub(super) fn signer(&self) -> Option<Signer> {
        self.state().signer.clone()
    }

    /// Who signs for the account from now on, where nobody else is named.
    pub(super) fn use_signer(&self, signer: &Signer) {
        self.state().signer = Some(signer.clone());
    }

    /// Whether a nonce is missing below one in use, and nobody has taken it.
    pub(super) fn has_hole(&self) -> bool {
        self.state().machine.has_hole()
    }

    /// Whether somebody else has become the journal's holder.
    pub(super) fn is_lost(&self) -> bool {
        self.state().is_lost
    }

    pub(super) fn lose(&self) {
        self.state().is_lost = true;
    }

    /// How many reorgs the account has heard of.
    pub(super) fn reorgs(&self) -> u64 {
        self.state().reorgs
    }

    /// Blocks that were seen are gone, if these are more reorgs than were heard of.
    pub(super) fn hear_of_reorgs(self: &Arc<Self>, head: Head) {
        let heard = std::mem::replace(&mut self.state().reorgs, head.reorgs);
        if heard != head.reorgs {
            self.event(&Event::Reorganised);
            // Before any receipt: how deep it is depends on the new chain's height.
            self.event(&Event::Head {
                number: head.number,
            });
        }
    }

    /// Tells whoever waits how an intent stands, which is not known to end.
    pub(super) fn tell_standing(&self, id: IntentId) {
        let told = self.with_record(id, |record| {
            let error = record.stands(self.chain(), self.account, record.deadline)?;
            let waiter = record.waiter.take()?;
            Some((waiter, Conclusion::Failed(Box::new(error))))
        });
        if let Some((waiter, conclusion)) = told.flatten() {
            // Who has gone does not want to know.
            let _ = waiter.send(conclusion);
        }
    }

    /// What is to be written down after all, before anything else is.
    pub(super) fn put_back(&self, changes: Changes) {
        self.state().changes.splice(..0, changes);
        self.wake.notify_one();
    }

    pub(super) fn has_changes(&self) -> bool {
        !self.state().changes.is_empty()
    }

    pub(super) fn mined_at(&self, id: IntentId) -> Option<u64> {
        self.state().machine.mined_at(id)
    }

    pub(super) fn is_watching(&self) -> bool {
        self.state().machine.is_watching()
    }

    pub(super) fn intent(self: &Arc<Self>, id: IntentId, event: IntentEvent) {
        self.event(&Event::Intent { id, event });
    }

    /// Everything that happens to the account goes through here, one event at a time.
    pub(super) fn event(self: &Arc<Self>, event: &Event) {
        self.event_if(event, |_| true);
    }

    /// What receipts said, unless blocks that were seen then are gone; whether it was told.
    pub(super) fn intent_since(
        self: &Arc<Self>,
        reorgs: u64,
        id: IntentId,
        event: IntentEvent,
    ) -> bool {
        self.event_if(&Event::Intent { id, event }, |state| state.reorgs == reorgs)
    }

    fn event_if(self: &Arc<Self>, event: &Event, holds: impl FnOnce(&State) -> bool) -> bool {
        let now = self.now();
        let mut concluded = Vec::new();
        {
            let mut state = self.state();
            if !holds(&state) {
                return false;
            }
            let state = &mut *state;
            let mut step = |state: &mut State, event: &Event| {
                let actions = state.machine.on(event, now);
                trace::transition(self.account, now, event, &actions);
                for action in actions {
                    concluded.extend(state.take(action, self));
                }
            };
            if state.lost_its_driver() {
                step(state, &Event::Interrupted);
            }
            step(state, event);
            // Without a runtime it waits for the next event that has one.
            if state.driver.is_none()
                && let Ok(runtime) = Handle::try_current()
            {
                state.driver = Some(runtime.spawn(driver::drive(Arc::clone(self))));
            }
        }
        for (waiter, conclusion) in concluded {
            // Who has gone does not want to know.
            let _ = waiter.send(conclusion);
        }
        self.wake.notify_one();
        true
    }

    /// What is to be done now.
    pub(super) fn take_todo(&self) -> Vec<Action> {
        std::mem::take(&mut self.state().todo)
    }

    /// What is to be written down now.
    pub(super) fn take_changes(&self) -> Changes {
        std::mem::take(&mut self.state().changes)
    }

    /// Whether the driver may end: it holds nothing, and nothing is to be done.
    pub(super) fn release_driver(&self) -> bool {
        self.state().release_driver()
    }
}
