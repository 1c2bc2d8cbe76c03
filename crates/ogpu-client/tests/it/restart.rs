//! Journals: what is in them before a transaction leaves, and what comes of it when they fail or
//! change hands.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use ethers_core::utils::{hex, keccak256};
use futures::future::{BoxFuture, FutureExt, join_all};
use ogpu_client::{
    AccountJournal, Address, ChainId, IdempotencyKey, Journal, JournalChange, JournalEntry,
    JournalError, MemoryJournal, Outcome, TxError, TxHash,
};
use ogpu_devnet::{
    Mining, Orphans,
    faults::{Fault, FaultPlan, Loss, Rule},
};

use crate::{
    ledger::{SEND, key, trouble},
    network::{Network, eventually},
    tap::Tap,
};

/// How the next writes go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Conduct {
    #[default]
    Writes,
    Fails,
    FailsAfterWriting,
    Hangs,
    IsLost,
}

/// A journal that does as it is told, and remembers what it has acknowledged.
#[derive(Clone, Debug, Default)]
struct Told {
    memory: MemoryJournal,
    conduct: Arc<Mutex<Conduct>>,
    acknowledged: Arc<Mutex<HashSet<TxHash>>>,
    /// What it did not acknowledge.
    refused: Arc<Mutex<HashSet<TxHash>>>,
}

impl Told {
    fn behave(&self, conduct: Conduct) {
        *self.conduct.lock().unwrap() = conduct;
    }

    fn conduct(&self) -> Conduct {
        *self.conduct.lock().unwrap()
    }
}

impl Journal for Told {
    fn open(
        &self,
        chain: ChainId,
        account: Address,
    ) -> BoxFuture<'_, Result<Box<dyn AccountJournal>, JournalError>> {
        async move {
            let held = self.memory.open(chain, account).await?;
            Ok(Box::new(ToldAccount {
                held,
                told: self.clone(),
                place: (chain, account),
            }) as Box<dyn AccountJournal>)
        }
        .boxed()
    }
}

#[derive(Debug)]
struct ToldAccount {
    held: Box<dyn AccountJournal>,
    told: Told,
    place: (ChainId, Address),
}

impl AccountJournal for ToldAccount {
    fn unsettled(&self) -> BoxFuture<'_, Result<Vec<JournalEntry>, JournalError>> {
        self.held.unsettled()
    }

    fn find<'a>(
        &'a self,
        key: &'a IdempotencyKey,
    ) -> BoxFuture<'a, Result<Option<JournalEntry>, JournalError>> {
        self.held.find(key)
    }

    fn write(&self, changes: Vec<JournalChange>) -> BoxFuture<'_, Result<(), JournalError>> {
        async move {
            let (chain, account) = self.place;
            let failure = || JournalError::Storage {
                account,
                step: "write",
                source: "the disk is full".into(),
            };
            let puts = changes.iter().filter_map(|change| match change {
                JournalChange::Put(entry) => Some(entry.versions.iter().map(|v| v.hash)),
                _ => None,
            });
            let hashes: Vec<TxHash> = puts.flatten().collect();
            if self.told.conduct() != Conduct::Writes {
                self.told.refused.lock().unwrap().extend(&hashes);
            }
            match self.told.conduct() {
                Conduct::Fails => return Err(failure()),
                Conduct::IsLost => return Err(JournalError::Lost { chain, account }),
                Conduct::Hangs => std::future::pending().await,
                _ => {}
            }
            // Long enough for what does not wait to be seen.
            tokio::task::yield_now().await;
            self.held.write(changes).await?;
            if self.told.conduct() == Conduct::FailsAfterWriting {
                return Err(failure());
            }
            self.told.acknowledged.lock().unwrap().extend(hashes);
            Ok(())
        }
        .boxed()
    }
}

fn hash_of(call: &serde_json::Value) -> TxHash {
    let raw = call["params"][0].as_str().unwrap();
    keccak256(hex::decode(raw).unwrap()).into()
}

#[tokio::test]
async fn nothing_leaves_before_the_journal_has_it() {
    let network = Network::start().await;
    network.devnet.set_mining(Mining::Manual).await.unwrap();
    let journal = Told::default();
    let early: Arc<Mutex<Vec<TxHash>>> = Arc::default();
    let tap = {
        let (acknowledged, early) = (Arc::clone(&journal.acknowledged), Arc::clone(&early));
        Tap::start(&network, move |call| {
            if call["method"] == SEND {
                let hash = hash_of(call);
                if !acknowledged.lock().unwrap().contains(&hash) {
                    early.lock().unwrap().push(hash);
                }
            }
            None
        })
        .await
    };
    let client = network.client_with(|builder| {
        builder
            .rpc_url(&tap.url)
            .journal(journal.clone())
            .replace_after(Duration::from_millis(100))
    });
    let sends: Vec<_> = (0..20).map(|_| network.sending(&client)).collect();
    // Replacements as well.
    eventually("replacements", || async {
        (journal.acknowledged.lock().unwrap().len() >= 23).then_some(())
    })
    .await;
    network.devnet.set_mining(Mining::Instant).await.unwrap();
    network.devnet.mine().await.unwrap();
    for sent in join_all(sends).await {
        sent.unwrap().unwrap();
    }
    assert_eq!(*early.lock().unwrap(), []);
    assert_eq!(network.effects().await, 20);
}

#[tokio::test]
async fn what_the_journal_does_not_take_is_not_sent() {
    let network = Network::start().await;
    let journal = Told::default();
    let endpoint = network.devnet.faults().endpoint(FaultPlan::none()).await;
    let endpoint = endpoint.unwrap();
    let client = network.client_with(|builder| {
        builder
            .rpc_url(endpoint.http_url())
            .journal(journal.clone())
    });
    for conduct in [Conduct::Fails, Conduct::FailsAfterWriting] {
        network.one_wei(&client).await.unwrap();
        let before = endpoint.log().transactions_offered();
        journal.behave(conduct);
        let sends: Vec<_> = (0..5).map(|_| network.sending(&client)).collect();
        let refused = || journal.refused.lock().unwrap().len();
        // To be forgotten again: that has to succeed before anybody is told.
        eventually("the refusals", || async { (refused() == 5).then_some(()) }).await;
        journal.behave(Conduct::Writes);
        for sent in join_all(sends).await {
            let error = sent.unwrap().unwrap_err();
            assert!(error.outcome().is_not_sent(), "{error:?}");
            let TxError::Journal { source } = trouble(&error) else {
                panic!("{error:?}");
            };
            assert!(
                matches!(**source, JournalError::Storage { .. }),
                "{source:?}"
            );
        }
        journal.refused.lock().unwrap().clear();
        assert_eq!(endpoint.log().transactions_offered(), before);
        network.one_wei(&client).await.unwrap();
        assert_eq!(network.mined().await, network.effects().await);
    }
    assert_eq!(network.effects().await, 4);
}

#[tokio::test]
async fn what_a_reorg_took_back_is_offered_again_though_the_journal_fails() {
    let network = Network::start().await;
    network.devnet.set_mining(Mining::Manual).await.unwrap();
    let journal = Told::default();
    let client = network.client_with(|builder| builder.journal(journal.clone()));
    let first = network.sending(&client);
    network.waiting(1).await;
    network.devnet.mine().await.unwrap();
    first.await.unwrap().unwrap();
    let second = network.sending(&client);
    network.waiting(1).await;
    journal.behave(Conduct::Fails);
    let reorg = network.devnet.reorg_with(1, Orphans::Dropped).await;
    assert_eq!(reorg.unwrap().dropped.len(), 1);
    // The second one waits for the first, whose bytes nobody else has any more.
    network.waiting(2).await;
    journal.behave(Conduct::Writes);
    // A node may take the two into one block or into two.
    eventually("the call's end", || async {
        network.devnet.mine().await.unwrap();
        second.is_finished().then_some(())
    })
    .await;
    second.await.unwrap().unwrap();
    assert_eq!(network.effects().await, 2);
}

#[tokio::test]
async fn a_journal_that_hangs_holds_nobody_longer_than_the_call_lasts() {
    let network = Network::start().await;
    let journal = Told::default();
    let client = network.client_with(|builder| builder.journal(journal.clone()));
    journal.behave(Conduct::Hangs);
    let call = network.one_wei(&client).timeout(Duration::from_secs(1));
    // What it may have written a restart would send.
    let error = call.await.unwrap_err();
    assert!(
        matches!(error.outcome(), Outcome::Unknown { nonce: 0, .. }),
        "{error:?}"
    );
    assert_eq!(network.count("pending").await, 0);
}

#[tokio::test]
async fn a_journal_lost_to_another_holder_is_a_clear_error_and_can_be_opened_again() {
    let network = Network::start().await;
    let journal = Told::default();
    let client = network.client_with(|builder| builder.journal(journal.clone()));
    network.one_wei(&client).await.unwrap();
    journal.behave(Conduct::IsLost);
    let error = network.one_wei(&client).await.unwrap_err();
    assert!(error.outcome().is_not_sent());
    let TxError::Journal { source } = trouble(&error) else {
        panic!("{error:?}");
    };
    assert!(matches!(**source, JournalError::Lost { .. }), "{source:?}");
    journal.behave(Conduct::Writes);
    network.one_wei(&client).await.unwrap();
    assert_eq!(network.effects().await, 2);
    assert_eq!(network.mined().await, 2);
}

#[tokio::test]
async fn a_journal_has_one_client_at_a_time() {
    let network = Network::start().await;
    let journal = MemoryJournal::default();
    let first = network.client_with(|builder| builder.journal(journal.clone()));
    let second = network.client_with(|builder| builder.journal(journal.clone()));
    network.one_wei(&first).await.unwrap();
    let error = network.one_wei(&second).await.unwrap_err();
    let TxError::Journal { source } = trouble(&error) else {
        panic!("{error:?}");
    };
    assert!(matches!(**source, JournalError::InUse { .. }), "{source:?}");
    drop(first);
    network.one_wei(&second).await.unwrap();
    assert_eq!(network.effects().await, 2);
}

#[tokio::test]
async fn the_next_client_of_a_journal_finishes_what_the_last_one_began() {
    for fault in [Fault::AnswerLost(Loss::Closed), Fault::RequestLost] {
        let network = Network::start().await;
        let journal = MemoryJournal::default();
        let plan = FaultPlan::none().rule(Rule::method(SEND, fault.clone()));
        let endpoint = network.devnet.faults().endpoint(plan).await.unwrap();
        let first = network.client_with(|builder| {
            builder
                .rpc_url(endpoint.http_url())
                .journal(journal.clone())
        });
        network.devnet.set_mining(Mining::Manual).await.unwrap();
        let call = network.one_wei(&first).idempotency_key(key("order-7"));
        let error = call.timeout(Duration::from_millis(500)).await.unwrap_err();
        let Outcome::Unknown { hash, nonce: 0 } = error.outcome() else {
            panic!("{fault:?}: {error:?}");
        };
        drop(first);
        network.devnet.set_mining(Mining::Instant).await.unwrap();
        network.devnet.mine().await.unwrap();
        let second = network.client_with(|builder| builder.journal(journal.clone()));
        let call = network.one_wei(&second).idempotency_key(key("order-7"));
        let receipt = call.await.unwrap();
        assert_eq!(receipt.transaction_hash, hash, "{fault:?}");
        assert_eq!(network.effects().await, 1, "{fault:?}");
        assert_eq!(network.mined().await, 1, "{fault:?}");
    }
}

#[tokio::test]
async fn what_an_earlier_client_has_sent_is_replaced_where_it_is_in_the_way() {
    let network = Network::start().await;
    network.devnet.set_mining(Mining::Manual).await.unwrap();
    let journal = MemoryJournal::default();
    let first = network.client_with(|builder| builder.journal(journal.clone()));
    let call = network.one_wei(&first).timeout(Duration::from_millis(300));
    let Outcome::Unknown { hash, .. } = call.await.unwrap_err().outcome() else {
        panic!("it was sent");
    };
    drop(first);
    let second = network.client_with(|builder| {
        builder
            .journal(journal.clone())
            .replace_after(Duration::from_millis(200))
    });
    let behind = network.sending(&second);
    eventually("the replacement", || async {
        network.transaction(hash).await.is_none().then_some(())
    })
    .await;
    network.devnet.mine().await.unwrap();
    eventually("the second one's end", || async {
        network.devnet.mine().await.unwrap();
        behind.is_finished().then_some(())
    })
    .await;
    behind.await.unwrap().unwrap();
    assert_eq!(network.effects().await, 2);
    assert_eq!(network.mined().await, 2);
}

#[tokio::test]
async fn a_pending_publish_is_resumed_from_its_json_by_another_client() {
    let network = Network::start().await;
    network.devnet.set_mining(Mining::Manual).await.unwrap();
    let call = network.one_wei(&network.client);
    let error = call.timeout(Duration::from_millis(300)).await.unwrap_err();
    let json = serde_json::to_string(error.pending().unwrap()).unwrap();
    let pending = serde_json::from_str(&json).unwrap();

    // A node that is not there settles nothing.
    let nobody = network.client_with(|builder| {
        builder
            .rpc_url("http://127.0.0.1:9")
            .write_timeout(Duration::from_millis(500))
    });
    let unreachable = nobody.resume(&pending).await.unwrap_err();
    assert_eq!(unreachable.outcome(), error.outcome(), "{unreachable:?}");

    network.devnet.mine().await.unwrap();
    let other = network.client_with(|builder| builder);
    let both = [other.resume(&pending), other.resume(&pending)];
    for resumed in join_all(both).await {
        let hash = resumed.unwrap().receipt().transaction_hash;
        assert_eq!(Some(hash), error.transaction_hash());
    }
    // Its key is known there from then on.
    let key = error.pending().unwrap().idempotency_key().clone();
    let again = network.one_wei(&other).idempotency_key(key).await.unwrap();
    assert_eq!(Some(again.transaction_hash), error.transaction_hash());
    assert_eq!(network.effects().await, 1);
}
