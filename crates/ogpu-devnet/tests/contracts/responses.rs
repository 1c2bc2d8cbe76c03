//! Submitting responses.

use ethers_core::utils::keccak256;
use ogpu_contracts::{
    response::{ConfirmedFinalCall, GetResponseParamsCall, OwnerCall, ResponseTimestampCall},
    task::{IsAlreadySubmittedCall, ResponseOfCall},
};
use ogpu_types::{DeliveryMethod, ResponseStatus, TaskStatus};

use crate::support::{Net, ZERO, attempt, event, reason, response};

#[tokio::test]
async fn a_response_is_deployed_and_the_nexus_announces_it() {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.provider).await;
    let receipt = net.submit(task, &net.provider, "result").await;
    let response = net.submitted_response(&receipt);
    assert_eq!(
        net.events(&receipt),
        [
            net.deployed(response),
            event(net.nexus, "ResponseSubmitted", (response, task)),
            net.task_becomes(task, TaskStatus::Responded),
        ]
    );
    assert_eq!(net.task_status(task).await, TaskStatus::Responded);
    let listed = ResponseOfCall(net.provider.address);
    assert_eq!(net.read(task, listed).await.0, response);
}

#[tokio::test]
async fn a_response_is_what_was_submitted_and_not_confirmed() {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.provider).await;
    let submitted = response(task, &net.provider, "result").response_params;
    let response = net.respond(task, &net.provider, "result").await;
    let params = net.read(response, GetResponseParamsCall).await.0;
    assert_eq!(params, submitted);
    let status = net.response_status(response).await;
    assert_eq!(status, ResponseStatus::Submitted);
    assert!(!net.read(response, ConfirmedFinalCall).await.0);
    let at = net.read(response, ResponseTimestampCall).await.0;
    assert_eq!(at, net.now().await);
    assert_eq!(net.read(response, OwnerCall).await.0, net.nexus);
}

#[tokio::test]
async fn providers_submit_with_their_own_key_whoever_attempted() {
    let (net, task) = Net::with_task().await;
    net.name_agent(&net.master).await;
    let call = attempt(task, &net.provider);
    net.send(&net.master, net.nexus, call).await;
    for somebody in [
        &net.stranger,
        &net.master,
        &net.agent,
        &net.scheduler,
        &net.rival,
        &net.client,
    ] {
        let call = response(task, &net.provider, "result");
        let revert = net.reverts(somebody, net.nexus, call).await;
        assert_eq!(revert, reason("NotProvider"));
    }
    net.respond(task, &net.provider, "result").await;
}

#[tokio::test]
async fn a_response_comes_after_the_providers_own_attempt() {
    let (net, task) = Net::with_task().await;
    let call = response(task, &net.provider, "result");
    let revert = net.reverts(&net.provider, net.nexus, call.clone()).await;
    assert_eq!(revert, reason("NotAttempted"));
    // Another provider's attempt is not this one's.
    net.attempt(task, &net.rival).await;
    let revert = net.reverts(&net.provider, net.nexus, call).await;
    assert_eq!(revert, reason("NotAttempted"));
}

#[tokio::test]
async fn a_provider_responds_to_a_task_once() {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.provider).await;
    net.respond(task, &net.provider, "result").await;
    for data in ["result", "another result"] {
        let call = response(task, &net.provider, data);
        let revert = net.reverts(&net.provider, net.nexus, call).await;
        assert_eq!(revert, reason("AlreadySubmitted"));
    }
}

#[tokio::test]
async fn equal_responses_of_different_providers_are_accepted() {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.provider).await;
    net.attempt(task, &net.rival).await;
    net.respond(task, &net.provider, "result").await;
    let receipt = net.submit(task, &net.rival, "result").await;
    let second = net.submitted_response(&receipt);
    // The task was moved on by the first one.
    assert_eq!(
        net.events(&receipt),
        [
            net.deployed(second),
            event(net.nexus, "ResponseSubmitted", (second, task)),
        ]
    );
    assert_eq!(net.task_status(task).await, TaskStatus::Responded);
    let listed = ResponseOfCall(net.rival.address);
    assert_eq!(net.read(task, listed).await.0, second);
}

#[tokio::test]
async fn a_task_knows_the_hash_of_what_was_submitted() {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.provider).await;
    let hash = IsAlreadySubmittedCall(keccak256("result"));
    assert!(!net.read(task, hash.clone()).await.0);
    net.respond(task, &net.provider, "result").await;
    assert!(net.read(task, hash).await.0);
    let other = IsAlreadySubmittedCall(keccak256("another result"));
    assert!(!net.read(task, other).await.0);
}

#[tokio::test]
async fn an_empty_response_is_a_response() {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.provider).await;
    let response = net.respond(task, &net.provider, "").await;
    let params = net.read(response, GetResponseParamsCall).await.0;
    assert_eq!(params.data, "");
}

#[tokio::test]
async fn what_is_no_task_takes_no_responses() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    for nowhere in [net.stranger.address, source, ZERO] {
        let call = response(nowhere, &net.provider, "result");
        let revert = net.reverts(&net.provider, net.nexus, call).await;
        assert_eq!(revert, reason("UnknownTask"));
    }
}
