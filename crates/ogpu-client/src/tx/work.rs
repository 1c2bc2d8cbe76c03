//! The single steps that a machine asks for, each ending in an event.

use std::{sync::Arc, time::Duration};

use ogpu_tx::{Event, Fees, IntentEvent, IntentId, Meaning, Millis};
use ogpu_types::{TxHash, Wei};
use tokio::time::sleep;
use tracing::{debug, info, warn};

use super::{
    Preparing, TransactionRequest, TxError,
    answer::combined,
    lane::{Lane, Submission},
    nonce_user,
    record::{Name, Trouble},
    signed::Signed,
    state::Written,
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
            (prepared, record.signer.clone())
        })
        .and_then(|(prepared, own)| Some((prepared, own.or_else(|| lane.signer())?)))
    else {
        return lane.intent(id, IntentEvent::SigningFailed { nonce });
    };
    let signed = Signed::new(&prepared, lane.chain(), nonce, &signer).await;
    let event = lane.with_record(id, |record| match signed {
        Ok(signed) => {
            if fees.is_none() {
                // Under a nonce of its own again: what was signed under another is void.
                record.versions.clear();
                record.offered.clear();
            } else if record.nonce != Some(nonce) {
                // It has left the nonce meanwhile.
                return IntentEvent::SigningFailed { nonce };
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
    error: &JournalError,
) {
    for (id, written) in answers {
        let Written::Stored { hash } = written else {
            continue;
        };
        lane.with_record(id, |record| {
            if !record.offered.contains(&hash) {
                record.versions.retain(|signed| signed.hash != hash);
            }
            record.trouble = Some(Trouble::Other(Box::new(TxError::Journal {
                source: Box::new(error.for_another()),
            })));
        });
        lane.intent(id, IntentEvent::StoringFailed { hash });
    }
}

/// Somebody else holds the journal now. What was in it goes its way there; what was not is gone.
pub(super) fn not_withdrawn(lane: &Arc<Lane>, id: IntentId) {
    let was_stored = lane.with_record(id, |record| !record.versions.is_empty());
    if was_stored == Some(true) {
        lane.tell_standing(id);
    } else {
        lane.intent(id, IntentEvent::Withdrawn);
    }
}

/// Offers a version's bytes, unless its time has passed before they left for the first time.
pub(super) async fn offer(lane: &Arc<Lane>, id: IntentId, hash: TxHash) {
    let offered = lane.with_record(id, |record| {
        let is_first = record.offered.is_empty();
        let late = is_first
            .then(|| too_late(record.deadline, record.prepared.request.not_after))
            .flatten();
        if let Some(error) = late {
            record.trouble = Some(Trouble::Other(Box::new(error)));
            return None;
        }
        let raw = record.version(hash)?.raw.clone();
        record.offered.insert(hash);
        if is_first {
            info!(%hash, nonce = record.nonce, from = %lane.account, "sending a transaction");
        }
        Some((raw, is_first.then_some(record.deadline)))
    });
    let Some(offered) = offered else { return };
    let Some((raw, until)) = offered else {
        return lane.intent(id, IntentEvent::Withheld { hash });
    };
    let offering = lane.shared.rpc.broadcast(&raw);
    let answers = match until {
        // What has not left by then does not leave any more.
        Some(deadline) => deadline.bound(offering).await,
        None => Some(offering.await),
    };
    let Some(answers) = answers else {
        return lane.intent(
            id,
            IntentEvent::Answered {
                hash,
                meaning: Meaning::Unclear,
                retry_after: None,
            },
        );
    };
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
    let Some((has_signer, cap, not_after)) = request else {
        return;
    };
    let can_sign = has_signer || lane.signer().is_some();
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
    // What was read before a reorg counts for nothing after it.
    while !try_find_receipt(lane, id).await {}
}

/// Whether what was found could be told.
async fn try_find_receipt(lane: &Arc<Lane>, id: IntentId) -> bool {
    let reorgs = lane.reorgs();
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
            return true;
        }
        let event = IntentEvent::Included {
            hash: receipt.transaction_hash,
            block: receipt.block_number,
        };
        debug!(hash = %receipt.transaction_hash, block = receipt.block_number, "mined");
        lane.with_record(id, |record| record.receipt = Some(receipt.clone()));
        return lane.intent_since(reorgs, id, event);
    }
    // On a chain that is still lower than its block, nothing is missing yet.
    let is_lower = lane.mined_at(id).is_some_and(|block| {
        lane.shared
            .heads
            .last()
            .is_none_or(|head| head.number < block)
    });
    if found.iter().any(Option::is_none) || is_lower {
        // It is asked again with the next block.
        return true;
    }
    lane.intent_since(reorgs, id, IntentEvent::Missing)
}

/// Finds out who used the intent's nonce.
pub(super) async fn find_user(lane: &Arc<Lane>, id: IntentId, nonce: u64) {
    let shared = &lane.shared;
    let reorgs = lane.reorgs();
    let depth = shared.confirmations;
    let Some(by) = nonce_user::find(&shared.rpc, lane.account, nonce, depth).await else {
        return;
    };
    let hash = lane.with_record(id, |record| match record.version(by) {
        Some(_) => None,
        None => record.versions.last().map(|signed| signed.hash),
    });
    if let Some(hash) = hash.flatten() {
        warn!(account = %lane.account, nonce, %by, "another transaction has used the nonce");
        lane.with_record(id, |record| {
            // In case that it cannot be signed for another one.
            record.trouble = Some(Trouble::Other(Box::new(TxError::Superseded {
                from: lane.account,
                hash,
                nonce,
                by: Some(by),
            })));
        });
        let by = Some(by);
        lane.intent_since(reorgs, id, IntentEvent::Overtaken { nonce, by });
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
    let Some(_filling) = lane.filling.take() else {
        return;
    };
    let Some(signer) = lane.signer() else { return };
    let shared = &lane.shared;
    while lane.has_hole() {
        let request = TransactionRequest::transfer(lane.account, Wei::ZERO);
        let with = Preparing {
            counts: false,
            ..shared.preparing()
        };
        let prepared = match super::prepare(with, lane.account, request).await {
            Ok((prepared, _)) => prepared,
            Err(error) => {
                warn!(account = %lane.account, error = &error as &(dyn std::error::Error + 'static), "cannot fill a hole in the nonces yet");
                sleep(FILL_PAUSE).await;
                continue;
            }
        };
        if !lane.has_hole() {
            return;
        }
        info!(account = %lane.account, "filling a hole in the nonces with a transaction that does nothing");
        return lane.submit_unwatched(Submission {
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
}
