//! Quirk 7: the forms that a refusal comes in, and the words that are known.

use ogpu_contracts::{
    ReasonWord, Revert,
    controller::{CancelTaskCall, ConfirmResponseCall, PublishTaskCall},
    manager::GrantRoleCall,
    nexus::{InactivateSourceCall, SetVaultCall, UpdateSourceCall},
    task::GetAttemptersCall,
    terminal::RemoveProviderCall,
    vault::{ClaimCall, LockCall, SanctionCall, UnbondCall, WithdrawCall},
};
use ogpu_types::DeliveryMethod;

use crate::support::{Net, attempt, ether, lacks_role, panic, registration, unauthorized};

#[tokio::test]
async fn refusals_are_words_panics_or_custom_errors() {
    let (net, task) = Net::with_task().await;
    let call = CancelTaskCall { task };
    let words = net.reverts(&net.stranger, net.controller, call).await;
    let text = "NotOwner".to_owned();
    let word = Some(ReasonWord::NotOwner);
    assert_eq!(words, Revert::Reason { text, word });

    let call = GetAttemptersCall {
        lower: 0.into(),
        upper: 0.into(),
    };
    assert_eq!(net.read_reverts(task, call).await, panic(0x32));

    let stranger = net.stranger.address;
    let call = SetVaultCall { vault: stranger };
    let revert = net.reverts(&net.stranger, net.nexus, call).await;
    assert_eq!(revert, unauthorized(stranger));
    let call = GrantRoleCall {
        role: [0; 32],
        account: stranger,
    };
    let revert = net.reverts(&net.stranger, net.manager, call).await;
    assert_eq!(revert, lacks_role(stranger, [0; 32]));
}

#[tokio::test]
async fn a_stranger_hears_not_owner_of_tasks_responses_and_sources() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    let task = net.publish_task(source).await;
    net.attempt(task, &net.provider).await;
    let response = net.respond(task, &net.provider, "result").await;
    let update = UpdateSourceCall {
        source,
        source_params: net.source_params(),
    };
    let stranger = &net.stranger;
    for revert in [
        net.reverts(stranger, net.controller, CancelTaskCall { task })
            .await,
        net.reverts(stranger, net.controller, ConfirmResponseCall { response })
            .await,
        net.reverts(stranger, net.nexus, update).await,
        net.reverts(stranger, net.nexus, InactivateSourceCall { source })
            .await,
    ] {
        assert_eq!(revert.word(), Some(ReasonWord::NotOwner));
    }
}

#[tokio::test]
async fn money_that_is_not_there_is_a_balance_or_a_lockup() {
    let (net, source) = Net::with_source().await;
    let poor = &net.stranger;
    let task_params = net.task_params(source).await;
    let amount = 1.into();
    for revert in [
        net.reverts(poor, net.controller, PublishTaskCall { task_params })
            .await,
        net.reverts(poor, net.vault, WithdrawCall { amount }).await,
        net.reverts(poor, net.vault, LockCall { amount }).await,
    ] {
        assert_eq!(revert.word(), Some(ReasonWord::InsufficientBalance));
    }
    for revert in [
        net.reverts(poor, net.vault, UnbondCall { amount }).await,
        net.reverts(poor, net.nexus, registration(source, poor, 1))
            .await,
    ] {
        assert_eq!(revert.word(), Some(ReasonWord::InsufficientLockup));
    }
}

#[tokio::test]
async fn every_known_word_is_said() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    let [open, won] = [
        net.publish_task(source).await,
        net.publish_task(source).await,
    ];
    let mut said = Vec::new();
    let mut hear = |revert: Revert| said.push(revert.word());

    let call = CancelTaskCall { task: open };
    hear(net.reverts(&net.stranger, net.controller, call).await);
    let call = RemoveProviderCall {
        provider: net.provider.address,
    };
    hear(net.reverts(&net.stranger, net.terminal, call).await);
    let call = attempt(open, &net.provider);
    hear(net.reverts(&net.stranger, net.nexus, call).await);

    net.attempt(won, &net.provider).await;
    let response = net.respond(won, &net.provider, "result").await;
    let confirm = ConfirmResponseCall { response };
    net.send(&net.client, net.controller, confirm.clone()).await;

    let mut params = net.task_params(source).await;
    params.expiry_time = net.now().await;
    let task_params = params;
    let call = PublishTaskCall { task_params };
    hear(net.reverts(&net.client, net.controller, call).await);
    hear(net.reverts(&net.client, net.controller, confirm).await);
    let call = attempt(won, &net.rival);
    hear(net.reverts(&net.rival, net.nexus, call).await);

    let amount = ether("1000");
    let call = WithdrawCall { amount };
    hear(net.reverts(&net.client, net.vault, call).await);
    let call = UnbondCall { amount };
    hear(net.reverts(&net.provider, net.vault, call).await);
    let amount = ether("0.1");
    net.send(&net.provider, net.vault, UnbondCall { amount })
        .await;
    hear(net.reverts(&net.provider, net.vault, ClaimCall).await);

    let account = net.rival.address;
    net.send(&net.admin, net.vault, SanctionCall { account, amount })
        .await;
    let call = attempt(open, &net.rival);
    hear(net.reverts(&net.rival, net.nexus, call).await);
    let call = InactivateSourceCall { source };
    net.send(&net.client, net.nexus, call).await;
    let task_params = net.task_params(source).await;
    let call = PublishTaskCall { task_params };
    hear(net.reverts(&net.client, net.controller, call).await);

    let all: Vec<_> = ReasonWord::ALL.iter().copied().map(Some).collect();
    assert_eq!(said, all);
}
