use ogpu_client::{Address, DeliveryMethod, Error, TaskStatus, Wei};

use super::{done, refused, stranger};
use crate::network::{MAX_EXPIRY, Network, PAYMENT, task_info};

#[tokio::test]
async fn a_cancelled_task_gives_its_payment_back() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let task = network.task(source).await;
    let account = network.account.address();
    let vault = network.client.vault();
    assert_eq!(vault.frozen_payment_of(account).await.unwrap(), PAYMENT);

    done(|| network.client.task(task).cancel()).await;
    let status = network.client.get_task_status(task).await.unwrap();
    assert_eq!(status, TaskStatus::Canceled);
    assert_eq!(vault.frozen_payment_of(account).await.unwrap(), Wei::ZERO);
    assert_eq!(vault.balance_of(account).await.unwrap(), PAYMENT);

    let error = refused(|| network.client.cancel_task(task)).await;
    assert!(
        matches!(error, Error::WrongTaskStatus { task: named, status: TaskStatus::Canceled }
            if named == task),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_task_is_cancelled_by_its_client_or_an_agent_alone() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let task = network.task(source).await;
    let agent = network.devnet.accounts().agent();
    let cancel = || network.client.cancel_task(task).signer(agent);
    let error = refused(cancel).await;
    assert!(
        matches!(error, Error::NotTaskOwner { task: named, account }
            if named == task && account == agent.address()),
        "{error:?}"
    );
    network.allow_agent(agent.address()).await;
    done(cancel).await;
    let status = network.client.get_task_status(task).await.unwrap();
    assert_eq!(status, TaskStatus::Canceled);
}

#[tokio::test]
async fn a_task_that_is_not_new_is_not_cancelled() {
    let network = Network::start().await;
    let (finalized, response, _provider) =
        network.answered(DeliveryMethod::ManualConfirmation).await;
    let error = refused(|| network.client.cancel_task(finalized)).await;
    assert!(
        matches!(
            error,
            Error::WrongTaskStatus {
                status: TaskStatus::Responded,
                ..
            }
        ),
        "{error:?}"
    );
    let receipt = network.client.response(response.address).confirm().await;
    assert!(receipt.unwrap().succeeded());
    let error = refused(|| network.client.cancel_task(finalized)).await;
    assert!(
        matches!(error, Error::TaskFinalized { task } if task == finalized),
        "{error:?}"
    );

    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    network.deposit(PAYMENT).await;
    let info = task_info(source);
    let expired = network.client.publish_task(&info).await.unwrap().address;
    network.devnet.increase_time(MAX_EXPIRY).await.unwrap();
    network.devnet.mine().await.unwrap();
    // The late attempt is what ends it, and is no attempt.
    let other = stranger(&network);
    let late = network.client.provider(other.address());
    let attempt = late.attempt(expired, Wei::ZERO).signer(other);
    attempt.await.unwrap();
    let status = network.client.get_task_status(expired).await.unwrap();
    assert_eq!(status, TaskStatus::Expired);
    let error = refused(|| network.client.cancel_task(expired)).await;
    assert!(
        matches!(error, Error::TaskExpired { expiry_time, now }
            if expiry_time == info.expiry_time && now >= expiry_time),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_no_task_cannot_be_cancelled() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    for nothing in [Address::new([7; 20]), source.into()] {
        let error = refused(|| network.client.cancel_task(nothing)).await;
        assert!(
            matches!(error, Error::TaskNotFound { address } if address == nothing),
            "{error:?}"
        );
        let error = network.client.task(nothing).metadata().await.unwrap_err();
        assert!(
            matches!(error, Error::TaskNotFound { address } if address == nothing),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn the_metadata_of_a_task_is_its_input() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let task = network.task(source).await;
    let input = network.client.task(task).metadata().await.unwrap();
    assert_eq!(input, task_info(source).config);
}
