//! The confirmation of a run: once, whatever happened to earlier calls with the same key.

use std::future::IntoFuture;

use ethers_core::{abi::AbiDecode, utils::keccak256};
use ogpu_contracts::controller::ConfirmResponseCall;
use ogpu_types::{Hash32, ResponseAddress, TaskAddress, TaskStatus, TxHash};

use crate::{Client, Error, IdempotencyKey, Signer, TxError, deadline::Deadline};

/// What confirms a response of one run.
#[derive(Debug)]
pub(super) struct Confirmation<'a> {
    client: &'a Client,
    signer: &'a Signer,
    deadline: Deadline,
    task: TaskAddress,
    key: IdempotencyKey,
}

impl<'a> Confirmation<'a> {
    pub(super) fn new(
        client: &'a Client,
        signer: &'a Signer,
        deadline: Deadline,
        run: &IdempotencyKey,
        task: TaskAddress,
    ) -> Self {
        Self {
            client,
            signer,
            deadline,
            task,
            key: key_of(run, task),
        }
    }

    /// The response that an earlier call has begun to confirm, if one has.
    pub(super) async fn begun(&self) -> Result<Option<ResponseAddress>, Error> {
        let account = self.signer.address();
        let engine = self.client.engine();
        let entry = engine.noted(account, &self.key, self.deadline).await;
        let entry = entry.map_err(Error::transaction)?;
        Ok(entry.and_then(|entry| {
            let call = ConfirmResponseCall::decode(entry.request.data.as_ref()).ok()?;
            Some(call.response.into())
        }))
    }

    /// Confirms the response, or the one that another call with the same key is confirming; `None` if
    /// the task is final without this.
    pub(super) async fn make(&self, response: ResponseAddress) -> Result<Option<TxHash>, Error> {
        let error = match self.confirm(response).await {
            Err(error) if is_key_reused(&error) => error,
            result => return result,
        };
        match self.begun().await? {
            Some(other) => self.confirm(other).await,
            None => Err(error),
        }
    }

    async fn confirm(&self, response: ResponseAddress) -> Result<Option<TxHash>, Error> {
        let confirmed = self
            .client
            .confirm_response(response)
            .signer(self.signer)
            .idempotency_key(self.key.clone())
            .timeout(self.deadline.remaining())
            .await;
        match confirmed {
            Ok(transaction) => Ok(Some(transaction)),
            Err(error)
                if error.is_already_confirmed()
                    || matches!(error.reason(), Error::TaskFinalized { .. }) =>
            {
                Ok(None)
            }
            // The transaction may have been mined too late, in an earlier call.
            Err(error) if self.is_final().await => {
                tracing::debug!(%error, task = %self.task, "the task is final without this confirmation");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn is_final(&self) -> bool {
        let status = self.client.task(self.task).status().into_future();
        let status = self.deadline.bound(status).await;
        matches!(status, Some(Ok(TaskStatus::Finalized)))
    }
}

fn is_key_reused(error: &Error) -> bool {
    matches!(error, Error::Transaction { source } if matches!(**source, TxError::KeyReused { .. }))
}

/// A task is confirmed once, whichever of its responses it is: that one is not part of the key.
fn key_of(run: &IdempotencyKey, task: TaskAddress) -> IdempotencyKey {
    let digest = Hash32::from(keccak256(format!("{task} {run}")));
    IdempotencyKey::new(format!("run_task confirms {digest}")).expect("it has 83 bytes")
}

#[cfg(test)]
mod tests {
    use ogpu_types::Address;

    use super::*;

    #[test]
    fn each_task_of_each_key_has_a_key_of_its_own_however_long_it_is() {
        let long = |end: char| IdempotencyKey::new(format!("{}{end}", "x".repeat(254))).unwrap();
        let task = |byte| TaskAddress::from(Address::new([byte; 20]));
        let first = key_of(&long('a'), task(1));
        assert_eq!(first, key_of(&long('a'), task(1)));
        assert_ne!(first, key_of(&long('b'), task(1)));
        assert_ne!(first, key_of(&long('a'), task(2)));
    }
}
