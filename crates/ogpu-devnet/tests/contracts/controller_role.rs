//! What the role `CONTROLLER` allows: the Controller has it, and here the agent as well.

use ethers_core::types::Address;
use ogpu_contracts::{
    manager::GrantRoleCall,
    nexus::{
        EmitTaskPublishedCall, GetActiveSourceCountCall, InactivateSourceCall,
        SetResponseStatusCall, SetSourceStatusCall, SetTaskStatusCall,
    },
    response::ConfirmedFinalCall,
    source::{GetTaskCountCall, TasksCall},
    task::WinningProviderCall,
    vault::{FreezePaymentCall, ProcessPaymentCall, ReleasePaymentCall},
};
use ogpu_types::{ResponseStatus, SourceStatus, TaskStatus};

use crate::support::{Books, Net, PAYMENT, ZERO, ether, event, reason, role};

#[tokio::test]
async fn a_controller_moves_a_task_to_any_status() {
    let (net, task) = Net::with_task().await;
    net.make_agent_controller().await;
    for status in TaskStatus::ALL.iter().rev().copied() {
        let call = task_becomes(task, status);
        let receipt = net.send(&net.agent, net.nexus, call).await;
        assert_eq!(net.events(&receipt), [net.task_becomes(task, status)]);
        assert_eq!(net.task_status(task).await, status);
    }
    // Finalized without a confirmed response, it has no winner.
    assert_eq!(net.read(task, WinningProviderCall).await.0, ZERO);
}

#[tokio::test]
async fn a_controller_moves_no_task_that_the_nexus_does_not_know() {
    let net = Net::start().await;
    net.make_agent_controller().await;
    let call = task_becomes(net.stranger.address, TaskStatus::New);
    let revert = net.reverts(&net.agent, net.nexus, call).await;
    assert_eq!(revert, reason("UnknownTask"));
}

#[tokio::test]
async fn a_response_confirmed_by_a_controller_is_confirmed_for_good() {
    let (net, task) = Net::with_task().await;
    net.make_agent_controller().await;
    net.attempt(task, &net.provider).await;
    let response = net.respond(task, &net.provider, "result").await;
    for status in [ResponseStatus::Submitted, ResponseStatus::Confirmed] {
        assert!(!net.read(response, ConfirmedFinalCall).await.0);
        let call = response_becomes(response, status);
        let receipt = net.send(&net.agent, net.nexus, call).await;
        assert_eq!(
            net.events(&receipt),
            [net.response_becomes(response, status)]
        );
        assert_eq!(net.response_status(response).await, status);
    }
    assert!(net.read(response, ConfirmedFinalCall).await.0);
    for status in [ResponseStatus::Submitted, ResponseStatus::Confirmed] {
        let call = response_becomes(response, status);
        let revert = net.reverts(&net.agent, net.nexus, call).await;
        assert_eq!(revert, reason("AlreadyConfirmed"));
    }
}

#[tokio::test]
async fn a_controller_reopens_an_inactive_source() {
    let (net, source) = Net::with_client().await;
    net.make_agent_controller().await;
    let call = InactivateSourceCall { source };
    net.send(&net.client, net.nexus, call).await;
    // Each twice: what it is already is announced again, and counted once.
    for (status, active) in [
        (SourceStatus::Active, 1),
        (SourceStatus::Active, 1),
        (SourceStatus::Inactive, 0),
        (SourceStatus::Inactive, 0),
        (SourceStatus::Active, 1),
    ] {
        let call = source_becomes(source, status);
        let receipt = net.send(&net.agent, net.nexus, call).await;
        assert_eq!(net.events(&receipt), [net.source_becomes(source, status)]);
        assert_eq!(net.source_status(source).await, status);
        let client = net.client.address;
        let count = net.read(net.nexus, GetActiveSourceCountCall { client });
        assert_eq!(count.await.0, active.into());
    }
    net.publish_task(source).await;
}

#[tokio::test]
async fn a_controller_moves_no_source_that_the_nexus_does_not_know() {
    let net = Net::start().await;
    net.make_agent_controller().await;
    let call = source_becomes(net.stranger.address, SourceStatus::Active);
    let revert = net.reverts(&net.agent, net.nexus, call).await;
    assert_eq!(revert, reason("UnknownSource"));
}

#[tokio::test]
async fn a_controller_enters_a_task_once_and_for_a_known_source() {
    let (net, source) = Net::with_source().await;
    net.make_agent_controller().await;
    let task = net.stranger.address;
    let call = EmitTaskPublishedCall { task, source };
    let receipt = net.send(&net.agent, net.nexus, call.clone()).await;
    assert_eq!(
        net.events(&receipt),
        [event(net.nexus, "TaskPublished", (task, source))]
    );
    assert_eq!(net.read(source, TasksCall(0.into())).await.0, task);

    let revert = net.reverts(&net.agent, net.nexus, call).await;
    assert_eq!(revert, reason("AlreadyPublished"));
    let count = net.read(source, GetTaskCountCall).await.0;
    assert_eq!(count, 1.into());
    let unknown = EmitTaskPublishedCall {
        task: net.rival.address,
        source: net.rival.address,
    };
    let revert = net.reverts(&net.agent, net.nexus, unknown).await;
    assert_eq!(revert, reason("UnknownSource"));
}

#[tokio::test]
async fn a_controller_pays_from_what_is_frozen_and_the_rest_goes_back() {
    let (net, task) = Net::with_task().await;
    net.make_agent_controller().await;
    let (client, provider) = (net.client.address, net.provider.address);
    let pay = |amount: u64| ProcessPaymentCall {
        client,
        provider,
        task,
        amount: amount.into(),
    };
    let revert = net.reverts(&net.agent, net.vault, pay(PAYMENT + 1)).await;
    assert_eq!(revert, reason("InsufficientBalance"));
    net.send(&net.agent, net.vault, pay(PAYMENT - 300)).await;
    let expected = Books {
        balance: ether("10") - (PAYMENT - 300),
        ..Books::default()
    };
    assert_eq!(net.books(client).await, expected);
    let earned = net.books(provider).await.earnings;
    assert_eq!(earned, (PAYMENT - 300).into());
    // A payment is made once.
    let revert = net.reverts(&net.agent, net.vault, pay(1)).await;
    assert_eq!(revert, reason("InsufficientBalance"));
}

#[tokio::test]
async fn a_controller_freezes_no_more_than_the_balance_and_releases_what_it_froze() {
    let (net, _) = Net::with_client().await;
    net.make_agent_controller().await;
    let (client, task) = (net.client.address, net.stranger.address);
    let freeze = |amount| FreezePaymentCall {
        client,
        task,
        amount,
    };
    let call = freeze(ether("10") + 1);
    let revert = net.reverts(&net.agent, net.vault, call).await;
    assert_eq!(revert, reason("InsufficientBalance"));

    net.send(&net.agent, net.vault, freeze(ether("10"))).await;
    let frozen = Books {
        frozen: ether("10"),
        ..Books::default()
    };
    assert_eq!(net.books(client).await, frozen);
    let call = ReleasePaymentCall { client, task };
    // The second release finds nothing.
    for _ in 0..2 {
        net.send(&net.agent, net.vault, call.clone()).await;
        let released = Books {
            balance: ether("10"),
            ..Books::default()
        };
        assert_eq!(net.books(client).await, released);
    }
}

fn task_becomes(task: Address, status: TaskStatus) -> SetTaskStatusCall {
    let status = status.into();
    SetTaskStatusCall { task, status }
}

fn source_becomes(source: Address, status: SourceStatus) -> SetSourceStatusCall {
    let status = status.into();
    SetSourceStatusCall { source, status }
}

fn response_becomes(response: Address, status: ResponseStatus) -> SetResponseStatusCall {
    let status = status.into();
    SetResponseStatusCall { response, status }
}

impl Net {
    async fn make_agent_controller(&self) {
        let call = GrantRoleCall {
            role: role("CONTROLLER"),
            account: self.agent.address,
        };
        self.send(&self.admin, self.manager, call).await;
    }
}
