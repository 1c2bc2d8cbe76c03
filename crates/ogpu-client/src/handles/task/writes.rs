//! What the client that published a task does with it.

use ogpu_chain::Contract;
use ogpu_contracts::controller;
use ogpu_types::Receipt;

use super::Task;
use crate::{Write, contract_write::ContractWrite, refusal::Subject};

impl Task {
    /// Takes the task back while nobody has attempted it: its payment returns to the client's vault
    /// balance.
    ///
    /// The signer is the task's client, or an agent of the client; defaults to `CLIENT_PRIVATE_KEY`.
    ///
    /// # Errors
    ///
    /// [`Error::TaskNotFound`](crate::Error::TaskNotFound),
    /// [`Error::NotTaskOwner`](crate::Error::NotTaskOwner),
    /// [`Error::WrongTaskStatus`](crate::Error::WrongTaskStatus) when it is not new any more,
    /// [`Error::TaskFinalized`](crate::Error::TaskFinalized),
    /// [`Error::TaskExpired`](crate::Error::TaskExpired),
    /// [`Error::Transaction`](crate::Error::Transaction).
    pub fn cancel(&self) -> Write<Receipt> {
        let call = controller::CancelTaskCall {
            task: self.address.into(),
        };
        ContractWrite::new("cancel_task", Contract::Controller, call)
            .about(Subject::task(self.address))
            .write(&self.client)
    }
}
