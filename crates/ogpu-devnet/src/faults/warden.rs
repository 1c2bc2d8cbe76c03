//! The plan in force at a set of doors, and their log.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ogpu_types::TxHash;

use super::decide::{Decider, Verdict};
use super::fault::ChainFault;
use super::log::{Door, Exchange, FaultLog};
use super::plan::FaultPlan;

/// Decides about each request and writes it down, in one step, so that the log has the order of the
/// decisions.
#[derive(Debug)]
pub(crate) struct Warden {
    book: Mutex<Book>,
}

#[derive(Debug)]
struct Book {
    decider: Decider,
    log: FaultLog,
}

impl Default for Warden {
    fn default() -> Self {
        Self::new(&FaultPlan::none())
    }
}

impl Warden {
    pub(super) fn new(plan: &FaultPlan) -> Self {
        Self {
            book: Mutex::new(Book {
                decider: Decider::new(plan),
                log: FaultLog::default(),
            }),
        }
    }

    pub(super) fn set(&self, plan: &FaultPlan) {
        self.book().decider = Decider::new(plan);
    }

    pub(super) fn judge(&self, door: Door, methods: &[&str], transactions: Vec<TxHash>) -> Verdict {
        let mut book = self.book();
        let verdict = book.decider.decide(door, methods);
        book.log.add(Exchange {
            door,
            methods: methods.iter().map(|method| (*method).to_owned()).collect(),
            transactions,
            delay: verdict.delay,
            faults: verdict.faults.clone(),
        });
        verdict
    }

    pub(super) fn note(&self, fault: ChainFault) {
        self.book().log.add_chain_fault(fault);
    }

    pub(super) fn log(&self) -> FaultLog {
        self.book().log.clone()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // No holder of the lock leaves anything half done.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
