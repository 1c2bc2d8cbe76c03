//! `confirm_response`.

use futures::future::BoxFuture;
use ogpu_chain::Contract;
use ogpu_contracts::{ReasonWord, controller, response, task};
use ogpu_types::{Address, Receipt, ResponseAddress, TxHash};
use serde_json::json;
use tracing::{Span, field::Empty};

use crate::{
    Client, Error, ReadError, TransactionRequest, TxError, Write,
    read::{contract_call, decode},
    rpc::BlockId,
    write::{Description, Operation, WriteContext},
};

impl Client {
    /// Confirms a response: its provider is paid out of the frozen payment, and the task is final.
    ///
    /// The signer is the task's client, or an agent that the client has set.
    ///
    /// Round trips: one to look at the response, one each to prepare (which simulates the call) and
    /// to send the transaction, then one for each look at its receipt.
    ///
    /// # Errors
    ///
    /// Before anything is spent: [`Error::ResponseNotFound`], [`Error::AlreadyConfirmed`] (after
    /// FIRST_RESPONSE delivery the goal, reached without a call), [`Error::TaskFinalized`],
    /// [`Error::NotAllowed`], [`Error::Signer`], [`Error::WrongChain`]. After that
    /// [`Error::Transaction`], whose [`outcome`](Error::outcome) says whether it is confirmed.
    pub fn confirm_response(&self, response: impl Into<ResponseAddress>) -> Write<TxHash> {
        Write::new(
            self,
            ConfirmResponse {
                response: response.into(),
            },
        )
    }
}

struct ConfirmResponse {
    response: ResponseAddress,
}

impl Operation for ConfirmResponse {
    type Output = TxHash;

    fn span(&self) -> Span {
        tracing::info_span!("confirm_response", response = %self.response, account = Empty)
    }

    fn describe(&self) -> Description {
        ("confirm_response", json!(self.response))
    }

    fn request<'a>(
        &'a self,
        write: &'a WriteContext,
    ) -> BoxFuture<'a, Result<TransactionRequest, Error>> {
        Box::pin(request(write, self.response))
    }

    fn explain<'a>(&'a self, write: &'a WriteContext, error: Error) -> BoxFuture<'a, Error> {
        let account = write.signer.address();
        Box::pin(explain(&write.client, error, self.response, account))
    }

    fn finish(&self, _client: &Client, receipt: Receipt) -> Result<TxHash, Error> {
        Ok(receipt.transaction_hash)
    }
}

async fn request(
    write: &WriteContext,
    response: ResponseAddress,
) -> Result<TransactionRequest, Error> {
    let client = &write.client;
    write
        .before_sending("looking at the response", async {
            client.check_chain().await?;
            refuse_unless_open(client, response).await
        })
        .await?;
    let call = controller::ConfirmResponseCall {
        response: response.into(),
    };
    let controller = client.contract(Contract::Controller);
    Ok(TransactionRequest::typed(controller, call))
}

/// Whether there is such a response, not confirmed yet.
async fn refuse_unless_open(client: &Client, response: ResponseAddress) -> Result<(), Error> {
    let at = response.address();
    let rpc = client.rpc();
    let calls = [
        contract_call(at, response::GetResponseParamsCall, BlockId::Latest),
        contract_call(at, response::ConfirmedFinalCall, BlockId::Latest),
    ];
    let [params, confirmed] = rpc.batch_of(calls).await.map_err(Error::rpc)?;
    let absent = |error: ReadError| error.or_absent(Error::ResponseNotFound { address: response });
    decode::<response::GetResponseParamsCall>(rpc, at, params).map_err(absent)?;
    let confirmed = decode::<response::ConfirmedFinalCall>(rpc, at, confirmed).map_err(absent)?;
    if confirmed.0 {
        return Err(Error::AlreadyConfirmed { response });
    }
    Ok(())
}

/// The simulation's refusal as the error that says what it means here.
async fn explain(
    client: &Client,
    error: Error,
    response: ResponseAddress,
    account: Address,
) -> Error {
    let Error::Transaction { source } = &error else {
        return error;
    };
    // A refusal on chain has cost gas, and stays what it is.
    let TxError::WouldRevert { revert, .. } = &**source else {
        return error;
    };
    // What only looks like a response may say anything, and is refused in any words.
    if let Ok(false) = is_genuine(client, response).await {
        return Error::ResponseNotFound { address: response };
    }
    match revert.word() {
        // This one meanwhile, or another one of its task.
        Some(ReasonWord::AlreadyConfirmed | ReasonWord::AlreadyFinalized) => {
            match refuse_unless_open(client, response).await {
                Err(confirmed @ Error::AlreadyConfirmed { .. }) => confirmed,
                _ => Error::TaskFinalized { response },
            }
        }
        Some(ReasonWord::NotOwner) => Error::NotAllowed {
            account,
            target: response.into(),
        },
        _ => error,
    }
}

/// Whether the task that a response names knows it as its provider's response.
async fn is_genuine(client: &Client, response: ResponseAddress) -> Result<bool, ReadError> {
    let params = client
        .read(response.into(), response::GetResponseParamsCall)
        .await?
        .0;
    let known = client
        .read(params.task.into(), task::ResponseOfCall(params.provider))
        .await;
    match known {
        Ok(known) => Ok(response == Address::from(known.0)),
        Err(error) if error.shows_absence() => Ok(false),
        Err(error) => Err(error),
    }
}
