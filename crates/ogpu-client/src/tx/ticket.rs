//! Waiting for an intent.

use std::{sync::Arc, time::Duration};

use ogpu_tx::{IntentEvent, IntentId};
use tokio::sync::oneshot;

use super::{TxError, lane::Lane, record::Conclusion};
use crate::deadline::Deadline;

/// One who waits for an intent; dropping it stops waiting, and not the intent once it has left.
#[derive(Debug)]
pub(super) struct Ticket {
    lane: Arc<Lane>,
    id: IntentId,
    conclusion: oneshot::Receiver<Conclusion>,
    is_concluded: bool,
}

impl Ticket {
    pub(super) fn new(
        lane: &Arc<Lane>,
        id: IntentId,
        conclusion: oneshot::Receiver<Conclusion>,
    ) -> Self {
        Self {
            lane: Arc::clone(lane),
            id,
            conclusion,
            is_concluded: false,
        }
    }

    /// How the intent ends, or stands when time is up.
    pub(super) async fn wait(mut self, deadline: Deadline) -> Result<Conclusion, TxError> {
        /// The journal's answer at most is waited for, once time is up.
        const GRACE: Duration = Duration::from_secs(2);
        let conclusion = match deadline.bound(&mut self.conclusion).await {
            Some(conclusion) => conclusion.ok(),
            None => {
                self.lane.intent(self.id, IntentEvent::Abandoned);
                Deadline::after(GRACE)
                    .bound(&mut self.conclusion)
                    .await
                    .and_then(Result::ok)
            }
        };
        self.is_concluded = true;
        conclusion.ok_or_else(|| self.unconcluded(deadline))
    }

    /// Nothing was heard: the runtime ended, or the journal does not answer.
    fn unconcluded(&self, deadline: Deadline) -> TxError {
        let (chain, account) = (self.lane.chain(), self.lane.account);
        self.lane
            .with_record(self.id, |record| record.stands(chain, account, deadline))
            .flatten()
            .unwrap_or(TxError::Interrupted)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.is_concluded {
            self.lane.intent(self.id, IntentEvent::Abandoned);
        }
    }
}
