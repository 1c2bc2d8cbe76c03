//! A write before it happens: options first, then `.await`.

use std::{fmt, future::IntoFuture, time::Duration};

use futures::future::BoxFuture;
use ogpu_types::{Receipt, Wei};
use tracing::{Instrument, Span};

use crate::{
    Client, Error, IdempotencyKey, Role, Signer, TransactionRequest,
    deadline::Deadline,
    tx::{Name, Order},
};

/// What a write does, in its steps.
pub(crate) trait Operation: Send + Sync + 'static {
    /// What the caller gets.
    type Output: Send;

    /// The span that all of it happens in, with a field `account` for the sender.
    fn span(&self) -> Span;

    /// What it does and with what: two calls with the same key have to agree in it.
    fn describe(&self) -> Description;

    /// Whose key signs, where neither the call nor the client has one.
    fn role(&self) -> Role {
        Role::Client
    }

    /// Checks what can be checked, and uploads what has to be, until there is a transaction.
    fn request<'a>(
        &'a self,
        write: &'a WriteContext,
    ) -> BoxFuture<'a, Result<TransactionRequest, Error>>;

    /// The error of the transaction in this operation's own terms.
    fn explain<'a>(&'a self, _write: &'a WriteContext, error: Error) -> BoxFuture<'a, Error> {
        Box::pin(std::future::ready(error))
    }

    /// What the receipt of success says.
    fn finish(&self, client: &Client, receipt: Receipt) -> Result<Self::Output, Error>;
}

/// An operation's name and its arguments as JSON.
pub(crate) type Description = (&'static str, serde_json::Value);

/// A call that changes the chain, not made yet: set options, then await it.
///
/// Where a write's documentation counts no round trips, it takes one each to prepare (which simulates
/// the call) and to send the transaction, then one for each look at its receipt. Those counted are of a
/// client that has written before: the first write also asks for the chain's id, and the first call of
/// a contract whether it is there. A refusal takes up to three more, for its numbers.
///
/// Dropping it before it is awaited does nothing. Once its transaction is on its way, dropping the
/// future does not stop it: the client sees it through, and keeps its nonce in order.
///
/// ```no_run
/// # use std::time::Duration;
/// # use ogpu_client::{Client, Error, IdempotencyKey, Signer};
/// # async fn example(client: Client, task: ogpu_client::types::TaskInfo, other: Signer) -> Result<(), Box<dyn std::error::Error>> {
/// let published = client
///     .publish_task(&task)
///     .signer(&other)
///     .idempotency_key(IdempotencyKey::new("order-7")?)
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
    key: IdempotencyKey,
    is_key_given: bool,
    operation: Box<dyn Operation<Output = T>>,
}

impl<T> fmt::Debug for Write<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Write")
            .field("signer", &self.signer)
            .field("timeout", &self.timeout)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// What a write would do, as far as a simulation can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Simulation {
    /// The most gas that the transaction may use: the node's estimate and a margin.
    pub gas_limit: u64,
    /// The most that each gas may cost, in wei.
    pub max_fee_per_gas: Wei,
    /// What is sent along, in wei.
    pub value: Wei,
    /// The most that all of it may cost, in wei.
    pub max_cost: Wei,
}

impl<T: Send + 'static> Write<T> {
    pub(crate) fn new(client: &Client, operation: impl Operation<Output = T>) -> Self {
        Self {
            client: client.clone(),
            signer: None,
            timeout: client.write_timeout(),
            key: IdempotencyKey::random(),
            is_key_given: false,
            operation: Box::new(operation),
        }
    }

    /// Signs with this key, for this call. Defaults to the client's signer, and without one to the key
    /// of the [`Role`] that the call is part of, which its documentation names: `CLIENT_PRIVATE_KEY`,
    /// unless it says otherwise.
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

    /// Names the intent: calls of one account with the same key have one effect, and all of them
    /// its result; the same key with other arguments is an error. How long a key is remembered is the
    /// [journal's](crate::Journal) matter. Defaults to a key that no other call has.
    pub fn idempotency_key(mut self, key: IdempotencyKey) -> Self {
        self.key = key;
        self.is_key_given = true;
        self
    }

    /// The key that names this intent, before anything of it has happened.
    pub fn key(&self) -> &IdempotencyKey {
        &self.key
    }

    /// Makes the checks and simulates the transaction, and neither uploads nor sends anything.
    ///
    /// # Errors
    ///
    /// Those that the write itself has before anything is sent, the contract's refusal included.
    pub async fn simulate(self) -> Result<Simulation, Error> {
        let span = self.operation.span();
        self.simulated().instrument(span).await
    }

    async fn simulated(self) -> Result<Simulation, Error> {
        let write = self.context(true).await?;
        let request = self.operation.request(&write).await?;
        let prepared = write
            .before_sending("simulating the transaction", async {
                let account = write.signer.address();
                let prepared = write.client.engine().prepare(account, request).await;
                prepared.map_err(Error::transaction)
            })
            .await;
        match prepared {
            Ok(prepared) => Ok(Simulation {
                gas_limit: prepared.gas_limit,
                max_fee_per_gas: prepared.fees.ceiling(),
                value: prepared.request.value,
                max_cost: prepared.most(),
            }),
            Err(error) => Err(self.operation.explain(&write, error).await),
        }
    }

    async fn context(&self, is_simulation: bool) -> Result<WriteContext, Error> {
        let signer = match &self.signer {
            Some(signer) => signer.clone(),
            None => self.client.signer_for(self.operation.role()).await?,
        };
        Ok(WriteContext {
            client: self.client.clone(),
            signer,
            deadline: Deadline::after(self.timeout),
            is_simulation,
        })
    }

    async fn run(self) -> Result<T, Error> {
        let write = self.context(false).await?;
        let client = &write.client;
        let account = write.signer.address();
        Span::current().record("account", tracing::field::display(account));
        let order = Order {
            name: Name::new(self.key.clone(), &self.operation.describe()),
            signer: write.signer.clone(),
            deadline: write.deadline,
        };
        let engine = client.engine();
        let turn = engine.turn(account, &self.key);
        let Some(_turn) = write.deadline.bound(turn).await else {
            return Err(Error::transaction(engine.out_of_turn(&order)));
        };
        if self.is_key_given
            && let Some(receipt) = engine.earlier(&order).await.map_err(Error::transaction)?
        {
            return self.operation.finish(client, receipt);
        }
        let request = self.operation.request(&write).await?;
        write
            .before_sending("asking the node for its chain", client.check_chain())
            .await?;
        match engine.send(order, request).await {
            Ok(receipt) => self.operation.finish(client, receipt),
            Err(error) => Err(self
                .operation
                .explain(&write, Error::transaction(error))
                .await),
        }
    }
}

impl<T: Send + 'static> IntoFuture for Write<T> {
    type Output = Result<T, Error>;
    type IntoFuture = BoxFuture<'static, Result<T, Error>>;

    fn into_future(self) -> Self::IntoFuture {
        let span = self.operation.span();
        Box::pin(self.run().instrument(span))
    }
}

/// What a write runs with.
pub(crate) struct WriteContext {
    pub(crate) client: Client,
    pub(crate) signer: Signer,
    pub(crate) deadline: Deadline,
    /// Whether nothing is to be uploaded or sent.
    pub(crate) is_simulation: bool,
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
}
