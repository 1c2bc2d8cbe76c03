//! A write before it happens: options first, then `.await`.

use std::{fmt, future::IntoFuture, time::Duration};

use futures::future::BoxFuture;
use ogpu_types::Receipt;

use crate::{
    Client, Error, Signer, TransactionRequest,
    deadline::Deadline,
    tx::{self, Sending},
};

type Run<T> = Box<dyn FnOnce(WriteContext) -> BoxFuture<'static, Result<T, Error>> + Send>;

/// A call that changes the chain, not made yet: set options, then await it.
///
/// The round trips that a write's documentation counts are those of a client that has written before:
/// the first write also asks for the chain's id, and the first call of a contract whether it is there.
///
/// Dropping it before it is awaited does nothing. Once its transaction is on its way, dropping the
/// future does not stop it: the client sees it through, and keeps its nonce in order.
///
/// ```no_run
/// # use std::time::Duration;
/// # use ogpu_client::{Client, Error, Signer};
/// # async fn example(client: Client, task: ogpu_client::types::TaskInfo, other: Signer) -> Result<(), Error> {
/// let published = client
///     .publish_task(&task)
///     .signer(&other)
///     .timeout(Duration::from_secs(60))
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a write does nothing until it is awaited"]
pub struct Write<T> {
    client: Client,
    signer: Option<Signer>,
    timeout: Duration,
    run: Run<T>,
}

impl<T> fmt::Debug for Write<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Write")
            .field("signer", &self.signer)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl<T> Write<T> {
    pub(crate) fn new<F>(
        client: &Client,
        run: impl FnOnce(WriteContext) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        Self {
            client: client.clone(),
            signer: None,
            timeout: client.write_timeout(),
            run: Box::new(move |context| Box::pin(run(context))),
        }
    }

    /// Signs with this key, for this call. Defaults to the client's signer, and without one to
    /// `CLIENT_PRIVATE_KEY`.
    pub fn signer(mut self, signer: &Signer) -> Self {
        self.signer = Some(signer.clone());
        self
    }

    /// Bounds the whole call: checks, upload, sending and the receipt. Nothing is sent for the
    /// first time after it. Defaults to the client's write timeout, 120 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl<T: 'static> IntoFuture for Write<T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<'static, Result<T, Error>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let signer = match self.signer {
                Some(signer) => signer,
                None => self.client.default_signer().await?,
            };
            let context = WriteContext {
                client: self.client,
                signer,
                deadline: Deadline::after(self.timeout),
            };
            (self.run)(context).await
        })
    }
}

/// What a write runs with.
pub(crate) struct WriteContext {
    pub(crate) client: Client,
    pub(crate) signer: Signer,
    pub(crate) deadline: Deadline,
}

impl WriteContext {
    /// A step that sends nothing, inside the call's time.
    pub(crate) async fn before_sending<T>(
        &self,
        step: &'static str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        self.deadline
            .bound(work)
            .await
            .unwrap_or(Err(Error::OutOfTime {
                step,
                budget: self.deadline.budget(),
            }))
    }

    /// Simulates, signs, sends and waits for the receipt of success.
    #[tracing::instrument(name = "transaction", skip_all, fields(from = %self.signer.address(), to = tracing::field::Empty))]
    pub(crate) async fn transact(&self, request: TransactionRequest) -> Result<Receipt, Error> {
        if let Some(to) = request.to {
            tracing::Span::current().record("to", tracing::field::display(to));
        }
        let client = &self.client;
        let prepared = self
            .before_sending("preparing the transaction", async {
                client.check_chain().await?;
                tx::prepare(
                    client.rpc(),
                    client.known_contracts(),
                    self.signer.address(),
                    request,
                )
                .await
                .map_err(Error::transaction)
            })
            .await?;
        let sending = Sending {
            rpc: client.rpc().clone(),
            chain: client.chain().id(),
            signer: self.signer.clone(),
            lanes: client.lanes(),
            deadline: self.deadline,
        };
        tx::send(sending, prepared)
            .await
            .map_err(Error::transaction)
    }
}
