//! Tasks that run out of time.

use ethers_core::types::{Address, U256};
use ogpu_contracts::{
    controller::{CancelTaskCall, ConfirmResponseCall},
    task::{GetAttemptCountCall, GetExpiryTimeCall, WinningProviderCall},
};
use ogpu_types::{DeliveryMethod, TaskStatus};

use crate::support::{Books, Net, PAYMENT, attempt, ether, reason, response};

#[tokio::test]
async fn a_late_attempt_expires_a_new_task() {
    let (net, task) = Net::with_task().await;
    assert_that_a_late_attempt_expires(&net, task).await;
}

#[tokio::test]
async fn a_late_attempt_expires_an_attempted_task() {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.rival).await;
    assert_that_a_late_attempt_expires(&net, task).await;
}

#[tokio::test]
async fn a_late_attempt_expires_a_task_with_responses() {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.rival).await;
    net.respond(task, &net.rival, "result").await;
    assert_that_a_late_attempt_expires(&net, task).await;
}

#[tokio::test]
async fn an_attempt_in_the_last_second_is_in_time() {
    let (net, task) = Net::with_task().await;
    net.next_block_at(expiry(&net, task).await - 1).await;
    net.attempt(task, &net.provider).await;
    assert_eq!(net.task_status(task).await, TaskStatus::Attempted);
}

#[tokio::test]
async fn an_attempt_at_the_expiry_time_is_late() {
    let (net, task) = Net::with_task().await;
    net.next_block_at(expiry(&net, task).await).await;
    let receipt = net.attempt(task, &net.provider).await;
    assert_eq!(
        net.events(&receipt),
        [net.task_becomes(task, TaskStatus::Expired)]
    );
    assert_eq!(net.now().await, expiry(&net, task).await);
}

#[tokio::test]
async fn a_late_attempt_by_those_who_may_not_attempt_expires_nothing() {
    let (net, task) = Net::with_task().await;
    net.wait_until(expiry(&net, task).await).await;
    for somebody in [&net.stranger, &net.client] {
        let call = attempt(task, &net.provider);
        let revert = net.reverts(somebody, net.nexus, call).await;
        assert_eq!(revert, reason("NotProvider"));
    }
    assert_eq!(net.task_status(task).await, TaskStatus::New);
}

#[tokio::test]
async fn a_response_in_the_last_second_is_in_time() {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.provider).await;
    net.next_block_at(expiry(&net, task).await - 1).await;
    net.respond(task, &net.provider, "result").await;
    assert_eq!(net.task_status(task).await, TaskStatus::Responded);
}

#[tokio::test]
async fn a_late_response_is_refused_and_expires_nothing() {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.provider).await;
    net.wait_until(expiry(&net, task).await).await;
    let call = response(task, &net.provider, "result");
    let revert = net.reverts(&net.provider, net.nexus, call).await;
    assert_eq!(revert, reason("Expired"));
    assert_eq!(net.task_status(task).await, TaskStatus::Attempted);
}

#[tokio::test]
async fn a_late_first_response_is_refused_as_well() {
    let (net, source) = Net::serving(DeliveryMethod::FirstResponse).await;
    let task = net.publish_task(source).await;
    net.attempt(task, &net.provider).await;
    net.wait_until(expiry(&net, task).await).await;
    let call = response(task, &net.provider, "result");
    let revert = net.reverts(&net.provider, net.nexus, call).await;
    assert_eq!(revert, reason("Expired"));
    assert_that_a_late_attempt_expires(&net, task).await;
}

#[tokio::test]
async fn an_expired_task_is_over() {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.rival).await;
    let submitted = net.respond(task, &net.rival, "result").await;
    net.wait_until(expiry(&net, task).await).await;
    net.attempt(task, &net.provider).await;

    let confirm = ConfirmResponseCall {
        response: submitted,
    };
    for revert in [
        net.reverts(&net.provider, net.nexus, attempt(task, &net.provider))
            .await,
        net.reverts(
            &net.rival,
            net.nexus,
            response(task, &net.rival, "another result"),
        )
        .await,
        net.reverts(&net.client, net.controller, CancelTaskCall { task })
            .await,
        net.reverts(&net.client, net.controller, confirm).await,
    ] {
        assert_eq!(revert, reason("Expired"));
    }
    assert_eq!(net.books(net.rival.address).await.earnings, 0.into());
}

#[tokio::test]
async fn a_response_in_time_is_confirmed_after_the_expiry_time() {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.provider).await;
    let response = net.respond(task, &net.provider, "result").await;
    net.wait_until(expiry(&net, task).await + 1).await;
    let call = ConfirmResponseCall { response };
    net.send(&net.client, net.controller, call).await;
    let winner = net.read(task, WinningProviderCall).await.0;
    assert_eq!(winner, net.provider.address);
    let earned = net.books(net.provider.address).await.earnings;
    assert_eq!(earned, PAYMENT.into());
}

/// The provider attempts the task after its expiry time, which gives the client its money back.
async fn assert_that_a_late_attempt_expires(net: &Net, task: Address) {
    let client = net.client.address;
    assert_eq!(net.books(client).await.frozen, PAYMENT.into());
    let attempts = net.read(task, GetAttemptCountCall).await.0;
    net.wait_until(expiry(net, task).await + 1).await;

    let receipt = net.attempt(task, &net.provider).await;
    assert_eq!(
        net.events(&receipt),
        [net.task_becomes(task, TaskStatus::Expired)]
    );
    assert_eq!(net.task_status(task).await, TaskStatus::Expired);
    let expected = Books {
        balance: ether("10"),
        ..Books::default()
    };
    assert_eq!(net.books(client).await, expected);
    // It was no attempt.
    assert_eq!(net.read(task, GetAttemptCountCall).await.0, attempts);
}

async fn expiry(net: &Net, task: Address) -> U256 {
    net.read(task, GetExpiryTimeCall).await.0
}
