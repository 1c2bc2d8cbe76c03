//! What all accounts of a client share, and the way into their lanes.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ogpu_contracts::protocol_event::{self, Emitters};
use ogpu_tx::{FeeCaps, Policy};
use ogpu_types::{Address, ChainId, Receipt, TxHash};
use tokio::{
    sync::{Mutex as AsyncMutex, OnceCell, watch},
    time::sleep,
};
use tracing::debug;

use super::{
    KnownContracts, PendingPublish, Prepared, Preparing, TxError,
    heads::Heads,
    lane::{Lane, NO_FEES, Submission},
    market::Market,
    prepare::revert_reason,
    record::{Conclusion, Name, Record},
    ticket::Ticket,
};
use crate::{
    IdempotencyKey, Journal, JournalChange, JournalEntry, JournalError, JournalState, Signer,
    TransactionRequest,
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
    /// Whose logs in a receipt are the protocol's events.
    pub(crate) emitters: Emitters,
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
    pub(crate) emitters: Emitters,
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
    /// Closes with the engine: the lanes end then, and free their journals.
    alive: watch::Sender<()>,
}

/// How long a journal that is in use is asked for: its holder may be about to go.
const HANDOVER: Duration = Duration::from_secs(1);
/// The pause between two such questions.
const HANDOVER_PAUSE: Duration = Duration::from_millis(20);

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
                emitters: options.emitters,
                market: Market::default(),
                known: KnownContracts::default(),
            }),
            lanes: Mutex::default(),
            keys: Mutex::default(),
            alive: watch::Sender::new(()),
        }
    }

    /// The one look at the chain's head, for whoever else waits for blocks.
    pub(crate) fn heads(&self) -> &Arc<Heads> {
        &self.shared.heads
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The account's lane; the first to ask opens its journal, and takes up what is in it.
    pub(super) async fn lane(
        &self,
        account: Address,
        deadline: Deadline,
    ) -> Result<Arc<Lane>, TxError> {
        let cell = {
            let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
            let cell = lanes.entry(account).or_default();
            if cell.get().is_some_and(|lane| lane.is_lost()) {
                *cell = Arc::default();
            }
            Arc::clone(cell)
        };
        let opening = cell.get_or_try_init(|| self.open(account));
        let lane = within(deadline, opening).await?;
        Ok(Arc::clone(lane))
    }

    /// The account's lane, if it is open.
    pub(super) fn opened(&self, account: Address) -> Option<Arc<Lane>> {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.get(&account)?.get().cloned()
    }

    pub(super) fn all_opened(&self) -> Vec<Arc<Lane>> {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes
            .values()
            .filter_map(|cell| cell.get().cloned())
            .collect()
    }

    async fn open(&self, account: Address) -> Result<Arc<Lane>, JournalError> {
        let handover = Deadline::after(HANDOVER);
        let journal = loop {
            match self.shared.journal.open(self.shared.chain, account).await {
                Err(JournalError::InUse { .. }) if !handover.has_passed() => {
                    sleep(HANDOVER_PAUSE).await;
                }
                opened => break opened?,
            }
        };
        let unsettled = journal.unsettled().await?;
        let shared = Arc::clone(&self.shared);
        let lane = Arc::new(Lane::new(shared, account, journal, self.alive.subscribe()));
        for entry in unsettled {
            lane.restore(entry, Deadline::after(Duration::MAX));
        }
        Ok(lane)
    }

    /// Keeps others with the same key waiting as long as the guard lives.
    pub(crate) async fn turn(&self, account: Address, key: &IdempotencyKey) -> KeyTurn<'_> {
        let place = (account, key.clone());
        let lock = {
            let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(keys.entry(place.clone()).or_default())
        };
        let mut turn = KeyTurn {
            guard: None,
            lock: Some(Arc::clone(&lock)),
            engine: self,
            place,
        };
        turn.guard = Some(lock.lock_owned().await);
        turn
    }

    /// The error of a call whose time ended while another one with the same key was at work.
    pub(crate) fn out_of_turn(&self, order: &Order) -> TxError {
        let account = order.signer.address();
        let stands = self.opened(account).and_then(|lane| {
            let (id, _) = lane.find(&order.name.key)?;
            let stands =
                |record: &mut Record| record.stands(self.shared.chain, account, order.deadline);
            lane.with_record(id, stands)?
        });
        stands.unwrap_or(TxError::OutOfTime {
            budget: order.deadline.budget(),
        })
    }

    /// The receipt of an earlier call with the same key, if there was one that may have had an
    /// effect.
    pub(crate) async fn earlier(&self, order: &Order) -> Result<Option<Receipt>, TxError> {
        let lane = self.lane(order.signer.address(), order.deadline).await?;
        lane.use_signer(&order.signer);
        loop {
            let receipt = match lane.find(&order.name.key) {
                Some((id, name)) => {
                    order.require_same(name.fingerprint)?;
                    let Some(ticket) = lane.attach(id, order.deadline) else {
                        continue;
                    };
                    self.conclude(&lane, ticket, order.deadline).await
                }
                None => {
                    let finding = lane.journal.find(&order.name.key);
                    let Some(entry) = within(order.deadline, finding).await? else {
                        return Ok(None);
                    };
                    order.require_same(entry.fingerprint)?;
                    self.take_up(&lane, entry, order.deadline).await
                }
            };
            match receipt {
                // It had no effect, and has none: it is this call's turn, if there is time.
                Err(error) if error.outcome().is_not_sent() && !order.deadline.has_passed() => {}
                receipt => return receipt.map(Some),
            }
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
        let deadline = order.deadline;
        let lane = self.lane(account, deadline).await?;
        lane.use_signer(&order.signer);
        let counting = (!lane.has_live()).then(|| lane.counting.take()).flatten();
        let reset = lane.resets.open();
        let asked_at = lane.intents();
        let with = Preparing {
            counts: counting.is_some() || reset.is_some(),
            ..self.shared.preparing()
        };
        let prepared = deadline.bound(prepare(with, account, request)).await;
        let (prepared, pending) = prepared.unwrap_or(Err(TxError::OutOfTime {
            budget: deadline.budget(),
        }))?;
        // Of others that were sent meanwhile it knows nothing.
        let pending = pending.filter(|_| lane.intents() == asked_at);
        let ticket = lane.submit(Submission {
            name: order.name,
            prepared,
            signer: order.signer,
            deadline,
            pending,
        });
        if let Some(reset) = reset.filter(|_| pending.is_some()) {
            lane.resets.close(reset);
        }
        drop(counting);
        self.conclude(&lane, ticket, deadline).await
    }

    /// Follows a transaction of an earlier call to its end.
    pub(crate) async fn resume(
        &self,
        pending: PendingPublish,
        deadline: Deadline,
    ) -> Result<Receipt, TxError> {
        let key = pending.idempotency_key().clone();
        let Some(_turn) = deadline.bound(self.turn(pending.account(), &key)).await else {
            return Err(pending.still(deadline));
        };
        let taken_up = async {
            let lane = self.lane(pending.account(), deadline).await?;
            // What is written down here may be newer than what the caller has kept.
            let known = within(deadline, lane.journal.find(&key)).await?;
            if known.is_none() {
                // From another journal: its key is to be known here as well.
                let put = JournalChange::Put(Box::new(pending.entry.clone()));
                within(deadline, lane.journal.write(vec![put])).await?;
            }
            Ok((lane, known))
        };
        let (lane, known) = taken_up
            .await
            .map_err(|error: TxError| pending.not_resumed(Box::new(error)))?;
        let fingerprint = pending.entry.fingerprint;
        if known
            .as_ref()
            .is_some_and(|known| known.fingerprint != fingerprint)
        {
            return Err(pending.not_resumed(Box::new(TxError::KeyReused { key })));
        }
        let entry = known.unwrap_or(pending.entry);
        self.take_up(&lane, entry, deadline).await
    }

    pub(super) async fn take_up(
        &self,
        lane: &Arc<Lane>,
        entry: JournalEntry,
        deadline: Deadline,
    ) -> Result<Receipt, TxError> {
        if let JournalState::Settled { hash } = entry.state {
            let nonce = entry.nonce;
            let prepared = Prepared {
                fees: entry.versions.first().map_or(NO_FEES, |v| v.fees),
                request: entry.request,
                gas_limit: entry.gas_limit,
            };
            let receipt = self.settled_receipt(hash, nonce, deadline).await?;
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

    /// The receipt of what was mined once. A node may lag, or be gone for a while.
    async fn settled_receipt(
        &self,
        hash: TxHash,
        nonce: u64,
        deadline: Deadline,
    ) -> Result<RawReceipt, TxError> {
        let policy = &self.shared.policy;
        let mut source = None;
        let looking = async {
            let mut nulls = 0;
            while nulls < policy.looks {
                let rpc = &self.shared.rpc;
                match rpc.call("eth_getTransactionReceipt", [hash]).await {
                    Ok(Some(receipt)) => return Some(receipt),
                    Ok(None) => {
                        nulls += 1;
                        source = None;
                    }
                    Err(error) => source = Some(Box::new(error)),
                }
                sleep(Duration::from_millis(policy.look_pause)).await;
            }
            None
        };
        let found = deadline.bound(looking).await.flatten();
        found.ok_or(TxError::ReceiptGone {
            hash,
            nonce,
            source,
        })
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
        let mut receipt = receipt.into_receipt(prepared.fees.ceiling());
        receipt.events = receipt
            .logs
            .iter()
            .filter_map(|log| protocol_event::decode(log, &self.shared.emitters))
            .collect();
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

/// What a journal gives, inside the call's time.
pub(super) async fn within<T>(
    deadline: Deadline,
    asking: impl Future<Output = Result<T, JournalError>>,
) -> Result<T, TxError> {
    let asked = deadline.bound(asking).await.ok_or(TxError::OutOfTime {
        budget: deadline.budget(),
    })?;
    asked.map_err(|source| TxError::Journal {
        source: Box::new(source),
    })
}

/// The right to act for a key.
pub(crate) struct KeyTurn<'a> {
    guard: Option<tokio::sync::OwnedMutexGuard<()>>,
    lock: Option<KeyLock>,
    engine: &'a Engine,
    place: (Address, IdempotencyKey),
}

impl Drop for KeyTurn<'_> {
    fn drop(&mut self) {
        self.guard = None;
        self.lock = None;
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
