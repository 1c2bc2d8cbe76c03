//! `confirm_response`.

use futures::future::BoxFuture;
use ogpu_chain::Contract;
use ogpu_contracts::{ReasonWord, controller, response, task};
use ogpu_types::{Address, Receipt, ResponseAddress, TaskAddress, TxHash};
use serde_json::json;
use tracing::{Span, field::Empty};

use crate::{
    At, Client, Error, ReadError, TransactionRequest, Write,
    read::{Cost, ReadSet},
    refusal::{self, Refusal, Subject, with_reason},
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
    /// [`Error::NotTaskOwner`], [`Error::Signer`], [`Error::WrongChain`]. After that
    /// [`Error::Transaction`], whose [`outcome`](Error::outcome) says whether it is confirmed.
    pub fn confirm_response(&self, response: impl Into<ResponseAddress>) -> Write<TxHash> {
        self.confirmation(response.into(), |receipt| receipt.transaction_hash)
    }

    /// Confirms a response, and gives this of the receipt.
    pub(crate) fn confirmation<T: Send + 'static>(
        &self,
        response: ResponseAddress,
        result: fn(Receipt) -> T,
    ) -> Write<T> {
        Write::new(self, ConfirmResponse { response, result })
    }
}

struct ConfirmResponse<T> {
    response: ResponseAddress,
    result: fn(Receipt) -> T,
}

impl<T: Send + 'static> Operation for ConfirmResponse<T> {
    type Output = T;

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

    fn finish(&self, _client: &Client, receipt: Receipt) -> Result<T, Error> {
        Ok((self.result)(receipt))
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
    if Claim::read(client, response, At::Head).await?.is_confirmed {
        return Err(Error::AlreadyConfirmed { response });
    }
    Ok(())
}

/// What a response says of itself.
struct Claim {
    task: TaskAddress,
    provider: Address,
    is_confirmed: bool,
}

impl Claim {
    async fn read(client: &Client, response: ResponseAddress, at: At) -> Result<Self, Error> {
        let mut set = ReadSet::new();
        let params = set.add_costing(response, response::GetResponseParamsCall, Cost::STRUCT);
        let confirmed = set.add(response, response::ConfirmedFinalCall);
        let mut answers = client.read_set(set, at).await?;
        let absent =
            |error: ReadError| error.or_absent(Error::ResponseNotFound { address: response });
        let params = answers.take(params).map_err(absent)?.0;
        Ok(Self {
            task: params.task.into(),
            provider: params.provider.into(),
            is_confirmed: answers.take(confirmed).map_err(absent)?.0,
        })
    }

    /// Whether the task that it names knows the response as its provider's.
    async fn is_genuine(
        &self,
        client: &Client,
        response: ResponseAddress,
        at: At,
    ) -> Result<bool, Error> {
        let mut set = ReadSet::new();
        let known = set.add(self.task, task::ResponseOfCall(self.provider.into()));
        match client.read_set(set, at).await?.take(known) {
            Ok(known) => Ok(response == Address::from(known.0)),
            Err(error) if error.shows_absence() => Ok(false),
            Err(error) => Err(Error::read(error)),
        }
    }
}

/// The refusal as the error that says what it means here.
async fn explain(
    client: &Client,
    error: Error,
    response: ResponseAddress,
    account: Address,
) -> Error {
    let Some(Refusal { revert, at }) = Refusal::of(&error) else {
        return error;
    };
    let word = revert.word();
    let Ok(claim) = Claim::read(client, response, at).await else {
        return error;
    };
    // What only looks like a response may say anything, and is refused in any words.
    if let Ok(false) = claim.is_genuine(client, response, at).await {
        return with_reason(error, Some(Error::ResponseNotFound { address: response }));
    }
    match word {
        // This one meanwhile; if not this one, then another one of its task.
        Some(ReasonWord::AlreadyConfirmed | ReasonWord::AlreadyFinalized) if claim.is_confirmed => {
            with_reason(error, Some(Error::AlreadyConfirmed { response }))
        }
        Some(_) => refusal::explain(client, error, Subject::task(claim.task), account).await,
        None => error,
    }
}
