//! A client's task: paid for an answer, or taken back.

use ogpu_client::{
    DeliveryMethod, Error, NexusEvent::ResponseSubmitted, ResponseStatus, SourceAddress,
    TaskStatus, VaultEvent::Withdrawn, Wei,
};
use ogpu_devnet::SimulatedProvider;

use super::{
    Holdings, PROVIDER_LOCKUP, Story, attempted, changed, confirmed, provider_set_up, registered,
};
use crate::network::PAYMENT;

/// A source with a provider that answers.
async fn served_source(
    story: &mut Story,
    delivery: DeliveryMethod,
) -> (SourceAddress, SimulatedProvider) {
    let source = story.source(delivery).await;
    let provider = story.network.echo(source).await;
    story.meanwhile(provider_set_up(provider.address()));
    story.meanwhile([registered(provider.address(), source)]);
    (source, provider)
}

#[tokio::test]
async fn a_client_is_answered_confirms_and_the_provider_is_paid() {
    let mut story = Story::begin().await;
    let client = story.network.client.clone();
    let (source, provider) = served_source(&mut story, DeliveryMethod::ManualConfirmation).await;
    let account = provider.address();
    let task = story.paid_task(source).await;
    let response = story.network.responses(task, 1).await.remove(0);
    let address = response.address;
    story.meanwhile(attempted(task, account, Wei::ZERO));
    let submitted = ResponseSubmitted {
        response: address,
        task,
    };
    story.meanwhile([submitted.into(), changed(task, TaskStatus::Responded)]);

    let before = client.task(task).snapshot().await.unwrap();
    assert_eq!(before.status, TaskStatus::Responded);
    assert_eq!(before.winning_provider, None);
    assert_eq!((before.source, before.attempt_count), (source, 1));
    assert_eq!((before.payment, before.params.payment), (PAYMENT, PAYMENT));
    let answer: serde_json::Value = client.fetch(&response).await.unwrap().json().unwrap();
    assert_eq!(answer["echo"]["n"], 1);

    let receipt = client.response(address).confirm().await.unwrap();
    story.tells(&receipt, confirmed(task, address));
    let after = client.task(task).snapshot().await.unwrap();
    assert_eq!(after.status, TaskStatus::Finalized);
    assert_eq!(after.winning_provider, Some(account));
    let paid = client.response(address).snapshot().await.unwrap();
    assert!(paid.confirmed && paid.status == ResponseStatus::Confirmed);
    assert_eq!((paid.task, paid.params.provider), (task, account));
    let chosen = client.get_confirmed_response(task).await.unwrap().unwrap();
    assert_eq!((chosen.address, chosen.data), (address, response.data));

    assert_eq!(story.holds(story.account()).await, Holdings::default());
    let earned = Holdings {
        balance: PAYMENT,
        lockup: PROVIDER_LOCKUP,
        earned: PAYMENT,
        ..Holdings::default()
    };
    assert_eq!(story.holds(account).await, earned);
    story.ends().await;
}

#[tokio::test]
async fn the_first_response_is_paid_without_being_confirmed_by_hand() {
    let mut story = Story::begin().await;
    let client = story.network.client.clone();
    let (source, provider) = served_source(&mut story, DeliveryMethod::FirstResponse).await;
    let task = story.paid_task(source).await;
    let response = story.network.responses(task, 1).await.remove(0).address;
    story.meanwhile(attempted(task, provider.address(), Wei::ZERO));
    let submitted = ResponseSubmitted { response, task };
    story.meanwhile([submitted.into(), changed(task, TaskStatus::Responded)]);
    story.meanwhile(confirmed(task, response));

    let status = client.task(task).status().await.unwrap();
    assert_eq!(status, TaskStatus::Finalized);
    let winner = client.task(task).winning_provider().await.unwrap().unwrap();
    assert_eq!(winner.address(), provider.address());
    assert_eq!(winner.total_earnings().await.unwrap(), PAYMENT);
    assert_eq!(story.holds(story.account()).await, Holdings::default());
    let error = client.confirm_response(response).await.unwrap_err();
    assert!(error.is_already_confirmed(), "{error:?}");
    story.ends().await;
}

#[tokio::test]
async fn a_task_that_nobody_attempted_is_taken_back_with_its_payment() {
    let mut story = Story::begin().await;
    let (client, signer) = (story.network.client.clone(), story.signer());
    let (_, address) = story.published().await;
    let task = client.load_task(address).await.unwrap();
    assert_eq!(task.status().await.unwrap(), TaskStatus::New);

    let receipt = task.cancel().await.unwrap();
    story.tells(&receipt, [changed(address, TaskStatus::Canceled)]);
    let snapshot = task.snapshot().await.unwrap();
    assert_eq!(snapshot.status, TaskStatus::Canceled);
    assert_eq!(snapshot.winning_provider, None);
    let returned = Holdings::balance(PAYMENT);
    assert_eq!(story.holds(signer.address()).await, returned);

    // It is over: nobody cancels it again, and nobody works on it.
    let late = story.idle_provider().await;
    let attempt = client.provider(late.address()).attempt(address, Wei::ZERO);
    for refused in [task.cancel(), attempt.signer(late.signer())] {
        let error = refused.await.unwrap_err();
        assert!(
            matches!(error, Error::WrongTaskStatus { status, .. } if status == TaskStatus::Canceled),
            "{error:?}"
        );
    }

    let receipt = client.vault().withdraw(PAYMENT, &signer).await.unwrap();
    let withdrawn = Withdrawn {
        account: signer.address(),
        amount: PAYMENT,
    };
    story.tells(&receipt, [withdrawn.into()]);
    assert_eq!(story.holds(signer.address()).await, Holdings::default());
    story.ends().await;
}
