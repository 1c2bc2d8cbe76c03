//! Taking a task back before anybody attempted it.

use ethers_core::types::Address;
use ogpu_contracts::{controller::CancelTaskCall, task::GetExpiryTimeCall};
use ogpu_types::{DeliveryMethod, TaskStatus};

use crate::support::{Books, Net, PAYMENT, attempt, ether, reason, response};

#[tokio::test]
async fn cancelling_gives_the_payment_back_and_the_nexus_announces_it() {
    let (net, source) = Net::with_client().await;
    let task = net.publish_task(source).await;
    let other = net.publish_task(source).await;
    let receipt = net.send(&net.client, net.controller, cancel(task)).await;
    assert_eq!(
        net.events(&receipt),
        [net.task_becomes(task, TaskStatus::Canceled)]
    );
    assert_eq!(net.task_status(task).await, TaskStatus::Canceled);
    // The other task's payment stays where it is.
    assert_eq!(net.task_status(other).await, TaskStatus::New);
    let expected = Books {
        balance: ether("10") - PAYMENT,
        frozen: PAYMENT.into(),
        ..Books::default()
    };
    assert_eq!(net.books(net.client.address).await, expected);
}

#[tokio::test]
async fn the_clients_agent_cancels_and_the_client_gets_the_payment() {
    let (net, source) = Net::with_client().await;
    net.name_agent(&net.client).await;
    let task = net.publish_task(source).await;
    net.send(&net.agent, net.controller, cancel(task)).await;
    assert_eq!(net.task_status(task).await, TaskStatus::Canceled);
    let books = net.books(net.client.address).await;
    assert_eq!(books.balance, ether("10"));
    assert_eq!(net.books(net.agent.address).await, Books::default());
}

#[tokio::test]
async fn nobody_else_cancels_a_task() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    net.name_agent(&net.master).await;
    let task = net.publish_task(source).await;
    for somebody in [
        &net.stranger,
        &net.provider,
        &net.master,
        &net.agent,
        &net.scheduler,
        &net.admin,
    ] {
        let revert = net.reverts(somebody, net.controller, cancel(task)).await;
        assert_eq!(revert, reason("NotOwner"));
    }
}

#[tokio::test]
async fn a_sources_owner_does_not_cancel_the_tasks_of_others() {
    let (net, source) = Net::with_client().await;
    net.deposit(&net.other_client, PAYMENT.into()).await;
    let params = net.task_params(source).await;
    let task = net.publish_task_of(&net.other_client, params).await;
    let revert = net.reverts(&net.client, net.controller, cancel(task)).await;
    assert_eq!(revert, reason("NotOwner"));
    net.send(&net.other_client, net.controller, cancel(task))
        .await;
}

#[tokio::test]
async fn an_attempted_task_is_not_cancelled() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    let task = net.publish_task(source).await;
    net.attempt(task, &net.provider).await;
    let revert = net.reverts(&net.client, net.controller, cancel(task)).await;
    assert_eq!(revert, reason("InvalidStatus"));
    net.respond(task, &net.provider, "result").await;
    let revert = net.reverts(&net.client, net.controller, cancel(task)).await;
    assert_eq!(revert, reason("InvalidStatus"));
}

#[tokio::test]
async fn a_cancelled_task_is_over() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    let task = net.publish_task(source).await;
    net.send(&net.client, net.controller, cancel(task)).await;
    for revert in [
        net.reverts(&net.client, net.controller, cancel(task)).await,
        net.reverts(&net.provider, net.nexus, attempt(task, &net.provider))
            .await,
        net.reverts(
            &net.provider,
            net.nexus,
            response(task, &net.provider, "result"),
        )
        .await,
    ] {
        assert_eq!(revert, reason("InvalidStatus"));
    }
}

#[tokio::test]
async fn a_task_that_nobody_attempted_in_time_is_still_cancelled() {
    let (net, source) = Net::with_client().await;
    let task = net.publish_task(source).await;
    let expiry = net.read(task, GetExpiryTimeCall).await.0;
    net.wait_until(expiry + 1).await;
    net.send(&net.client, net.controller, cancel(task)).await;
    assert_eq!(net.task_status(task).await, TaskStatus::Canceled);
    let books = net.books(net.client.address).await;
    assert_eq!(books.balance, ether("10"));
}

#[tokio::test]
async fn what_is_no_task_is_not_cancelled() {
    let (net, source) = Net::with_client().await;
    for nowhere in [net.stranger.address, source, net.nexus] {
        let call = cancel(nowhere);
        let revert = net.reverts(&net.client, net.controller, call).await;
        assert_eq!(revert, reason("UnknownTask"));
    }
}

fn cancel(task: Address) -> CancelTaskCall {
    CancelTaskCall { task }
}
