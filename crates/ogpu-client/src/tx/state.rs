//! What a lane's callers and its driver share, behind one lock.

use std::collections::HashMap;

use ogpu_tx::{Account, Action, IntentId};
use ogpu_types::TxHash;
use tokio::{sync::oneshot, task::JoinHandle};

use super::{
    lane::Lane,
    record::{Conclusion, Record},
};
use crate::{IdempotencyKey, JournalChange, Signer};

/// What is known of an account's intents, and what is to be done.
#[derive(Debug)]
pub(super) struct State {
    pub(super) machine: Account,
    pub(super) records: HashMap<IntentId, Record>,
    pub(super) by_key: HashMap<IdempotencyKey, IntentId>,
    pub(super) next_id: u64,
    pub(super) todo: Vec<Action>,
    pub(super) changes: Changes,
    pub(super) driver: Option<JoinHandle<()>>,
    /// The signer of the account that was used last: it fills holes, and replaces what an earlier
    /// process has sent.
    pub(super) signer: Option<Signer>,
    /// How many reorgs the account has heard of.
    pub(super) reorgs: u64,
    /// Somebody else has become the journal's holder.
    pub(super) is_lost: bool,
}

/// What a journal's answer is the answer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Stored { hash: TxHash },
    Withdrawn,
}

/// A group of changes that are written at once, and who waits for each.
pub(super) type Changes = Vec<(JournalChange, Option<(IntentId, Written)>)>;

impl State {
    pub(super) fn new(machine: Account, reorgs: u64) -> Self {
        Self {
            machine,
            records: HashMap::new(),
            by_key: HashMap::new(),
            next_id: 0,
            todo: Vec::new(),
            changes: Vec::new(),
            driver: None,
            signer: None,
            reorgs,
            is_lost: false,
        }
    }

    pub(super) fn add(&mut self, record: Record) -> IntentId {
        let id = IntentId(self.next_id);
        self.next_id += 1;
        self.by_key.insert(record.name.key.clone(), id);
        self.records.insert(id, record);
        id
    }

    /// Whether the driver has ended with its runtime, and all that it was doing with it.
    pub(super) fn lost_its_driver(&mut self) -> bool {
        let lost = self.driver.as_ref().is_some_and(JoinHandle::is_finished);
        if lost {
            self.driver = None;
            self.todo.clear();
            self.changes.retain(|(_, answer)| answer.is_none());
        }
        lost
    }

    /// Whether the driver may end: it holds nothing, and nothing is to be done.
    pub(super) fn release_driver(&mut self) -> bool {
        let idle = self.todo.is_empty()
            && self.changes.is_empty()
            && !self.machine.is_watching()
            && self.machine.next_tick().is_none();
        if idle {
            self.driver = None;
        }
        idle
    }

    /// Does what takes no time, and puts the rest on the driver's list.
    pub(super) fn take(
        &mut self,
        action: Action,
        lane: &Lane,
    ) -> Option<(oneshot::Sender<Conclusion>, Conclusion)> {
        match action {
            Action::Store { id, hash } => {
                let record = self.records.get(&id)?;
                let entry = record.entry(lane.chain(), lane.account)?;
                let change = JournalChange::Put(Box::new(entry));
                self.changes
                    .push((change, Some((id, Written::Stored { hash }))));
            }
            Action::Withdraw { id } => {
                let key = self.records.get(&id)?.name.key.clone();
                let change = JournalChange::Remove { key };
                self.changes.push((change, Some((id, Written::Withdrawn))));
            }
            Action::Settle { id, hash } => {
                let key = self.records.get(&id)?.name.key.clone();
                self.changes
                    .push((JournalChange::Settle { key, hash }, None));
            }
            Action::Conclude { id, verdict } => {
                let record = self.records.get_mut(&id)?;
                let conclusion = record.conclude(verdict, lane.chain(), lane.account)?;
                return Some((record.waiter.take()?, conclusion));
            }
            Action::Forget { id } => {
                let record = self.records.remove(&id)?;
                // The key may name a later intent by now.
                if self.by_key.get(&record.name.key) == Some(&id) {
                    self.by_key.remove(&record.name.key);
                }
            }
            action => self.todo.push(action),
        }
        None
    }
}
