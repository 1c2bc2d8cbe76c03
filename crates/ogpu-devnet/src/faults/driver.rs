//! What happens to the chain now and then, by the plan.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::dice::Dice;
use super::fault::ChainFault;
use super::plan::FaultPlan;
use super::warden::Warden;
use crate::chain::Orphans;
use crate::network::{ChainControl, DevnetError};

/// Runs a plan's faults of the chain until it is dropped.
#[derive(Debug)]
pub(super) struct Driver(AbortHandle);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A fault of the chain and when it is due.
struct Due {
    at: Instant,
    mean: Duration,
    fault: ChainFault,
    dice: Dice,
}

impl Due {
    fn schedule(&mut self) {
        self.at += self.mean / 2 + self.dice.duration(self.mean);
    }
}

impl Driver {
    /// Starts what the plan says; none if it says nothing of the chain.
    pub(super) fn start(
        plan: &FaultPlan,
        control: &ChainControl,
        warden: &Arc<Warden>,
    ) -> Option<Self> {
        if plan.chain.is_empty() {
            return None;
        }
        let now = Instant::now();
        let due = plan.chain.iter().zip(1..).map(|((mean, fault), purpose)| {
            let mut due = Due {
                at: now,
                mean: (*mean).max(SHORTEST),
                fault: *fault,
                // Rules count their purposes upwards from 0.
                dice: Dice::new(plan.seed, u64::MAX - purpose, 0),
            };
            due.schedule();
            due
        });
        let running = run(due.collect(), control.clone(), Arc::clone(warden));
        Some(Self(tokio::spawn(running).abort_handle()))
    }
}

/// A mean time is at least this long, so that faults leave time for everything else.
const SHORTEST: Duration = Duration::from_millis(1);

async fn run(mut faults: Vec<Due>, control: ChainControl, warden: Arc<Warden>) {
    while let Some(due) = faults.iter_mut().min_by_key(|due| due.at) {
        tokio::time::sleep_until(due.at).await;
        let fault = due.fault;
        match strike(fault, &mut due.dice, &control).await {
            Ok(()) => warden.note(fault),
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::debug!(error, ?fault, "a fault of the chain was not possible");
            }
        }
        due.schedule();
    }
}

async fn strike(
    fault: ChainFault,
    dice: &mut Dice,
    control: &ChainControl,
) -> Result<(), DevnetError> {
    match fault {
        ChainFault::Reorg { deepest } => {
            let depth = 1 + dice.below(deepest);
            let orphans = match dice.below(3) {
                0 => Orphans::LastDropped,
                1 => Orphans::Dropped,
                _ => Orphans::Delayed,
            };
            control.reorg(depth, orphans).await.map(drop)
        }
        ChainFault::DropPending { most } => {
            let count = 1 + dice.below(most as u64);
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            control.drop_pending(count).await.map(drop)
        }
        ChainFault::BaseFeeSpike { wei } => control.spike_base_fee(wei).await,
        ChainFault::ClockSkew { most } => {
            let wide = dice.below(2 * u64::from(most) + 1);
            let seconds = i64::try_from(wide).unwrap_or(0) - i64::from(most);
            control.skew_clock(seconds)
        }
    }
}
