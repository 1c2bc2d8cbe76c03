//! Runs that end early, and go on: out of time at each stage, twice at a time, after a crash.

use std::{
    future::{IntoFuture, poll_fn},
    pin::pin,
    sync::Mutex,
    task::Poll,
    time::Duration,
};

use ogpu_client::{DeliveryMethod, RunStage, RunTaskCause, Wei};
use ogpu_devnet::{
    Mining,
    services::{Scripted, Service},
};
use serde_json::Value;

use super::{LONG, MANUAL, Market, name, number};
use crate::{ledger::key, network::PAYMENT};

/// Long enough for all that is not held up.
const SHORT: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_run_whose_time_ends_while_publishing_goes_on_with_its_key() {
    let market = Market::start(MANUAL).await;
    let provider = market.provider(5).await;
    let devnet = &market.network.devnet;
    devnet.set_mining(Mining::Manual).await.unwrap();
    let client = market.client();
    let run = client.run_task(&market.info()).timeout(SHORT);
    let error = run.await.unwrap_err();
    assert_eq!((error.stage, error.task), (RunStage::Publishing, None));
    assert!(error.pending().is_some(), "{error:?}");
    devnet.set_mining(Mining::Instant).await.unwrap();
    devnet.mine().await.unwrap();
    let run = client.run_task(&market.info()).idempotency_key(error.key);
    let run = run.timeout(LONG).await.unwrap();
    assert_eq!(run.response.provider, provider.address());
    assert_eq!(market.network.published().await, 1);
}

#[tokio::test]
async fn a_run_whose_time_ends_while_waiting_goes_on_with_its_key() {
    let market = Market::start(MANUAL).await;
    let _provider = market.provider(5).await;
    let client = market.client();
    let reject = |_| async { None };
    let run = client.run_task(&market.info()).judge(reject).timeout(SHORT);
    let error = run.await.unwrap_err();
    assert_eq!((error.stage, error.response), (RunStage::Waiting, None));
    assert!(
        matches!(error.cause, RunTaskCause::Timeout { timeout } if timeout == SHORT),
        "{error:?}"
    );
    let run = client.run_task(&market.info()).idempotency_key(error.key);
    let run = run.timeout(LONG).await.unwrap();
    assert_eq!(Some(run.task.address), error.task);
    assert_eq!(market.network.published().await, 1);
}

#[tokio::test]
async fn a_run_whose_time_ends_while_confirming_sticks_to_its_choice() {
    let market = Market::start(MANUAL).await;
    let (one, other) = (market.provider(1).await, market.provider(2).await);
    let client = market.client();
    let devnet = &market.network.devnet;
    let run = client
        .run_task(&market.info())
        .idempotency_key(key("order-7"))
        .judge(|candidate| async move {
            let is_chosen = number(&candidate) == 1;
            if is_chosen {
                devnet.set_mining(Mining::Manual).await.unwrap();
            }
            is_chosen.then_some(1.0)
        })
        .timeout(SHORT);
    let error = run.await.unwrap_err();
    assert_eq!(error.stage, RunStage::Confirming, "{error:?}");
    assert!(error.pending().is_some() && error.response.is_some());
    drop(client);

    devnet.set_mining(Mining::Instant).await.unwrap();
    // Whatever the judge thinks now.
    let run = market
        .client()
        .run_task(&market.info())
        .idempotency_key(key("order-7"))
        .judge(|candidate| async move { (number(&candidate) == 2).then_some(1.0) })
        .timeout(LONG)
        .await
        .unwrap();
    assert_eq!(Some(run.response.address), error.response);
    assert_eq!(run.payload.json::<i64>().unwrap(), 1);
    assert!(run.confirmation.is_some());
    assert_eq!(market.earned(&one).await, PAYMENT);
    assert_eq!(market.earned(&other).await, Wei::ZERO);
}

#[tokio::test]
async fn a_run_whose_time_ends_while_fetching_has_its_response_and_goes_on() {
    let market = Market::start(DeliveryMethod::FirstResponse).await;
    let provider = market.provider_with(5, |provider| provider).await;
    let services = market.network.devnet.services();
    services.script(Service::Gateway, [Scripted::hang()]);
    let client = market.client();
    let run = client.run_task(&market.info()).timeout(SHORT);
    let error = run.await.unwrap_err();
    assert_eq!(error.stage, RunStage::Fetching, "{error:?}");
    assert!(error.response.is_some());
    let again = client.run_task(&market.info()).idempotency_key(error.key);
    let run = again.timeout(LONG).await.unwrap();
    assert_eq!(run.payload.json::<i64>().unwrap(), 5);
    assert_eq!(market.earned(&provider).await, PAYMENT);
}

#[tokio::test]
async fn two_runs_with_one_key_at_the_same_time_are_one() {
    let market = Market::start(MANUAL).await;
    let providers = [market.provider(1).await, market.provider(2).await];
    let client = market.client();
    let run = |wanted: i64| {
        client
            .run_task(&market.info())
            .idempotency_key(key("order-7"))
            .judge(move |candidate| async move { (number(&candidate) == wanted).then_some(1.0) })
            .timeout(LONG)
            .into_future()
    };
    let (one, other) = tokio::join!(run(1), run(2));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.task, other.task);
    assert_eq!(one.response, other.response);
    assert_eq!(one.payload, other.payload);
    assert_eq!(market.network.published().await, 1);
    let mut earned = Vec::new();
    for provider in &providers {
        earned.push(market.earned(provider).await);
    }
    earned.sort();
    assert_eq!(earned, [Wei::ZERO, PAYMENT]);
}

#[tokio::test]
async fn after_a_crash_at_any_step_the_same_call_goes_on_and_nothing_happens_twice() {
    for step in [
        "published",
        "responded",
        "judged",
        "confirming",
        "confirmed",
    ] {
        let market = Market::start(MANUAL).await;
        let provider = market.provider(5).await;
        crash_at(step, &market).await;
        let client = market.client();
        let run = client
            .run_task(&market.info())
            .idempotency_key(key("order-7"));
        let run = run.timeout(LONG).await.unwrap();
        assert_eq!(run.payload.json::<Value>().unwrap(), 5, "{step}");
        // All over again, it gives the same.
        let again = client
            .run_task(&market.info())
            .idempotency_key(key("order-7"));
        assert_eq!(again.timeout(LONG).await.unwrap(), run, "{step}");
        assert_eq!(market.network.published().await, 1, "{step}");
        assert_eq!(market.earned(&provider).await, PAYMENT, "{step}");
    }
}

/// Runs the task, and drops all of it when this step is told.
async fn crash_at(step: &'static str, market: &Market) {
    let is_there = Mutex::new(false);
    let client = market.client();
    let run = client
        .run_task(&market.info())
        .idempotency_key(key("order-7"));
    let run = run.on_progress(|told| *is_there.lock().unwrap() |= name(told) == step);
    let mut run = pin!(run.timeout(LONG).into_future());
    poll_fn(|context| {
        let polled = run.as_mut().poll(context);
        if *is_there.lock().unwrap() {
            return Poll::Ready(());
        }
        assert!(polled.is_pending(), "it ended before {step}: {polled:?}");
        Poll::Pending
    })
    .await;
}
