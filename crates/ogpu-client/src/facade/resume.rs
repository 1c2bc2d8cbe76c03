//! `resume`.

use ogpu_chain::Contract;
use ogpu_contracts::{event, nexus};
use ogpu_types::Receipt;

use crate::{Client, Error, PendingPublish, PublishedSource, PublishedTask, deadline::Deadline};

/// What a resumed call has done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resumed {
    /// It published a source.
    Source(PublishedSource),
    /// It published a task.
    Task(PublishedTask),
    /// It did anything else.
    Other(Receipt),
}

impl Resumed {
    /// The receipt of the transaction.
    pub fn receipt(&self) -> &Receipt {
        match self {
            Self::Source(source) => &source.receipt,
            Self::Task(task) => &task.receipt,
            Self::Other(receipt) => receipt,
        }
    }
}

impl Client {
    /// Sees a transaction through whose end an earlier call did not see, in this process or another:
    /// offers the same bytes again where the chain does not have them, and waits for the receipt.
    /// Nothing is signed for it, unless this client sends from the account: then what is stuck is
    /// replaced, as ever. It gets the client's write timeout.
    ///
    /// # Errors
    ///
    /// [`Error::WrongChain`] for another chain's transaction, and [`Error::Transaction`] as the call
    /// itself would have had it.
    #[tracing::instrument(skip_all, fields(account = %pending.account(), nonce = pending.nonce()))]
    pub async fn resume(&self, pending: &PendingPublish) -> Result<Resumed, Error> {
        let deadline = Deadline::after(self.write_timeout());
        if pending.chain() != self.chain().id() {
            return Err(Error::WrongChain {
                expected: pending.chain(),
                actual: self.chain().id(),
                endpoint: self.rpc().endpoint().clone(),
            });
        }
        let checked = deadline.bound(self.check_chain()).await;
        let checked = checked.unwrap_or(Err(Error::OutOfTime {
            step: "asking the node for its chain",
            budget: deadline.budget(),
        }));
        // It may be on the chain all the same.
        checked.map_err(|error| Error::transaction(pending.not_resumed(Box::new(error))))?;
        let receipt = self
            .engine()
            .resume(pending.clone(), deadline)
            .await
            .map_err(Error::transaction)?;
        Ok(self.read_result(receipt))
    }

    /// What a receipt says was published.
    fn read_result(&self, receipt: Receipt) -> Resumed {
        let emitter = self.contract(Contract::Nexus);
        if let Some(event) = event::find::<nexus::TaskPublishedFilter>(&receipt.logs, emitter) {
            return Resumed::Task(PublishedTask {
                address: event.task.into(),
                transaction_hash: receipt.transaction_hash,
                receipt,
            });
        }
        if let Some(event) = event::find::<nexus::SourcePublishedFilter>(&receipt.logs, emitter) {
            return Resumed::Source(PublishedSource {
                address: event.source.into(),
                transaction_hash: receipt.transaction_hash,
                receipt,
            });
        }
        Resumed::Other(receipt)
    }
}
