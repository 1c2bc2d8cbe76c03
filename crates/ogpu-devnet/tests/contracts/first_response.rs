//! Tasks whose first response wins at once.

use ogpu_contracts::{
    controller::ConfirmResponseCall,
    response::ConfirmedFinalCall,
    task::{ResponseOfCall, WinningProviderCall},
};
use ogpu_types::{DeliveryMethod, ResponseStatus, TaskStatus};

use crate::support::{Books, Net, PAYMENT, ZERO, attempt, ether, event, reason, response};

#[tokio::test]
async fn the_first_response_is_submitted_confirmed_and_final_in_one_transaction() {
    let (net, source) = Net::serving(DeliveryMethod::FirstResponse).await;
    let task = net.publish_task(source).await;
    net.attempt(task, &net.rival).await;
    net.attempt(task, &net.provider).await;
    let receipt = net.submit(task, &net.provider, "result").await;
    let response = net.submitted_response(&receipt);
    assert_eq!(
        net.events(&receipt),
        [
            net.deployed(response),
            event(net.nexus, "ResponseSubmitted", (response, task)),
            net.task_becomes(task, TaskStatus::Responded),
            net.response_becomes(response, ResponseStatus::Confirmed),
            net.task_becomes(task, TaskStatus::Finalized),
        ]
    );
    assert_eq!(net.task_status(task).await, TaskStatus::Finalized);
    let status = net.response_status(response).await;
    assert_eq!(status, ResponseStatus::Confirmed);
    assert!(net.read(response, ConfirmedFinalCall).await.0);
    let winner = net.read(task, WinningProviderCall).await.0;
    assert_eq!(winner, net.provider.address);
}

#[tokio::test]
async fn the_first_provider_is_paid_at_once() {
    let (net, source) = Net::serving(DeliveryMethod::FirstResponse).await;
    let task = net.publish_task(source).await;
    net.attempt(task, &net.provider).await;
    net.respond(task, &net.provider, "result").await;
    let client = Books {
        balance: ether("10") - PAYMENT,
        ..Books::default()
    };
    let provider = Books {
        balance: PAYMENT.into(),
        lockup: ether("2"),
        earnings: PAYMENT.into(),
        ..Books::default()
    };
    assert_eq!(net.books(net.client.address).await, client);
    assert_eq!(net.books(net.provider.address).await, provider);
}

#[tokio::test]
async fn confirming_the_first_response_by_hand_finds_it_confirmed() {
    let (net, source) = Net::serving(DeliveryMethod::FirstResponse).await;
    let task = net.publish_task(source).await;
    net.attempt(task, &net.provider).await;
    let response = net.respond(task, &net.provider, "result").await;
    let call = ConfirmResponseCall { response };
    let revert = net.reverts(&net.client, net.controller, call).await;
    assert_eq!(revert, reason("AlreadyConfirmed"));
}

#[tokio::test]
async fn who_comes_second_comes_too_late() {
    let (net, source) = Net::serving(DeliveryMethod::FirstResponse).await;
    let task = net.publish_task(source).await;
    net.attempt(task, &net.provider).await;
    net.attempt(task, &net.rival).await;
    net.respond(task, &net.provider, "result").await;

    let call = response(task, &net.rival, "another result");
    let revert = net.reverts(&net.rival, net.nexus, call).await;
    assert_eq!(revert, reason("AlreadyFinalized"));
    let call = attempt(task, &net.rival);
    let revert = net.reverts(&net.rival, net.nexus, call).await;
    assert_eq!(revert, reason("AlreadyFinalized"));
    let none = ResponseOfCall(net.rival.address);
    assert_eq!(net.read(task, none).await.0, ZERO);
    assert_eq!(net.books(net.rival.address).await.earnings, 0.into());
}
