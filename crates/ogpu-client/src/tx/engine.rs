//! What all accounts of a client share, and the way into their lanes.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use ogpu_tx::{FeeCaps, Policy};
use ogpu_types::{Address, ChainId, Receipt};
use tokio::sync::{Mutex as AsyncMutex, OnceCell};
use tracing::debug;

use super::{
    KnownContracts, PendingPublish, Prepared, Preparing, TxError,
    heads::Heads,
    lane::{Lane, NO_FEES, Submission, Ticket},
    market::Market,
    prepare::revert_reason,
    record::{Conclusion, Name},
};
use crate::{
    IdempotencyKey, Journal, JournalEntry, JournalState, Signer, TransactionRequest,
    deadline::Deadline,
    rpc::{RawReceipt, Rpc},
    tx::prepare,
};

/// How a client sends.
#[derive(Clone, Debug)]
pub(crate) struct SendOptions {
    pub(crate) policy: Policy,
    pub(crate) caps: FeeCaps,
    pub(crate) confirmations: u64,
    pub(crate) journal: Arc<dyn Journal>,
}

/// What all accounts share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) rpc: Rpc,
    pub(crate) chain: ChainId,
    pub(crate) policy: Policy,
    pub(crate) caps: FeeCaps,
    pub(crate) confirmations: u64,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) heads: Arc<Heads>,
    pub(crate) market: Market,
    pub(crate) known: KnownContracts,
}

impl Shared {
    pub(super) fn preparing(&self) -> Preparing<'_> {
        Preparing {
            rpc: &self.rpc,
            known: &self.known,
            market: &self.market,
            fee_age: self.heads.block_time(),
            caps: self.caps,
            counts: true,
        }
    }
}

/// Sends transactions: from a request to a receipt, without ever doing anything twice.
pub(crate) struct Engine {
    shared: Arc<Shared>,
    lanes: Lanes,
    /// Calls with the same key go one after another.
    keys: Mutex<HashMap<(Address, IdempotencyKey), KeyLock>>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// The lanes of accounts whose journals are open, or are being opened.
type Lanes = Mutex<HashMap<Address, Arc<OnceCell<Arc<Lane>>>>>;

/// Held by the one call that may act for a key.
type KeyLock = Arc<AsyncMutex<()>>;

/// One transaction to be sent, or to be found sent.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) name: Name,
    pub(crate) signer: Signer,
    pub(crate) deadline: Deadline,
}

impl Engine {
    pub(crate) fn new(rpc: Rpc, chain: ChainId, options: SendOptions) -> Self {
        Self {
            shared: Arc::new(Shared {
                heads: Heads::new(rpc.clone()),
                rpc,
                chain,
                policy: options.policy,
                caps: options.caps,
                confirmations: options.confirmations,
                journal: options.journal,
                market: Market::default(),
                known: KnownContracts::default(),
            }),
            lanes: Mutex::default(),
            keys: Mutex::default(),
        }
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The account's lane; the first to ask opens its journal, and takes up what is in it.
    pub(super) async fn lane(&self, account: Address) -> Result<Arc<Lane>, TxError> {
        let cell = {
            let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(lanes.entry(account).or_default())
        };
        let lane = cell
            .get_or_try_init(|| async {
                let journal = self.shared.journal.open(self.shared.chain, account).await?;
                let unsettled = journal.unsettled().await?;
                let lane = Arc::new(Lane::new(Arc::clone(&self.shared), account, journal));
                for entry in unsettled {
                    lane.restore(entry, Deadline::after(std::time::Duration::MAX));
                }
                Ok(lane)
            })
            .await
            .map_err(|source| TxError::Journal {
                source: Box::new(source),
            })?;
        Ok(Arc::clone(lane))
    }

    /// Keeps others with the same key waiting as long as the guard lives.
    pub(crate) async fn turn(&self, account: Address, key: &IdempotencyKey) -> KeyTurn<'_> {
        let place = (account, key.clone());
        let lock = {
            let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(keys.entry(place.clone()).or_default())
        };
        KeyTurn {
            guard: Some(lock.lock_owned().await),
            engine: self,
            place,
        }
    }

    /// The receipt of an earlier call with the same key, if there was one that may have had an
    /// effect.
    pub(crate) async fn earlier(&self, order: &Order) -> Result<Option<Receipt>, TxError> {
        let lane = self.lane(order.signer.address()).await?;
        if let Some((id, name)) = lane.find(&order.name.key) {
            order.require_same(name.fingerprint)?;
            if let Some(ticket) = lane.attach(id, order.deadline) {
                return self.conclude(&lane, ticket, order.deadline).await.map(Some);
            }
        }
        let found =
            lane.journal
                .find(&order.name.key)
                .await
                .map_err(|source| TxError::Journal {
                    source: Box::new(source),
                })?;
        match found {
            Some(entry) => {
                order.require_same(entry.fingerprint)?;
                self.take_up(&lane, entry, order.deadline).await.map(Some)
            }
            None => Ok(None),
        }
    }

    /// Simulates the request, and says what it would cost.
    pub(crate) async fn prepare(
        &self,
        from: Address,
        request: TransactionRequest,
    ) -> Result<Prepared, TxError> {
        let with = Preparing {
            counts: false,
            ..self.shared.preparing()
        };
        Ok(prepare(with, from, request).await?.0)
    }

    /// Prepares, signs, sends and waits.
    pub(crate) async fn send(
        &self,
        order: Order,
        request: TransactionRequest,
    ) -> Result<Receipt, TxError> {
        let account = order.signer.address();
        let lane = self.lane(account).await?;
        let with = Preparing {
            counts: !lane.has_live(),
            ..self.shared.preparing()
        };
        let deadline = order.deadline;
        let prepared = deadline.bound(prepare(with, account, request)).await;
        let (prepared, pending) = prepared.unwrap_or(Err(TxError::OutOfTime {
            budget: deadline.budget(),
        }))?;
        let ticket = lane.submit(Submission {
            name: order.name,
            prepared,
            signer: order.signer,
            deadline,
            pending,
        });
        self.conclude(&lane, ticket, deadline).await
    }

    /// Follows a transaction of an earlier call to its end.
    pub(crate) async fn resume(
        &self,
        pending: PendingPublish,
        deadline: Deadline,
    ) -> Result<Receipt, TxError> {
        let lane = self.lane(pending.account()).await?;
        self.take_up(&lane, pending.entry, deadline).await
    }

    pub(super) async fn take_up(
        &self,
        lane: &Arc<Lane>,
        entry: JournalEntry,
        deadline: Deadline,
    ) -> Result<Receipt, TxError> {
        if let JournalState::Settled { hash } = entry.state {
            let nonce = entry.nonce;
            let asked = self
                .shared
                .rpc
                .call::<Option<RawReceipt>>("eth_getTransactionReceipt", [hash]);
            let receipt = match asked.await {
                Ok(Some(receipt)) => receipt,
                Ok(None) => return Err(TxError::ReceiptGone { hash, nonce }),
                // It was mined once: that the node cannot say so now does not undo it.
                Err(source) => {
                    return Err(TxError::Pending {
                        hash,
                        nonce,
                        budget: deadline.budget(),
                        pending: Box::new(PendingPublish::new(entry)),
                        source: Some(Box::new(source)),
                    });
                }
            };
            let prepared = Prepared {
                fees: entry.versions.first().map_or(NO_FEES, |v| v.fees),
                request: entry.request,
                gas_limit: entry.gas_limit,
            };
            return self
                .receipt(lane.account, receipt, prepared, deadline)
                .await;
        }
        let id = lane.restore(entry, deadline);
        match lane.attach(id, deadline) {
            Some(ticket) => self.conclude(lane, ticket, deadline).await,
            None => Err(TxError::Interrupted),
        }
    }

    async fn conclude(
        &self,
        lane: &Lane,
        ticket: Ticket,
        deadline: Deadline,
    ) -> Result<Receipt, TxError> {
        match ticket.wait(deadline).await? {
            Conclusion::Included(receipt, prepared) => {
                self.receipt(lane.account, *receipt, *prepared, deadline)
                    .await
            }
            Conclusion::Failed(error) => Err(*error),
        }
    }

    /// A mined transaction may still have reverted.
    async fn receipt(
        &self,
        from: Address,
        receipt: RawReceipt,
        prepared: Prepared,
        deadline: Deadline,
    ) -> Result<Receipt, TxError> {
        let receipt = receipt.into_receipt(prepared.fees.ceiling());
        debug!(hash = %receipt.transaction_hash, block = receipt.block_number, gas = receipt.gas_used, "done");
        if receipt.succeeded() {
            return Ok(receipt);
        }
        let reason = revert_reason(
            &self.shared.rpc,
            from,
            &prepared.request,
            receipt.block_number,
        );
        let revert = deadline.bound(reason).await.flatten();
        Err(TxError::Reverted {
            receipt: Box::new(receipt),
            revert,
        })
    }
}

impl Order {
    /// The same key for something else is a mistake.
    fn require_same(&self, fingerprint: ogpu_types::Hash32) -> Result<(), TxError> {
        if fingerprint == self.name.fingerprint {
            return Ok(());
        }
        Err(TxError::KeyReused {
            key: self.name.key.clone(),
        })
    }
}

/// The right to act for a key.
pub(crate) struct KeyTurn<'a> {
    guard: Option<tokio::sync::OwnedMutexGuard<()>>,
    engine: &'a Engine,
    place: (Address, IdempotencyKey),
}

impl Drop for KeyTurn<'_> {
    fn drop(&mut self) {
        self.guard = None;
        let mut keys = self
            .engine
            .keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if keys
            .get(&self.place)
            .is_some_and(|lock| Arc::strong_count(lock) == 1)
        {
            keys.remove(&self.place);
        }
    }
}
