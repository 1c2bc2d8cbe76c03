//! Taking the place of what is stuck: self-transfers at nonces that something waits under.

use std::{ops::Range, sync::Arc, time::Duration};

use ogpu_tx::{Fees, Meaning};
use ogpu_types::{Address, Hash32, Receipt, TxHash, Wei};
use tokio::time::sleep;
use tracing::info;

use super::{
    Prepared, Preparing, TransactionRequest, TxError, answer::combined, engine::Engine, lane::Lane,
    prepare, signed::Signed, work::mined_count,
};
use crate::{
    IdempotencyKey, JournalEntry, JournalState, SignedVersion, Signer,
    deadline::Deadline,
    rpc::{BlockId, Quantity, RpcError},
};

/// How often an offer is raised at most: by an eighth each time, that is tenfold.
const MOST_RAISES: u32 = 20;
/// The pause before an offer that did not arrive is made once more.
const OFFER_PAUSE: Duration = Duration::from_millis(250);

/// An account's nonces as the chain, the nodes' pools and this client know them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NonceInfo {
    /// The account.
    pub account: Address,
    /// How many of its transactions are mined: the next nonce that the chain will use.
    pub mined: u64,
    /// The next nonce as the node sees it, with what waits in its pool.
    pub pending: u64,
    /// What this client has under way: each nonce with the hash of its newest version.
    pub under_way: Vec<(u64, TxHash)>,
}

impl NonceInfo {
    /// The nonces under which something waits for a block.
    pub fn waiting(&self) -> Range<u64> {
        let own = self.under_way.iter().map(|(nonce, _)| nonce + 1).max();
        self.mined..self.pending.max(own.unwrap_or(0)).max(self.mined)
    }
}

/// Self-transfers that would take the place of everything that waits, not sent yet.
#[derive(Clone, Debug)]
pub(crate) struct Unblocking {
    pub(crate) nonces: Range<u64>,
    /// One of them, before its fees are raised.
    pub(crate) transfer: Prepared,
    /// The most that each gas may cost, with all raises.
    pub(crate) most: Wei,
}

impl Engine {
    pub(crate) async fn nonce_info(
        &self,
        account: Address,
        deadline: Deadline,
    ) -> Result<NonceInfo, TxError> {
        let lane = self.lane(account, deadline).await?;
        let rpc = &self.shared().rpc;
        let failed = |source: RpcError| TxError::Prepare {
            source: Box::new(source),
        };
        let (mined, pending) = tokio::join!(
            rpc.call::<Quantity>("eth_getTransactionCount", (account, BlockId::Latest)),
            rpc.call::<Quantity>("eth_getTransactionCount", (account, BlockId::Pending)),
        );
        let count = |count: Quantity| count.to_u64().unwrap_or(u64::MAX);
        let mined = count(mined.map_err(failed)?);
        Ok(NonceInfo {
            account,
            mined,
            pending: count(pending.map_err(failed)?),
            under_way: lane.under_way(mined),
        })
    }

    /// What it would take to use up every nonce that something waits under.
    pub(crate) async fn plan_unblocking(
        &self,
        account: Address,
        deadline: Deadline,
    ) -> Result<Unblocking, TxError> {
        let nonces = self.nonce_info(account, deadline).await?.waiting();
        let shared = self.shared();
        let with = Preparing {
            counts: false,
            ..shared.preparing()
        };
        let request = TransactionRequest::transfer(account, Wei::ZERO);
        let (transfer, _) = prepare(with, account, request).await?;
        let cap = shared.caps.per_gas(transfer.gas_limit, Wei::ZERO);
        let dearest = (0..MOST_RAISES).fold(transfer.fees, |fees, _| fees.replaced_by(fees));
        Ok(Unblocking {
            nonces,
            most: dearest.capped(cap).ceiling(),
            transfer,
        })
    }

    /// Offers a self-transfer at each of the nonces, raised until it is taken, and waits for them.
    pub(crate) async fn unblock(
        &self,
        plan: Unblocking,
        signer: &Signer,
        deadline: Deadline,
    ) -> Result<Vec<Receipt>, TxError> {
        let lane = self.lane(signer.address(), deadline).await?;
        let mut offered = Vec::new();
        for nonce in plan.nonces.clone() {
            let offer = self.take_place(&lane, &plan, nonce, signer);
            let taken = deadline
                .bound(offer)
                .await
                .unwrap_or(Err(TxError::OutOfTime {
                    budget: deadline.budget(),
                }))?;
            offered.extend(taken);
        }
        let mut receipts = Vec::new();
        for entry in offered {
            match self.take_up(&lane, entry, deadline).await {
                Ok(receipt) => receipts.push(receipt),
                // What it was to replace was mined first, which frees the nonce as well.
                Err(TxError::Superseded { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(receipts)
    }

    /// A self-transfer that a node has taken at the nonce; `None` when the nonce is used.
    async fn take_place(
        &self,
        lane: &Arc<Lane>,
        plan: &Unblocking,
        nonce: u64,
        signer: &Signer,
    ) -> Result<Option<JournalEntry>, TxError> {
        let shared = self.shared();
        let mut fees = plan.transfer.fees;
        if let Some(own) = lane.newest_fees(nonce) {
            fees = own.replaced_by(fees);
        }
        loop {
            let fees_now = fees.capped(Some(plan.most));
            let entry = self.sign_transfer(plan, nonce, fees_now, signer).await?;
            let version = &entry.versions[0];
            let (meaning, error) = combined(shared.rpc.broadcast(&version.raw).await);
            match (meaning, error) {
                (Meaning::Accepted | Meaning::AlreadyKnown, _) => {
                    info!(hash = %version.hash, nonce, "took the place of a transaction that was stuck");
                    return Ok(Some(entry));
                }
                (Meaning::NonceTooLow, _) => return Ok(None),
                (Meaning::Occupied | Meaning::Underpriced, _) if fees_now == fees => {
                    fees = fees.replaced_by(fees);
                }
                (Meaning::Occupied | Meaning::Underpriced, _) => {
                    return Err(TxError::FeeCap {
                        needed: fees.ceiling(),
                        cap: plan.most,
                    });
                }
                (Meaning::Refused, Some(source)) => {
                    return Err(TxError::Rejected {
                        hash: version.hash,
                        nonce,
                        source: Box::new(source),
                    });
                }
                _ => {
                    if mined_count(lane).await.is_some_and(|mined| mined > nonce) {
                        return Ok(None);
                    }
                    sleep(OFFER_PAUSE).await;
                }
            }
        }
    }

    async fn sign_transfer(
        &self,
        plan: &Unblocking,
        nonce: u64,
        fees: Fees,
        signer: &Signer,
    ) -> Result<JournalEntry, TxError> {
        let prepared = Prepared {
            fees,
            ..plan.transfer.clone()
        };
        let chain = self.shared().chain;
        let signed = Signed::new(&prepared, chain, nonce, signer)
            .await
            .map_err(|source| TxError::Sign { source })?;
        Ok(JournalEntry {
            key: IdempotencyKey::random(),
            chain,
            account: signer.address(),
            fingerprint: Hash32::ZERO,
            request: prepared.request,
            gas_limit: prepared.gas_limit,
            nonce,
            versions: vec![SignedVersion {
                hash: signed.hash,
                fees,
                raw: signed.raw,
            }],
            state: JournalState::Sent,
        })
    }
}
