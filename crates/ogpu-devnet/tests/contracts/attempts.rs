//! Providers taking tasks up.

use ethers_core::types::Address;
use ogpu_contracts::{
    nexus::{AttemptCall, UnregisterCall},
    task::{
        AttemptTimestampsCall, AttempterIdCall, AttemptersCall, GetAttemptCountCall,
        GetAttempterIdCall, GetPaymentCall,
    },
    vault::{CancelUnbondingCall, SanctionCall, UnbondCall},
};
use ogpu_types::{DeliveryMethod, TaskStatus};

use crate::support::{Net, PAYMENT, attempt, ether, event, reason};

#[tokio::test]
async fn the_first_attempt_moves_a_task_on_and_the_nexus_announces_both() {
    let (net, task) = Net::with_task().await;
    let call = AttemptCall {
        suggested_payment: 77.into(),
        ..attempt(task, &net.provider)
    };
    let receipt = net.send(&net.provider, net.nexus, call).await;
    let provider = net.provider.address;
    assert_eq!(
        net.events(&receipt),
        [
            event(net.nexus, "Attempted", (task, provider, 77_u64)),
            net.task_becomes(task, TaskStatus::Attempted),
        ]
    );
    assert_eq!(net.task_status(task).await, TaskStatus::Attempted);
    assert_eq!(net.attempter_id(task, provider).await, 1);
    let first = net.read(task, AttemptersCall(0.into())).await.0;
    assert_eq!(first, provider);
    let at = net.read(task, AttemptTimestampsCall(0.into())).await.0;
    assert_eq!(at, net.now().await);
}

#[tokio::test]
async fn later_attempts_are_announced_but_move_nothing() {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.provider).await;
    let receipt = net.attempt(task, &net.rival).await;
    let args = (task, net.rival.address, PAYMENT);
    assert_eq!(net.events(&receipt), [event(net.nexus, "Attempted", args)]);
    assert_eq!(net.task_status(task).await, TaskStatus::Attempted);
    assert_eq!(net.attempter_id(task, net.rival.address).await, 2);
    let count = net.read(task, GetAttemptCountCall).await.0;
    assert_eq!(count, 2.into());
}

#[tokio::test]
async fn a_task_with_responses_takes_attempts_and_stays_responded() {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.provider).await;
    net.respond(task, &net.provider, "result").await;
    let receipt = net.attempt(task, &net.rival).await;
    let args = (task, net.rival.address, PAYMENT);
    assert_eq!(net.events(&receipt), [event(net.nexus, "Attempted", args)]);
    assert_eq!(net.task_status(task).await, TaskStatus::Responded);
}

#[tokio::test]
async fn the_suggested_payment_is_advisory() {
    let (net, task) = Net::with_task().await;
    let before = net.books(net.client.address).await;
    let call = AttemptCall {
        suggested_payment: ether("1000000"),
        ..attempt(task, &net.provider)
    };
    net.send(&net.provider, net.nexus, call).await;
    assert_eq!(net.books(net.client.address).await, before);
    let payment = net.read(task, GetPaymentCall).await.0;
    assert_eq!(payment, PAYMENT.into());
}

#[tokio::test]
async fn a_provider_its_master_and_the_masters_agents_attempt_for_it() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    net.name_agent(&net.master).await;
    for caller in [&net.provider, &net.master, &net.agent, &net.scheduler] {
        let task = net.publish_task(source).await;
        let call = attempt(task, &net.provider);
        net.send(caller, net.nexus, call).await;
        assert_eq!(net.attempter_id(task, net.provider.address).await, 1);
        let count = net.read(task, GetAttemptCountCall).await.0;
        assert_eq!(count, 1.into());
    }
}

#[tokio::test]
async fn nobody_else_attempts_for_a_provider() {
    let (net, task) = Net::with_task().await;
    net.name_agent(&net.client).await;
    for caller in [
        &net.stranger,
        &net.client,
        &net.agent,
        &net.rival,
        &net.other_master,
        &net.admin,
    ] {
        let call = attempt(task, &net.provider);
        let revert = net.reverts(caller, net.nexus, call).await;
        assert_eq!(revert, reason("NotProvider"));
    }
}

#[tokio::test]
async fn a_provider_attempts_a_task_once() {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.provider).await;
    for caller in [&net.provider, &net.master] {
        let call = attempt(task, &net.provider);
        let revert = net.reverts(caller, net.nexus, call).await;
        assert_eq!(revert, reason("AlreadyAttempted"));
    }
}

#[tokio::test]
async fn only_registered_providers_attempt() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    let task = net.publish_task(source).await;
    net.lock(&net.stranger, "1").await;
    let call = attempt(task, &net.stranger);
    let revert = net.reverts(&net.stranger, net.nexus, call).await;
    assert_eq!(revert, reason("NotRegistered"));

    let call = UnregisterCall {
        source,
        provider: net.provider.address,
    };
    net.send(&net.provider, net.nexus, call).await;
    let call = attempt(task, &net.provider);
    let revert = net.reverts(&net.provider, net.nexus, call).await;
    assert_eq!(revert, reason("NotRegistered"));
}

#[tokio::test]
async fn only_eligible_providers_attempt() {
    let (net, task) = Net::with_task().await;
    let call = UnbondCall {
        amount: ether("1.95"),
    };
    net.send(&net.provider, net.vault, call).await;
    let call = attempt(task, &net.provider);
    let revert = net.reverts(&net.provider, net.nexus, call).await;
    assert_eq!(revert, reason("NotEligible"));
    net.send(&net.provider, net.vault, CancelUnbondingCall)
        .await;
    net.attempt(task, &net.provider).await;

    let call = SanctionCall {
        account: net.rival.address,
        amount: 1.into(),
    };
    net.send(&net.admin, net.vault, call).await;
    let call = attempt(task, &net.rival);
    let revert = net.reverts(&net.rival, net.nexus, call).await;
    assert_eq!(revert, reason("NotEligible"));
}

#[tokio::test]
async fn what_is_no_task_is_not_attempted() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    for nowhere in [net.stranger.address, source, net.nexus] {
        let call = attempt(nowhere, &net.provider);
        let revert = net.reverts(&net.provider, net.nexus, call).await;
        assert_eq!(revert, reason("UnknownTask"));
    }
}

impl Net {
    /// The place of a provider among a task's attempters, from 1; 0 for none.
    async fn attempter_id(&self, task: Address, provider: Address) -> u64 {
        let id = self.read(task, GetAttempterIdCall { provider }).await.0;
        assert_eq!(self.read(task, AttempterIdCall(provider)).await.0, id);
        id.as_u64()
    }
}
