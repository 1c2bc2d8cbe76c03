//! `confirm_response`.

use ogpu_chain::Contract;
use ogpu_contracts::{ReasonWord, Revert, controller, response};
use ogpu_types::{Address, TxHash};

use crate::{
    Client, Error, ReadError, TransactionRequest, TxError, Write,
    read::{contract_call, decode},
    rpc::BlockId,
    write::WriteContext,
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
    pub fn confirm_response(&self, response: Address) -> Write<TxHash> {
        Write::new(self, move |write| confirm_response(write, response))
    }
}

#[tracing::instrument(name = "confirm_response", skip_all, fields(%response, account = %write.signer.address()))]
async fn confirm_response(write: WriteContext, response: Address) -> Result<TxHash, Error> {
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
    let request = TransactionRequest::typed(client.contract(Contract::Controller), call);
    let receipt = write
        .transact(request)
        .await
        .map_err(|error| explain(error, response, write.signer.address()))?;
    Ok(receipt.transaction_hash)
}

/// Whether there is such a response, not confirmed yet.
async fn refuse_unless_open(client: &Client, response: Address) -> Result<(), Error> {
    let rpc = client.rpc();
    let latest = BlockId::Latest;
    let calls = [
        contract_call(response, response::GetResponseParamsCall, latest),
        contract_call(response, response::ConfirmedFinalCall, latest),
    ];
    let [params, confirmed] = rpc.batch_of(calls).await.map_err(Error::rpc)?;
    let absent = |error: ReadError| error.or_absent(Error::ResponseNotFound { address: response });
    decode::<response::GetResponseParamsCall>(rpc, response, params).map_err(absent)?;
    let confirmed =
        decode::<response::ConfirmedFinalCall>(rpc, response, confirmed).map_err(absent)?;
    if confirmed.0 {
        return Err(Error::AlreadyConfirmed { response });
    }
    Ok(())
}

/// The contract's refusal as the error that says what it means here.
fn explain(error: Error, response: Address, account: Address) -> Error {
    let Error::Transaction { source } = &error else {
        return error;
    };
    // Only what was found by simulating: a refusal on chain has cost gas, and stays what it is.
    let TxError::WouldRevert { revert, .. } = &**source else {
        return error;
    };
    match revert.word() {
        Some(ReasonWord::AlreadyConfirmed) => Error::AlreadyConfirmed { response },
        Some(ReasonWord::AlreadyFinalized) => Error::TaskFinalized { response },
        Some(ReasonWord::NotOwner) => Error::NotAllowed {
            account,
            target: response,
        },
        _ if says_unknown(revert) => Error::ResponseNotFound { address: response },
        _ => error,
    }
}

/// A contract that only looks like a response is not one of the protocol's.
fn says_unknown(revert: &Revert) -> bool {
    matches!(revert, Revert::Reason { text, .. } if text.contains("UnknownResponse"))
}
