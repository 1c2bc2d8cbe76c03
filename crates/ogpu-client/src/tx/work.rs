//! The single steps that a machine asks for, each ending in an event.

use std::{sync::Arc, time::Duration};

use ogpu_tx::{Event, Fees, IntentEvent, IntentId, Meaning, Millis};
use ogpu_types::{TxHash, Wei};
use tokio::time::sleep;
use tracing::{debug, info, warn};

use super::{
    Prepared, Preparing, TransactionRequest, TxError,
    answer::combined,
    lane::{Lane, Submission, Written},
    nonce_user,
    record::{Name, Trouble},
    signed::Signed,
};
use crate::{
    IdempotencyKey, JournalError, SignedVersion,
    clock::unix_now,
    deadline::Deadline,
    retry::Advice,
    rpc::{BlockId, Quantity, RawReceipt, RpcError},
};

/// The pause before a hole is tried to fill once more.
const FILL_PAUSE: Duration = Duration::from_secs(1);

/// Signs the intent's payload under the nonce, once for each version.
pub(super) async fn sign(lane: &Arc<Lane>, id: IntentId, nonce: u64, fees: Option<Fees>) {
    let Some((prepared, signer)) = lane
        .with_record(id, |record| {
            let mut prepared = record.prepared.clone();
            prepared.fees = fees.unwrap_or(prepared.fees);
            Some((prepared, record.signer.clone()?))
        })
        .flatten()
    else {
        return lane.intent(id, IntentEvent::SigningFailed { nonce });
    };
    let signed = Signed::new(&prepared, lane.chain(), nonce, &signer).await;
    let event = lane.with_record(id, |record| match signed {
        Ok(signed) => {
            if fees.is_none() {
                // Under a nonce of its own again: what was signed under another is void.
                record.versions.clear();
                record.was_offered = false;
            }
            record.nonce = Some(nonce);
            record.versions.push(SignedVersion {
                hash: signed.hash,
                fees: prepared.fees,
                raw: signed.raw,
            });
            record
                .newest()
                .map_or(IntentEvent::SigningFailed { nonce }, |version| {
                    IntentEvent::Signed { nonce, version }
                })
        }
        Err(source) => {
            record.trouble = Some(Trouble::Other(Box::new(TxError::Sign { source })));
            IntentEvent::SigningFailed { nonce }
        }
    });
    if let Some(event) = event {
        lane.intent(id, event);
    }
}

/// The journal did not store what was signed: it is not offered.
pub(super) fn not_stored(
    lane: &Arc<Lane>,
    answers: impl Iterator<Item = (IntentId, Written)>,
    error: JournalError,
) {
    let mut error = Some(error);
    for (id, written) in answers {
        let Written::Stored { hash } = written else {
            continue;
        };
        lane.with_record(id, |record| {
            record.versions.retain(|signed| signed.hash != hash);
            let source = error.take().unwrap_or(JournalError::InUse {
                chain: lane.chain(),
                account: lane.account,
            });
            record.trouble = Some(Trouble::Other(Box::new(TxError::Journal {
                source: Box::new(source),
            })));
        });
        lane.intent(id, IntentEvent::StoringFailed { hash });
    }
}

/// Offers a version's bytes, unless its time has passed before they left for the first time.
pub(super) async fn offer(lane: &Arc<Lane>, id: IntentId, hash: TxHash) {
    let offered = lane.with_record(id, |record| {
        let late = (!record.was_offered)
            .then(|| too_late(record.deadline, record.prepared.request.not_after))
            .flatten();
        if let Some(error) = late {
            record.trouble = Some(Trouble::Other(Box::new(error)));
            return None;
        }
        let raw = record.version(hash)?.raw.clone();
        if !std::mem::replace(&mut record.was_offered, true) {
            info!(%hash, nonce = record.nonce, from = %lane.account, "sending a transaction");
        }
        Some(raw)
    });
    let Some(offered) = offered else { return };
    let Some(raw) = offered else {
        return lane.intent(id, IntentEvent::Withheld { hash });
    };
    let answers = lane.shared.rpc.broadcast(&raw).await;
    for answered in answers
        .iter()
        .flatten()
        .filter(|&answered| *answered != hash)
    {
        warn!(expected = %hash, %answered, "a node names another hash than the transaction has");
    }
    let (meaning, error) = combined(answers);
    let retry_after = error.as_ref().and_then(retry_after);
    if let Some(error) = error {
        note(lane, id, hash, meaning, error);
    }
    lane.intent(
        id,
        IntentEvent::Answered {
            hash,
            meaning,
            retry_after,
        },
    );
}

/// Nothing is sent for the first time after its time.
fn too_late(deadline: Deadline, not_after: Option<u64>) -> Option<TxError> {
    if deadline.has_passed() {
        return Some(TxError::OutOfTime {
            budget: deadline.budget(),
        });
    }
    let now = unix_now();
    not_after
        .filter(|not_after| now >= *not_after)
        .map(|not_after| TxError::TooLate { not_after, now })
}

fn note(lane: &Arc<Lane>, id: IntentId, hash: TxHash, meaning: Meaning, error: RpcError) {
    {
        let error: &(dyn std::error::Error + 'static) = &error;
        match meaning {
            Meaning::Unclear => {
                warn!(%hash, error, "the answer to a sent transaction is lost; the same bytes are offered again");
            }
            _ => debug!(%hash, ?meaning, error, "the node answered an offer"),
        }
    }
    if !matches!(meaning, Meaning::AlreadyKnown) {
        lane.with_record(id, |record| {
            record.trouble = Some(Trouble::Node(Box::new(error)));
        });
    }
}

fn retry_after(error: &RpcError) -> Option<Millis> {
    match error.cause.advice() {
        Advice::RetryAfter(wish) => Millis::try_from(wish.as_millis()).ok(),
        _ => None,
    }
}

/// The fees of a replacement, within the caps.
pub(super) async fn price(lane: &Arc<Lane>, id: IntentId, than: Fees) {
    let shared = &lane.shared;
    let request = lane.with_record(id, |record| {
        let request = &record.prepared.request;
        (
            record.signer.is_some(),
            shared
                .caps
                .per_gas(record.prepared.gas_limit, request.value),
            request.not_after,
        )
    });
    let Some((can_sign, cap, not_after)) = request else {
        return;
    };
    let expired = not_after.is_some_and(|not_after| unix_now() >= not_after);
    let quote = shared
        .market
        .quote(&shared.rpc, shared.heads.block_time())
        .await;
    let fees = match quote {
        Ok(quote) if can_sign && !expired => {
            let fees = than.replaced_by(quote.fees).capped(cap);
            fees.replaces(than).then_some(fees)
        }
        _ => None,
    };
    if let Some(fees) = fees {
        info!(nonce = lane.with_record(id, |record| record.nonce).flatten(), fee = %fees.ceiling(), "replacing a transaction by one that offers more");
    }
    lane.intent(id, IntentEvent::Priced { fees });
}

/// Looks for the receipt of any version.
pub(super) async fn find_receipt(lane: &Arc<Lane>, id: IntentId) {
    let rpc = &lane.shared.rpc;
    let hashes = lane.with_record(id, |record| {
        let hashes = record.versions.iter().map(|signed| signed.hash);
        hashes.collect::<Vec<_>>()
    });
    let looks = hashes.into_iter().flatten().map(|hash| async move {
        let asked = rpc.call::<Option<RawReceipt>>("eth_getTransactionReceipt", [hash]);
        // A receipt of another transaction is no answer.
        Some(asked.await.ok()?.filter(|r| r.transaction_hash == hash))
    });
    let found = futures::future::join_all(looks).await;
    if let Some(receipt) = found.iter().flatten().flatten().next() {
        // It is asked for again with the next head: a block that is above the last one seen, or
        // another in its place, could be replaced without anybody noticing.
        if !lane
            .shared
            .heads
            .covers(receipt.block_number, receipt.block_hash)
        {
            return;
        }
        let event = IntentEvent::Included {
            hash: receipt.transaction_hash,
            block: receipt.block_number,
        };
        debug!(hash = %receipt.transaction_hash, block = receipt.block_number, "mined");
        lane.with_record(id, |record| record.receipt = Some(receipt.clone()));
        return lane.intent(id, event);
    }
    // On a chain that is still lower than its block, nothing is missing yet.
    let is_lower = lane.mined_at(id).is_some_and(|block| {
        lane.shared
            .heads
            .last()
            .is_none_or(|head| head.number < block)
    });
    if found.iter().all(Option::is_some) && !is_lower {
        lane.intent(id, IntentEvent::Missing);
    }
}

/// Finds out who used the intent's nonce.
pub(super) async fn find_user(lane: &Arc<Lane>, id: IntentId, nonce: u64) {
    let Some(by) = nonce_user::find(&lane.shared.rpc, lane.account, nonce).await else {
        return;
    };
    let is_own = lane.with_record(id, |record| {
        by.is_some_and(|by| record.version(by).is_some())
    });
    if is_own == Some(false) {
        warn!(account = %lane.account, nonce, by = by.map(tracing::field::display), "another transaction has used the nonce");
        lane.intent(id, IntentEvent::Overtaken { nonce, by });
    }
}

/// Counts the account's transactions.
pub(super) async fn count(lane: &Arc<Lane>, after: Millis) {
    sleep(Duration::from_millis(after)).await;
    let rpc = &lane.shared.rpc;
    let pending = async {
        let params = (lane.account, BlockId::Pending);
        rpc.call::<Quantity>("eth_getTransactionCount", params)
            .await
            .ok()?
            .to_u64()
    };
    let (mined, pending) = tokio::join!(mined_count(lane), pending);
    lane.event(&match (mined, pending) {
        (Some(mined), pending @ Some(_)) => Event::Counted { mined, pending },
        _ => Event::NotCounted,
    });
}

/// How many of the account's transactions are mined; `None` when the node cannot say.
pub(super) async fn mined_count(lane: &Lane) -> Option<u64> {
    let params = (lane.account, BlockId::Latest);
    let count = lane
        .shared
        .rpc
        .call::<Quantity>("eth_getTransactionCount", params)
        .await;
    count.ok()?.to_u64()
}

/// Fills a hole in the nonces with a transaction that does nothing.
pub(super) async fn fill(lane: &Arc<Lane>) {
    let Some(signer) = lane.signer() else { return };
    let shared = &lane.shared;
    let prepared: Prepared = loop {
        let request = TransactionRequest::transfer(lane.account, Wei::ZERO);
        let with = Preparing {
            counts: false,
            ..shared.preparing()
        };
        match super::prepare(with, lane.account, request).await {
            Ok((prepared, _)) => break prepared,
            Err(error) => {
                warn!(account = %lane.account, error = &error as &(dyn std::error::Error + 'static), "cannot fill a hole in the nonces yet");
                sleep(FILL_PAUSE).await;
            }
        }
    };
    info!(account = %lane.account, "filling a hole in the nonces with a transaction that does nothing");
    lane.submit_unwatched(Submission {
        name: Name {
            key: IdempotencyKey::random(),
            fingerprint: ogpu_types::Hash32::ZERO,
        },
        prepared,
        signer,
        deadline: Deadline::after(Duration::MAX),
        pending: None,
    });
}
