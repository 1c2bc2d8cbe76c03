//! Choosing a response by hand, and what its provider is paid.

use ethers_core::types::{Address, U256};
use ogpu_contracts::{
    controller::{CancelTaskCall, ConfirmResponseCall},
    nexus::SubmitResponseCall,
    response::ConfirmedFinalCall,
    shared_types::ResponseParams,
    task::WinningProviderCall,
    vault::{ForceReleasePaymentCall, WithdrawCall},
};
use ogpu_types::{DeliveryMethod, ResponseStatus, TaskStatus};

use crate::support::{Books, Net, PAYMENT, attempt, ether, reason, response};

#[tokio::test]
async fn confirming_finalizes_the_task_and_the_nexus_announces_both() {
    let (net, task, [first, second]) = net_with_two_responses().await;
    let receipt = net.send(&net.client, net.controller, confirm(second)).await;
    assert_eq!(
        net.events(&receipt),
        [
            net.response_becomes(second, ResponseStatus::Confirmed),
            net.task_becomes(task, TaskStatus::Finalized),
        ]
    );
    assert_eq!(net.task_status(task).await, TaskStatus::Finalized);
    let winner = net.read(task, WinningProviderCall).await.0;
    assert_eq!(winner, net.rival.address);
    for (response, status) in [
        (first, ResponseStatus::Submitted),
        (second, ResponseStatus::Confirmed),
    ] {
        assert_eq!(net.response_status(response).await, status);
        let is_final = net.read(response, ConfirmedFinalCall).await.0;
        assert_eq!(is_final, status == ResponseStatus::Confirmed);
    }
}

#[tokio::test]
async fn the_payment_moves_from_the_clients_frozen_balance_to_the_winner() {
    let (net, _, [_, second]) = net_with_two_responses().await;
    let lockup = ether("2");
    let coins = net.coins(net.vault).await;
    net.send(&net.client, net.controller, confirm(second)).await;

    let client = Books {
        balance: ether("10") - PAYMENT,
        ..Books::default()
    };
    let loser = Books {
        lockup,
        ..Books::default()
    };
    let winner = Books {
        balance: PAYMENT.into(),
        lockup,
        earnings: PAYMENT.into(),
        ..Books::default()
    };
    assert_eq!(net.books(net.client.address).await, client);
    assert_eq!(net.books(net.provider.address).await, loser);
    assert_eq!(net.books(net.rival.address).await, winner);
    assert_eq!(net.books(net.master.address).await, Books::default());
    assert_eq!(net.coins(net.vault).await, coins);
}

#[tokio::test]
async fn earnings_add_up_and_can_be_withdrawn() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    let provider = net.provider.address;
    for count in 1..=2 {
        let task = net.publish_task(source).await;
        net.attempt(task, &net.provider).await;
        let response = net.respond(task, &net.provider, "result").await;
        net.send(&net.client, net.controller, confirm(response))
            .await;
        let earned = U256::from(count * PAYMENT);
        let books = net.books(provider).await;
        assert_eq!((books.balance, books.earnings), (earned, earned));
    }
    let amount = (2 * PAYMENT).into();
    net.send(&net.provider, net.vault, WithdrawCall { amount })
        .await;
    let books = net.books(provider).await;
    assert_eq!((books.balance, books.earnings), (0.into(), amount));
}

#[tokio::test]
async fn the_tasks_payment_is_paid_whatever_the_response_asks() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    for asked in [U256::zero(), U256::MAX] {
        let task = net.publish_task(source).await;
        net.attempt(task, &net.provider).await;
        let asking = SubmitResponseCall {
            response_params: ResponseParams {
                payment: asked,
                ..response(task, &net.provider, "result").response_params
            },
        };
        let receipt = net.send(&net.provider, net.nexus, asking).await;
        let response = net.submitted_response(&receipt);
        let before = net.books(net.provider.address).await.earnings;
        net.send(&net.client, net.controller, confirm(response))
            .await;
        let after = net.books(net.provider.address).await.earnings;
        assert_eq!(after, before + PAYMENT);
    }
}

#[tokio::test]
async fn the_clients_agent_confirms() {
    let (net, task, [first, _]) = net_with_two_responses().await;
    net.name_agent(&net.client).await;
    net.send(&net.agent, net.controller, confirm(first)).await;
    assert_eq!(net.task_status(task).await, TaskStatus::Finalized);
    assert_eq!(net.books(net.agent.address).await, Books::default());
}

#[tokio::test]
async fn nobody_else_confirms() {
    let (net, _, [first, _]) = net_with_two_responses().await;
    net.name_agent(&net.master).await;
    for somebody in [
        &net.stranger,
        &net.provider,
        &net.rival,
        &net.master,
        &net.agent,
        &net.scheduler,
        &net.admin,
    ] {
        let call = confirm(first);
        let revert = net.reverts(somebody, net.controller, call).await;
        assert_eq!(revert, reason("NotOwner"));
    }
}

#[tokio::test]
async fn who_pays_a_task_confirms_it_and_not_the_sources_owner() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    net.deposit(&net.other_client, PAYMENT.into()).await;
    let params = net.task_params(source).await;
    let task = net.publish_task_of(&net.other_client, params).await;
    net.attempt(task, &net.provider).await;
    let response = net.respond(task, &net.provider, "result").await;

    let call = confirm(response);
    let revert = net.reverts(&net.client, net.controller, call.clone()).await;
    assert_eq!(revert, reason("NotOwner"));
    net.send(&net.other_client, net.controller, call).await;
    let books = net.books(net.other_client.address).await;
    assert_eq!(books, Books::default());
}

#[tokio::test]
async fn a_response_is_confirmed_once() {
    let (net, _, [first, _]) = net_with_two_responses().await;
    net.send(&net.client, net.controller, confirm(first)).await;
    let revert = net.reverts(&net.client, net.controller, confirm(first));
    assert_eq!(revert.await, reason("AlreadyConfirmed"));
}

#[tokio::test]
async fn a_finalized_task_is_over() {
    let (net, task, [first, second]) = net_with_two_responses().await;
    net.send(&net.client, net.controller, confirm(first)).await;
    for revert in [
        net.reverts(&net.client, net.controller, confirm(second))
            .await,
        net.reverts(&net.client, net.controller, CancelTaskCall { task })
            .await,
        net.reverts(&net.provider, net.nexus, attempt(task, &net.provider))
            .await,
        net.reverts(
            &net.provider,
            net.nexus,
            response(task, &net.provider, "result"),
        )
        .await,
    ] {
        assert_eq!(revert, reason("AlreadyFinalized"));
    }
}

#[tokio::test]
async fn a_payment_that_was_released_by_force_is_not_paid() {
    let (net, task, [first, _]) = net_with_two_responses().await;
    let client = net.client.address;
    let call = ForceReleasePaymentCall { client, task };
    net.send(&net.admin, net.vault, call).await;
    let expected = Books {
        balance: ether("10"),
        ..Books::default()
    };
    assert_eq!(net.books(client).await, expected);
    let revert = net.reverts(&net.client, net.controller, confirm(first));
    assert_eq!(revert.await, reason("InsufficientBalance"));
}

#[tokio::test]
async fn where_there_is_no_contract_there_is_no_response() {
    let net = Net::start().await;
    let call = confirm(net.stranger.address);
    let revert = net.reverts(&net.client, net.controller, call).await;
    assert_eq!(revert, reason("UnknownResponse"));
}

fn confirm(response: Address) -> ConfirmResponseCall {
    ConfirmResponseCall { response }
}

/// A task with the responses of the provider and of the rival.
async fn net_with_two_responses() -> (Net, Address, [Address; 2]) {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.provider).await;
    net.attempt(task, &net.rival).await;
    let first = net.respond(task, &net.provider, "result").await;
    let second = net.respond(task, &net.rival, "another result").await;
    (net, task, [first, second])
}
