//! Whole lives of tasks: everything that the contracts ever emitted, in order.

use ogpu_contracts::{
    controller::{CancelTaskCall, ConfirmResponseCall},
    nexus::InactivateSourceCall,
    task::GetExpiryTimeCall,
};
use ogpu_types::{DeliveryMethod, ResponseStatus, SourceStatus, TaskStatus};

use crate::support::{Net, PAYMENT, ZERO, ether, event};

#[tokio::test]
async fn a_task_that_is_confirmed_by_hand() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    let task = net.publish_task(source).await;
    net.attempt(task, &net.provider).await;
    net.attempt(task, &net.rival).await;
    let first = net.respond(task, &net.rival, "result").await;
    let second = net.respond(task, &net.provider, "result").await;
    let call = ConfirmResponseCall { response: second };
    net.send(&net.client, net.controller, call).await;
    let call = InactivateSourceCall { source };
    net.send(&net.client, net.nexus, call).await;

    let (nexus, provider, rival) = (net.nexus, net.provider.address, net.rival.address);
    assert_eq!(
        net.history(nexus).await,
        [
            event(nexus, "OwnershipTransferred", (ZERO, net.admin.address)),
            event(nexus, "SourcePublished", (source,)),
            event(nexus, "Registered", (provider, 1_u8, source, 1_u8)),
            event(nexus, "Registered", (rival, 2_u8, source, 1_u8)),
            event(nexus, "TaskPublished", (task, source)),
            event(nexus, "Attempted", (task, provider, PAYMENT)),
            net.task_becomes(task, TaskStatus::Attempted),
            event(nexus, "Attempted", (task, rival, PAYMENT)),
            event(nexus, "ResponseSubmitted", (first, task)),
            net.task_becomes(task, TaskStatus::Responded),
            event(nexus, "ResponseSubmitted", (second, task)),
            net.response_becomes(second, ResponseStatus::Confirmed),
            net.task_becomes(task, TaskStatus::Finalized),
            net.source_becomes(source, SourceStatus::Inactive),
        ]
    );
}

#[tokio::test]
async fn a_task_whose_first_response_wins() {
    let (net, source) = Net::serving(DeliveryMethod::FirstResponse).await;
    let task = net.publish_task(source).await;
    net.attempt(task, &net.provider).await;
    let response = net.respond(task, &net.provider, "result").await;

    let (nexus, provider, rival) = (net.nexus, net.provider.address, net.rival.address);
    assert_eq!(
        net.history(nexus).await,
        [
            event(nexus, "OwnershipTransferred", (ZERO, net.admin.address)),
            event(nexus, "SourcePublished", (source,)),
            event(nexus, "Registered", (provider, 1_u8, source, 1_u8)),
            event(nexus, "Registered", (rival, 2_u8, source, 1_u8)),
            event(nexus, "TaskPublished", (task, source)),
            event(nexus, "Attempted", (task, provider, PAYMENT)),
            net.task_becomes(task, TaskStatus::Attempted),
            event(nexus, "ResponseSubmitted", (response, task)),
            net.task_becomes(task, TaskStatus::Responded),
            net.response_becomes(response, ResponseStatus::Confirmed),
            net.task_becomes(task, TaskStatus::Finalized),
        ]
    );
}

#[tokio::test]
async fn a_task_that_is_cancelled_and_one_that_expires() {
    let (net, source) = Net::serving(DeliveryMethod::FirstResponse).await;
    let cancelled = net.publish_task(source).await;
    let expired = net.publish_task(source).await;
    let call = CancelTaskCall { task: cancelled };
    net.send(&net.client, net.controller, call).await;
    let expiry = net.read(expired, GetExpiryTimeCall).await.0;
    net.wait_until(expiry).await;
    net.attempt(expired, &net.provider).await;

    let history = net.history(net.nexus).await;
    assert_eq!(
        history[4..],
        [
            event(net.nexus, "TaskPublished", (cancelled, source)),
            event(net.nexus, "TaskPublished", (expired, source)),
            net.task_becomes(cancelled, TaskStatus::Canceled),
            net.task_becomes(expired, TaskStatus::Expired),
        ]
    );
}

#[tokio::test]
async fn controller_and_vault_are_silent_about_payments() {
    let (net, source) = Net::serving(DeliveryMethod::FirstResponse).await;
    let task = net.publish_task(source).await;
    net.attempt(task, &net.provider).await;
    net.respond(task, &net.provider, "result").await;

    let (vault, lockup) = (net.vault, ether("2"));
    assert_eq!(
        net.history(vault).await,
        [
            event(vault, "Deposited", (net.client.address, ether("10"))),
            event(vault, "Deposited", (net.provider.address, lockup)),
            event(vault, "Locked", (net.provider.address, lockup)),
            event(vault, "Deposited", (net.rival.address, lockup)),
            event(vault, "Locked", (net.rival.address, lockup)),
        ]
    );
    let to = net.controller;
    assert_eq!(
        net.history(to).await,
        [event(to, "OwnershipTransferred", (ZERO, net.admin.address))]
    );
}
