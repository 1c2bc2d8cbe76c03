//! `resume`.

use ogpu_chain::Contract;
use ogpu_contracts::{event, nexus};
use ogpu_types::Receipt;

use crate::{
    Client, Error, PendingPublish, PublishedSource, PublishedTask, TxError, deadline::Deadline,
};

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
    /// Nothing is signed for it. It gets the client's write timeout.
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
        let resuming = async {
            let checked = self.check_chain().await;
            checked.map_err(|error| still_unknown(error, pending, deadline))?;
            self.engine()
                .resume(pending.clone(), deadline)
                .await
                .map_err(Error::transaction)
        };
        let receipt = resuming.await?;
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

/// A node that cannot be asked says nothing of the transaction: it may take effect as before.
fn still_unknown(error: Error, pending: &PendingPublish, deadline: Deadline) -> Error {
    match (error, pending.hashes().last()) {
        (Error::Rpc { source }, Some(hash)) => Error::transaction(TxError::Pending {
            hash: *hash,
            nonce: pending.nonce(),
            budget: deadline.budget(),
            pending: Box::new(pending.clone()),
            source: Some(source),
        }),
        (error, _) => error,
    }
}
