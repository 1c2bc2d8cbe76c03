//! Which answers are scripted for which service, and how often each was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::scripted::Scripted;
use super::{gateway, management, pinning};

/// One of the off-chain services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Takes uploads: `POST /file/create`.
    Pinning,
    /// Serves what is pinned: `GET` and `HEAD` of `/ipfs/{cid}`.
    Gateway,
    /// Tells the confirmed response of a task: `GET /api/tasks/{task}`.
    Management,
}

impl Service {
    /// The service that a path belongs to.
    pub(crate) fn at(path: &str) -> Option<Self> {
        let below = |root: &str| {
            path.strip_prefix(root)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        if path == pinning::PATH {
            Some(Self::Pinning)
        } else if below(gateway::PATH) {
            Some(Self::Gateway)
        } else if below(management::PATH) {
            Some(Self::Management)
        } else {
            None
        }
    }
}

/// The scripts of all services; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Script {
    lanes: Arc<Mutex<Lanes>>,
}

#[derive(Debug, Default)]
struct Lanes {
    pinning: Lane,
    gateway: Lane,
    management: Lane,
}

/// The script of one service.
#[derive(Debug, Default)]
struct Lane {
    requests: u64,
    answers: VecDeque<Scripted>,
}

impl Script {
    /// Puts answers behind those that wait already.
    pub(super) fn append(&self, service: Service, answers: impl IntoIterator<Item = Scripted>) {
        // Collected before locking: the iterator is the caller's code.
        let answers: Vec<Scripted> = answers.into_iter().collect();
        self.lanes().of(service).answers.extend(answers);
    }

    /// Counts a request; answers how it is to be answered.
    pub(super) fn next(&self, service: Service) -> Scripted {
        let mut lanes = self.lanes();
        let lane = lanes.of(service);
        lane.requests += 1;
        lane.answers.pop_front().unwrap_or_else(Scripted::real)
    }

    /// How many requests the service has received.
    pub(super) fn requests(&self, service: Service) -> u64 {
        self.lanes().of(service).requests
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        // No holder of the lock leaves anything half done.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lanes {
    const fn of(&mut self, service: Service) -> &mut Lane {
        match service {
            Service::Pinning => &mut self.pinning,
            Service::Gateway => &mut self.gateway,
            Service::Management => &mut self.management,
        }
    }
}
