//! Publishing tasks.

use ethers_core::types::U256;
use ogpu_contracts::{
    Revert,
    controller::{PublishTaskCall, TaskParams},
    nexus::{InactivateSourceCall, UpdateSourceCall},
    shared_types::SourceParams,
    source::{GetTaskCountCall, TasksCall},
    task,
};
use ogpu_types::{DeliveryMethod, TaskStatus};

use crate::support::{
    Actor, Books, MAX_EXPIRY, MIN_PAYMENT, Net, PAYMENT, ZERO, ether, event, reason,
};

/// In seconds; far longer than a test takes.
const MINUTE: u64 = 60;

#[tokio::test]
async fn publishing_deploys_a_task_and_the_nexus_announces_it() {
    let (net, source) = Net::with_client().await;
    let task_params = net.task_params(source).await;
    let call = PublishTaskCall { task_params };
    let receipt = net.send(&net.client, net.controller, call).await;
    assert_eq!(receipt.to, Some(net.controller.into()));
    let task = net.published_task(&receipt);
    assert_eq!(
        net.events(&receipt),
        [
            net.deployed(task),
            event(net.nexus, "TaskPublished", (task, source)),
        ]
    );
    let count = net.read(source, GetTaskCountCall).await.0;
    assert_eq!(count, 1.into());
    assert_eq!(net.read(source, TasksCall(0.into())).await.0, task);
}

#[tokio::test]
async fn a_new_task_is_what_was_published_and_nobody_has_taken_it_up() {
    let (net, source) = Net::with_client().await;
    let params = net.task_params(source).await;
    let task = net.publish_task_of(&net.client, params.clone()).await;
    let read = net.read(task, task::TaskParamsCall).await;
    assert_eq!(
        (read.source, read.config, read.expiry_time, read.payment),
        (source, params.config, params.expiry_time, params.payment)
    );
    assert_eq!(net.read(task, task::OwnerCall).await.0, net.nexus);
    assert_eq!(net.read(task, task::GetSourceCall).await.0, source);
    let expiry = net.read(task, task::GetExpiryTimeCall).await.0;
    assert_eq!(expiry, params.expiry_time);
    let payment = net.read(task, task::GetPaymentCall).await.0;
    assert_eq!(payment, params.payment);
    assert_eq!(net.task_status(task).await, TaskStatus::New);
    assert_eq!(net.read(task, task::WinningProviderCall).await.0, ZERO);
    let attempts = net.read(task, task::GetAttemptCountCall).await.0;
    assert_eq!(attempts, 0.into());
}

#[tokio::test]
async fn a_task_copies_the_delivery_method_that_its_source_has_then() {
    let (net, source) = Net::with_client().await;
    let by_hand = net.publish_task(source).await;
    let source_params = SourceParams {
        delivery_method: DeliveryMethod::FirstResponse.into(),
        ..net.source_params()
    };
    let call = UpdateSourceCall {
        source,
        source_params,
    };
    net.send(&net.client, net.nexus, call).await;
    let at_once = net.publish_task(source).await;
    for (task, method) in [
        (by_hand, DeliveryMethod::ManualConfirmation),
        (at_once, DeliveryMethod::FirstResponse),
    ] {
        let read = net.read(task, task::GetDeliveryMethodCall).await.0;
        assert_eq!(read, u8::from(method));
        let same = net.read(task, task::DeliveryMethodCall).await.0;
        assert_eq!(same, read);
    }
}

#[tokio::test]
async fn the_payment_is_frozen_out_of_the_callers_balance() {
    let (net, source) = Net::with_client().await;
    let coins = net.coins(net.vault).await;
    for count in 1..=2 {
        net.publish_task(source).await;
        let frozen = U256::from(count * PAYMENT);
        let expected = Books {
            balance: ether("10") - frozen,
            frozen,
            ..Books::default()
        };
        assert_eq!(net.books(net.client.address).await, expected);
    }
    assert_eq!(net.coins(net.vault).await, coins);
}

#[tokio::test]
async fn anybody_publishes_for_any_active_source_with_its_own_money() {
    let (net, source) = Net::with_client().await;
    net.deposit(&net.stranger, PAYMENT.into()).await;
    let params = net.task_params(source).await;
    net.publish_task_of(&net.stranger, params).await;
    let expected = Books {
        frozen: PAYMENT.into(),
        ..Books::default()
    };
    assert_eq!(net.books(net.stranger.address).await, expected);
    assert_eq!(net.books(net.client.address).await.frozen, 0.into());
}

#[tokio::test]
async fn publishing_takes_no_coins() {
    let (net, source) = Net::with_client().await;
    let task_params = net.task_params(source).await;
    let call = PublishTaskCall { task_params };
    let revert = net.pay_reverts(&net.client, net.controller, call, PAYMENT.into());
    assert_eq!(revert.await, Revert::Empty);
}

#[tokio::test]
async fn a_balance_that_does_not_cover_the_payment_is_insufficient() {
    let (net, source) = Net::with_client().await;
    // Money elsewhere in the Vault, and coins outside it, are no balance.
    net.lock(&net.stranger, "1").await;
    net.deposit(&net.stranger, (PAYMENT - 1).into()).await;
    let params = net.task_params(source).await;
    let revert = net.refuses_task(&net.stranger, params.clone()).await;
    assert_eq!(revert, reason("InsufficientBalance"));
    net.deposit(&net.stranger, 1.into()).await;
    net.publish_task_of(&net.stranger, params).await;
}

#[tokio::test]
async fn the_payment_is_at_least_what_the_source_asks() {
    let (net, source) = Net::with_client().await;
    for (payment, enough) in [
        (0, false),
        (MIN_PAYMENT - 1, false),
        (MIN_PAYMENT, true),
        (MIN_PAYMENT + 1, true),
    ] {
        let params = TaskParams {
            payment: payment.into(),
            ..net.task_params(source).await
        };
        if enough {
            net.publish_task_of(&net.client, params).await;
        } else {
            let revert = net.refuses_task(&net.client, params).await;
            assert_eq!(revert, reason("InvalidPayment"), "{payment}");
        }
    }
}

#[tokio::test]
async fn a_source_that_asks_nothing_takes_tasks_that_pay_nothing() {
    let net = Net::start().await;
    let free = SourceParams {
        min_payment: 0.into(),
        ..net.source_params()
    };
    let source = net.publish_source(free).await;
    let params = TaskParams {
        payment: 0.into(),
        ..net.task_params(source).await
    };
    net.publish_task_of(&net.client, params).await;
    assert_eq!(net.books(net.client.address).await, Books::default());
}

#[tokio::test]
async fn a_task_expires_after_it_is_published() {
    let (net, source) = Net::with_client().await;
    let now = net.now().await;
    for expiry_time in [0.into(), now - 1, now] {
        let params = TaskParams {
            expiry_time,
            ..net.task_params(source).await
        };
        let revert = net.refuses_task(&net.client, params).await;
        assert_eq!(revert, reason("Expired"));
    }
    // One second is enough.
    let soon = now + MINUTE;
    let params = TaskParams {
        expiry_time: soon + 1,
        ..net.task_params(source).await
    };
    net.next_block_at(soon).await;
    net.publish_task_of(&net.client, params).await;
    assert_eq!(net.now().await, soon);
}

#[tokio::test]
async fn a_task_expires_no_later_than_the_source_allows() {
    let (net, source) = Net::with_client().await;
    let latest = net.now().await + MAX_EXPIRY;
    for expiry_time in [latest + MINUTE, U256::MAX] {
        let params = TaskParams {
            expiry_time,
            ..net.task_params(source).await
        };
        let revert = net.refuses_task(&net.client, params).await;
        assert_eq!(revert, reason("InvalidExpiry"));
    }
    let params = TaskParams {
        expiry_time: latest,
        ..net.task_params(source).await
    };
    net.publish_task_of(&net.client, params).await;
}

#[tokio::test]
async fn an_inactive_source_takes_no_tasks() {
    let (net, source) = Net::with_client().await;
    let call = InactivateSourceCall { source };
    net.send(&net.client, net.nexus, call).await;
    let params = net.task_params(source).await;
    let revert = net.refuses_task(&net.client, params).await;
    assert_eq!(revert, reason("SourceInactive"));
}

#[tokio::test]
async fn what_is_no_source_takes_no_tasks() {
    let (net, _) = Net::with_client().await;
    for nowhere in [net.stranger.address, net.nexus, ZERO] {
        let params = net.task_params(nowhere).await;
        let revert = net.refuses_task(&net.client, params).await;
        assert_eq!(revert, reason("UnknownSource"));
    }
}

impl Net {
    /// Why a task is not published.
    async fn refuses_task(&self, payer: &Actor, task_params: TaskParams) -> Revert {
        let call = PublishTaskCall { task_params };
        self.reverts(payer, self.controller, call).await
    }
}
