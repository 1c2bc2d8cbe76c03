//! What passes its simulation and is refused when it is mined: the reason is as telling, and the gas
//! is spent.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use ogpu_client::{Client, DeliveryMethod, Error, Outcome, Wei, Write, types::Environment};

use super::{MIN_LOCKUP, idle_provider, stranger};
use crate::{
    network::{Network, PAYMENT, eventually, task_info},
    proxy::{Fate, proxied},
};

/// The error of a write that passes its simulation, and reaches the chain after `meanwhile` only.
async fn overtaken<T: std::fmt::Debug + Send + 'static>(
    network: &Network,
    write: impl FnOnce(&Client) -> Write<T>,
    meanwhile: impl Future<Output = ()>,
) -> Error {
    let (is_sent, may_arrive) = (Arc::default(), Arc::default());
    let rule = {
        let (is_sent, may_arrive) = (Arc::clone(&is_sent), Arc::clone(&may_arrive));
        move |body: &str| {
            let (is_sent, may_arrive): (&AtomicBool, &AtomicBool) = (&is_sent, &may_arrive);
            if !body.contains("eth_sendRawTransaction") || may_arrive.load(Ordering::SeqCst) {
                return Fate::Answered;
            }
            is_sent.store(true, Ordering::SeqCst);
            Fate::Lost
        }
    };
    let (_proxy, client) = proxied(network, rule).await;
    let writing = tokio::spawn(write(&client).into_future());
    eventually("the transaction", async || {
        is_sent.load(Ordering::SeqCst).then_some(())
    })
    .await;
    meanwhile.await;
    may_arrive.store(true, Ordering::SeqCst);

    let error = writing.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
    let Outcome::Mined { receipt } = error.outcome() else {
        panic!("{error:?}");
    };
    assert!(!receipt.succeeded());
    assert!(receipt.gas_used > 21_000);
    error
}

#[tokio::test]
async fn a_lockup_that_is_gone_meanwhile_is_told_with_what_is_left() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let simulated = idle_provider(&network).await;
    let (account, signer) = (simulated.address(), simulated.signer());
    let master = network.devnet.accounts().master();
    let announce = network.client.master(master.address());
    let announce = announce.announce_provider(account, Wei::ZERO);
    announce.signer(master).await.unwrap();
    let answer = network.client.provider(account);
    answer
        .announce_master(master.address())
        .signer(signer)
        .await
        .unwrap();

    let left = Wei::from(3_u64);
    let register = |client: &Client| {
        let provider = client.provider(account);
        provider.register(source, Environment::CPU).signer(master)
    };
    let error = overtaken(&network, register, async {
        let all_but_that = Wei::from_ether(100).checked_sub(left).unwrap();
        network
            .client
            .vault()
            .unbond(all_but_that, signer)
            .await
            .unwrap();
    })
    .await;
    assert!(
        matches!(error.reason(), Error::InsufficientLockup { account: named, lockup, required }
            if *named == account && *lockup == left && *required == MIN_LOCKUP),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_source_that_is_inactive_meanwhile_is_named() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let other = stranger(&network);
    let deposit = network
        .client
        .vault()
        .deposit(other.address(), PAYMENT, other);
    deposit.await.unwrap();
    let publish = |client: &Client| client.publish_task(&task_info(source)).signer(other);
    let error = overtaken(&network, publish, network.inactivate(source)).await;
    assert!(
        matches!(error.reason(), Error::SourceInactive { source_address }
            if *source_address == source),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_response_that_is_confirmed_meanwhile_is_still_the_goal() {
    let network = Network::start().await;
    let (_, response, _provider) = network.answered(DeliveryMethod::ManualConfirmation).await;
    let agent = network.devnet.accounts().agent();
    network.allow_agent(agent.address()).await;
    let confirm = |client: &Client| client.confirm_response(response.address).signer(agent);
    let error = overtaken(&network, confirm, async {
        network
            .client
            .confirm_response(response.address)
            .await
            .unwrap();
    })
    .await;
    assert!(error.is_already_confirmed(), "{error:?}");
}
