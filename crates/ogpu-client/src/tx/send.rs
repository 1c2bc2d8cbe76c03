//! From a prepared request to a receipt, in a task of its own.

use std::{
    panic::resume_unwind,
    sync::{Arc, OnceLock},
    time::Duration,
};

use ogpu_types::{ChainId, Receipt, TxHash};
use serde_json::json;
use tokio::time::Instant;
use tracing::{Instrument, Span, debug, info, warn};

use super::{
    Lanes, Prepared, TxError,
    classify::{Meaning, classify},
    lane::Lane,
    prepare::revert_reason,
    signed::Signed,
};
use crate::{
    Signer,
    clock::unix_now,
    deadline::Deadline,
    retry::Advice,
    rpc::{BlockId, Call, Quantity, RawReceipt, Rpc, RpcError},
};

/// The first pause between looks at a receipt; dev chains have it at once.
const FIRST_POLL: Duration = Duration::from_millis(20);
/// The longest pause; about the block time of a fast chain.
const SLOWEST_POLL: Duration = Duration::from_secs(1);
/// The pause between offers of the same bytes while their fate is unclear.
const OFFER_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause that a server's own wish can make of it.
const LONGEST_OFFER_PAUSE: Duration = Duration::from_secs(10);
/// How often the bytes of a transaction that is not mined are offered again: a node may drop them.
const REOFFER_EVERY: Duration = Duration::from_secs(15);
/// How many looks must find the same before it counts as the chain's state, and not as one node
/// behind a balancer that lags.
const LOOKS: u32 = 5;
/// The pause between such looks.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// What sending needs besides the request.
#[derive(Clone, Debug)]
pub(crate) struct Sending {
    pub(crate) rpc: Rpc,
    pub(crate) chain: ChainId,
    pub(crate) signer: Signer,
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) deadline: Deadline,
}

/// Signs, sends and waits for the receipt.
///
/// All of it happens in a task of its own: dropping the returned future stops nothing halfway.
pub(crate) async fn send(sending: Sending, prepared: Prepared) -> Result<Receipt, TxError> {
    let budget = sending.deadline.budget();
    let offered = Arc::new(OnceLock::new());
    let task = sending
        .run(prepared, Arc::clone(&offered))
        .instrument(Span::current());
    match tokio::spawn(task).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime ended, and the task with it.
            Err(_) => Err(match offered.get() {
                Some(&(hash, nonce)) => TxError::Pending {
                    hash,
                    nonce,
                    budget,
                    source: None,
                },
                None => TxError::Interrupted,
            }),
        },
    }
}

/// What was offered to the node: hash and nonce.
type FirstOffer = Arc<OnceLock<(TxHash, u64)>>;

/// How offering the bytes ended.
enum Offered {
    /// The node has them, or may have them: only the chain can tell.
    Out { nonce_used: bool },
    /// They never arrived and never will.
    NotOut { error: TxError },
}

impl Sending {
    async fn run(self, prepared: Prepared, first_offer: FirstOffer) -> Result<Receipt, TxError> {
        let lane = self.lanes.of(self.signer.address());
        let (signed, nonce_used) = {
            let Some(_turn) = self.deadline.bound(lane.turn()).await else {
                return Err(self.out_of_time());
            };
            let nonce = self.next_nonce(&lane, prepared.pending_nonce).await;
            let signing = Signed::new(&prepared, self.chain, nonce, &self.signer);
            let Some(signed) = self.deadline.bound(signing).await else {
                return Err(self.out_of_time());
            };
            let signed = signed.map_err(|source| TxError::Sign { source })?;
            self.check_time(&prepared)?;
            info!(hash = %signed.hash, nonce, from = %self.signer.address(), "sending a transaction");
            lane.book().take(signed.clone());
            let _ = first_offer.set((signed.hash, nonce));
            match self.offer(&signed, &prepared).await {
                Offered::Out { nonce_used } => (signed, nonce_used),
                Offered::NotOut { error } => {
                    lane.book().give_back(&signed);
                    return Err(error);
                }
            }
        };
        let receipt = self.wait(&signed, nonce_used).await?;
        lane.book().seen_mined(&signed);
        self.conclude(receipt, &prepared).await
    }

    /// The nonce to use, after bringing the node up to date with what the lane has sent before.
    async fn next_nonce(&self, lane: &Lane, pending_count: u64) -> u64 {
        if !lane.book().needs_a_look(pending_count) {
            return lane.book().next_nonce(pending_count);
        }
        let Some((mined, pending)) = self.counts().await else {
            return lane.book().next_nonce(pending_count);
        };
        if lane.book().is_ahead_of(mined) && self.is_set_back(mined).await {
            warn!(account = %self.signer.address(), mined, "the chain was set back; starting over from its nonce");
            lane.book().reset(mined);
        }
        lane.book().learn_mined(mined);
        let forgotten = lane.book().forgotten(pending);
        for signed in forgotten {
            debug!(hash = %signed.hash, nonce = signed.nonce, "offering again what the node forgot");
            if let Some(Err(error)) = self.offer_once(&signed).await
                && classify(&error) == Meaning::Refused
            {
                warn!(hash = %signed.hash, nonce = signed.nonce, error = as_dyn(&error), "the node refuses what it was offered before; its nonce is free again");
                lane.book().give_back(&signed);
            }
        }
        lane.book().next_nonce(pending)
    }

    /// Whether the node keeps saying that fewer transactions are mined than were seen mined.
    async fn is_set_back(&self, mined: u64) -> bool {
        for _ in 0..LOOKS {
            tokio::time::sleep(LOOK_PAUSE.min(self.deadline.remaining())).await;
            if self.deadline.has_passed() || self.counts().await != Some((mined, mined)) {
                return false;
            }
        }
        true
    }

    /// The account's transactions: mined, and mined or pending. `None` when the node cannot say.
    async fn counts(&self) -> Option<(u64, u64)> {
        let method = "eth_getTransactionCount";
        let call = |block| Call::new(method, &json!([self.signer.address(), block]));
        let calls = [call(BlockId::Latest), call(BlockId::Pending)];
        let [mined, pending] = self.deadline.bound(self.rpc.batch_of(calls)).await?.ok()?;
        let count = |answer| {
            self.rpc
                .parse::<Quantity>(method, answer)
                .ok()
                .and_then(Quantity::to_u64)
        };
        Some((count(mined)?, count(pending)?))
    }

    /// Nothing is sent for the first time after its time.
    fn check_time(&self, prepared: &Prepared) -> Result<(), TxError> {
        if self.deadline.has_passed() {
            return Err(self.out_of_time());
        }
        let now = unix_now();
        match prepared.request.not_after {
            Some(not_after) if now >= not_after => Err(TxError::TooLate { not_after, now }),
            _ => Ok(()),
        }
    }

    fn out_of_time(&self) -> TxError {
        TxError::OutOfTime {
            budget: self.deadline.budget(),
        }
    }

    /// Offers the same bytes until the node has them, refuses them, or time is up.
    async fn offer(&self, signed: &Signed, prepared: &Prepared) -> Offered {
        let mut may_be_out = false;
        loop {
            let mut pause = OFFER_PAUSE;
            match self.offer_once(signed).await {
                Some(Ok(())) => return Offered::Out { nonce_used: false },
                // On their way when time was up.
                None => may_be_out = true,
                Some(Err(error)) => {
                    if let Advice::RetryAfter(wish) = error.cause.advice() {
                        pause = wish.min(LONGEST_OFFER_PAUSE);
                    }
                    match classify(&error) {
                        Meaning::AlreadyKnown => return Offered::Out { nonce_used: false },
                        Meaning::NonceUsed => return Offered::Out { nonce_used: true },
                        // After an unclear offer, a refusal may only show that it had arrived.
                        Meaning::Refused if may_be_out => {
                            return Offered::Out { nonce_used: false };
                        }
                        Meaning::Refused => {
                            return Offered::NotOut {
                                error: TxError::Rejected {
                                    hash: signed.hash,
                                    nonce: signed.nonce,
                                    source: Box::new(error),
                                },
                            };
                        }
                        Meaning::NotTaken if may_be_out => {}
                        Meaning::NotTaken => {
                            debug!(hash = %signed.hash, error = as_dyn(&error), "the node took no offer yet");
                            if let Some(error) = self.too_late(signed, prepared, pause, error) {
                                return Offered::NotOut { error };
                            }
                        }
                        Meaning::Unclear => {
                            may_be_out = true;
                            warn!(hash = %signed.hash, nonce = signed.nonce, error = as_dyn(&error), "the answer to a sent transaction is lost; offering the same bytes again");
                        }
                    }
                }
            }
            if pause >= self.deadline.remaining() {
                // Only what may be out gets here: the rest was given up above.
                return Offered::Out { nonce_used: false };
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Why bytes that no node has taken yet are not offered once more after `pause`, if so.
    fn too_late(
        &self,
        signed: &Signed,
        prepared: &Prepared,
        pause: Duration,
        trouble: RpcError,
    ) -> Option<TxError> {
        if pause >= self.deadline.remaining() {
            return Some(TxError::NotTaken {
                hash: signed.hash,
                budget: self.deadline.budget(),
                source: Box::new(trouble),
            });
        }
        self.check_time(prepared).err()
    }

    /// `None` when the deadline passed while the bytes were on their way.
    async fn offer_once(&self, signed: &Signed) -> Option<Result<(), RpcError>> {
        let sent = self
            .rpc
            .call::<TxHash>("eth_sendRawTransaction", [&signed.raw]);
        let answer = self.deadline.bound(sent).await?;
        Some(match answer {
            Ok(hash) => {
                if hash != signed.hash {
                    warn!(expected = %signed.hash, answered = %hash, "the node names another hash than the transaction has");
                }
                Ok(())
            }
            // A server may echo what it was sent.
            Err(error) => Err(error.without(&signed.raw.to_string())),
        })
    }

    /// Looks for the receipt until it is there or time is up.
    async fn wait(&self, signed: &Signed, mut nonce_used: bool) -> Result<RawReceipt, TxError> {
        let mut pause = FIRST_POLL;
        let mut trouble = None;
        let mut looks = 0;
        let mut next_look = Instant::now();
        let mut reoffer = Deadline::after(REOFFER_EVERY);
        loop {
            match self.receipt(signed.hash).await {
                Some(Ok(Some(receipt))) => return Ok(receipt),
                Some(Ok(None)) => trouble = None,
                Some(Err(error)) => trouble = Some(Box::new(error)),
                None => {}
            }
            if self.deadline.has_passed() {
                return Err(TxError::Pending {
                    hash: signed.hash,
                    nonce: signed.nonce,
                    budget: self.deadline.budget(),
                    source: trouble,
                });
            }
            if nonce_used && Instant::now() >= next_look {
                next_look = Instant::now() + LOOK_PAUSE;
                let is_used = self
                    .counts()
                    .await
                    .is_some_and(|(mined, _)| mined > signed.nonce);
                looks = if is_used { looks + 1 } else { 0 };
                if looks >= LOOKS {
                    return Err(TxError::NonceUsed {
                        from: self.signer.address(),
                        hash: signed.hash,
                        nonce: signed.nonce,
                    });
                }
            }
            if reoffer.has_passed() {
                reoffer = Deadline::after(REOFFER_EVERY);
                if let Some(Err(error)) = self.offer_once(signed).await {
                    nonce_used |= classify(&error) == Meaning::NonceUsed;
                }
            }
            tokio::time::sleep(pause.min(self.deadline.remaining())).await;
            pause = (pause * 3 / 2).min(SLOWEST_POLL);
        }
    }

    async fn receipt(&self, hash: TxHash) -> Option<Result<Option<RawReceipt>, RpcError>> {
        let asked = self
            .rpc
            .call::<Option<RawReceipt>>("eth_getTransactionReceipt", [hash]);
        let answer = self.deadline.bound(asked).await?;
        // A receipt of another transaction is no answer.
        Some(answer.map(|receipt| receipt.filter(|receipt| receipt.transaction_hash == hash)))
    }

    /// A mined transaction may still have reverted.
    async fn conclude(&self, receipt: RawReceipt, prepared: &Prepared) -> Result<Receipt, TxError> {
        let receipt = receipt.into_receipt(prepared.fees.ceiling().into());
        debug!(hash = %receipt.transaction_hash, block = receipt.block_number, gas = receipt.gas_used, "mined");
        if receipt.succeeded() {
            return Ok(receipt);
        }
        let reason = revert_reason(
            &self.rpc,
            self.signer.address(),
            &prepared.request,
            receipt.block_number,
        );
        let revert = self.deadline.bound(reason).await.flatten();
        Err(TxError::Reverted {
            receipt: Box::new(receipt),
            revert,
        })
    }
}

/// An error for a log, which then shows its causes too.
fn as_dyn(error: &RpcError) -> &(dyn std::error::Error + 'static) {
    error
}
