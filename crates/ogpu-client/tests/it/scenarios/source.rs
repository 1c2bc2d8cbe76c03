//! A client's source: changed, and closed for good.

use ogpu_client::{
    DeliveryMethod, Error, ImageEnvironments,
    NexusEvent::{SourceStatusChanged, SourceUpdated},
    SourceStatus, Wei,
    types::Environment,
};

use super::{Holdings, Story, attempted, confirmed, registered};
use crate::network::{MIN_PAYMENT, PAYMENT, source_info, task_info};

#[tokio::test]
async fn an_updated_source_has_new_terms_and_its_old_tasks_have_the_old_ones() {
    let mut story = Story::begin().await;
    let client = story.network.client.clone();
    let (address, task) = story.published().await;
    let source = client.source(address);
    let old = source.snapshot().await.unwrap();
    assert_eq!(old.params.min_payment, MIN_PAYMENT);

    let mut info = source_info(DeliveryMethod::FirstResponse);
    info.name = "louder echo".into();
    info.image_envs = ImageEnvironments {
        nvidia: "https://example.org/nvidia.yml".into(),
        ..info.image_envs
    };
    info.min_payment = PAYMENT.checked_add(Wei::from(1_u64)).unwrap();
    info.min_available_lockup = Wei::from_ether(1);
    info.max_expiry_duration = 2 * 3600;
    let receipt = source.update(&info).await.unwrap();

    let new = source.snapshot().await.unwrap();
    let updated = SourceUpdated {
        source: address,
        source_params: new.params.clone(),
    };
    story.tells(&receipt, [updated.into()]);
    assert_eq!(new.params.min_payment, info.min_payment);
    assert_eq!(new.params.min_available_lockup, info.min_available_lockup);
    assert_eq!(new.params.max_expiry_duration, info.max_expiry_duration);
    assert_eq!(new.params.delivery_method, DeliveryMethod::FirstResponse);
    let environments = Environment::CPU | Environment::NVIDIA;
    assert_eq!(new.params.image_environments, environments);
    assert_eq!(new.params.client, story.account());
    assert!(new.params.last_update_time >= old.params.last_update_time);
    assert_eq!((new.client, new.status), (old.client, SourceStatus::Active));
    assert_eq!(new.task_count, 1);
    let metadata = source.metadata().await.unwrap();
    assert_eq!(metadata.name, "louder echo");
    assert_eq!(metadata.nvidia, info.image_envs.nvidia);

    let kept = client.task(task).delivery_method().await.unwrap();
    assert_eq!(kept, DeliveryMethod::ManualConfirmation);
    let error = client.publish_task(&task_info(address)).await.unwrap_err();
    assert!(
        matches!(error, Error::PaymentTooLow { payment, minimum, .. }
            if payment == PAYMENT && minimum == info.min_payment),
        "{error:?}"
    );
    let earlier = source.params().at(old.block).await.unwrap();
    assert_eq!(earlier, old.params);
    story.ends().await;
}

#[tokio::test]
async fn an_inactivated_source_takes_nothing_new_and_its_open_task_is_still_answered() {
    let mut story = Story::begin().await;
    let client = story.network.client.clone();
    let account = story.account();
    let (source, task) = story.published().await;
    let simulated = story.idle_provider().await;
    let provider = client.provider(simulated.address());
    let register = provider.register(source, Environment::CPU);
    let receipt = register.signer(simulated.signer()).await.unwrap();
    story.tells(&receipt, [registered(provider.address(), source)]);
    let nexus = client.nexus();
    assert_eq!(nexus.active_source_count(account).await.unwrap(), 1);

    let receipt = client.source(source).inactivate().await.unwrap();
    let status = SourceStatus::Inactive;
    story.tells(&receipt, [SourceStatusChanged { source, status }.into()]);
    let snapshot = client.source(source).snapshot().await.unwrap();
    assert_eq!(snapshot.status, SourceStatus::Inactive);
    assert_eq!((snapshot.task_count, snapshot.registrant_count), (1, 1));
    assert_eq!(nexus.active_source_count(account).await.unwrap(), 0);
    assert_eq!(nexus.sources_of(account, ..).await.unwrap().len(), 1);

    let late = story.idle_provider().await;
    let register = client
        .provider(late.address())
        .register(source, Environment::CPU);
    let publish = client.publish_task(&task_info(source)).await;
    for refused in [
        publish.map(|task| task.receipt),
        register.signer(late.signer()).await,
        client.source(source).inactivate().await,
    ] {
        let error = refused.unwrap_err();
        assert!(
            matches!(error, Error::SourceInactive { source_address } if source_address == source),
            "{error:?}"
        );
    }

    let attempt = provider.attempt(task, PAYMENT).signer(simulated.signer());
    story.tells(
        &attempt.await.unwrap(),
        attempted(task, provider.address(), PAYMENT),
    );
    let response = story.respond(task, simulated.signer()).await;
    let receipt = client.response(response).confirm().await.unwrap();
    story.tells(&receipt, confirmed(task, response));
    assert_eq!(story.holds(account).await, Holdings::default());
    assert_eq!(provider.total_earnings().await.unwrap(), PAYMENT);
    story.ends().await;
}
