//! Waiting for what becomes of a task.

use std::{future::IntoFuture, time::Duration};

use futures::future::{join_all, try_join_all};
use ogpu_client::{
    Client, DeliveryMethod, Error, EventError, Response, TaskAddress, TaskStatus, Wait, WaitError,
};
use ogpu_devnet::{
    Orphans, SimulatedProvider,
    faults::{Endpoint, Fault, FaultPlan, Rule},
};
use tokio::task::JoinHandle;

use crate::{
    network::{Network, eventually},
    responses::{attempt, idle, respond, submit},
};

/// A network with a task that waits for a provider, and a client whose requests are counted.
struct Awaited {
    network: Network,
    provider: SimulatedProvider,
    task: TaskAddress,
    door: Endpoint,
    client: Client,
}

impl Awaited {
    async fn start() -> Self {
        let network = Network::start().await;
        let source = network.source(DeliveryMethod::ManualConfirmation).await;
        let provider = idle(&network).await;
        provider.serve(source).await.unwrap();
        let task = network.task(source).await;
        let door = network.devnet.faults().endpoint(FaultPlan::none()).await;
        let door = door.unwrap();
        let client = network.client_with(|builder| builder.rpc_url(door.http_url()));
        Self {
            network,
            provider,
            task,
            door,
            client,
        }
    }

    fn task(&self) -> ogpu_client::handles::Task {
        self.client.task(self.task)
    }

    /// How often the state of the chain was read: by looks, not by following blocks.
    fn looks(&self) -> u64 {
        self.door.log().calls("eth_call")
    }

    /// Starts to wait, up to the moment when the task was looked at.
    async fn waiting<T: Send + 'static>(&self, wait: Wait<T>) -> JoinHandle<Result<T, WaitError>> {
        let before = self.looks();
        let waiting = tokio::spawn(wait.timeout(Duration::from_secs(60)).into_future());
        eventually("the look", || async {
            (self.looks() > before).then_some(())
        })
        .await;
        waiting
    }

    async fn response(&self) -> Response {
        self.network.responses(self.task, 1).await.remove(0)
    }

    async fn expire(&self) {
        self.network.devnet.increase_time(3601).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_reached_already_is_told_at_once() {
    let network = Network::start().await;
    let (task, response, _provider) = network.answered(DeliveryMethod::FirstResponse).await;
    let task = network.client.task(task);
    for wanted in [
        TaskStatus::New,
        TaskStatus::Attempted,
        TaskStatus::Responded,
        TaskStatus::Finalized,
    ] {
        assert_eq!(task.wait_for(wanted).await.unwrap(), TaskStatus::Finalized);
    }
    assert_eq!(task.wait_for_response().await.unwrap(), response);
    assert_eq!(task.wait_finalized().await.unwrap(), response);
    assert!(response.confirmed);
}

#[tokio::test]
async fn what_is_reached_later_is_told_after_one_look() {
    let awaited = Awaited::start().await;
    let (network, task) = (&awaited.network, awaited.task());
    let attempted = awaited.waiting(task.wait_for(TaskStatus::Attempted)).await;
    let responded = awaited.waiting(task.wait_for_response()).await;
    let finalized = awaited.waiting(task.wait_finalized()).await;
    let looks = awaited.looks();

    attempt(network, &awaited.provider, awaited.task).await;
    assert_eq!(attempted.await.unwrap().unwrap(), TaskStatus::Attempted);
    assert_eq!(awaited.looks(), looks, "events told everything");
    submit(network, &awaited.provider, awaited.task).await;
    let response = responded.await.unwrap().unwrap();
    assert_eq!(response, awaited.response().await);
    assert_eq!(awaited.looks(), looks + 1, "the response was read");
    network
        .client
        .confirm_response(response.address)
        .await
        .unwrap();
    let confirmed = finalized.await.unwrap().unwrap();
    assert_eq!(
        (confirmed.address, confirmed.confirmed),
        (response.address, true)
    );
}

#[tokio::test]
async fn of_several_responses_the_first_is_given_until_one_is_confirmed() {
    let awaited = Awaited::start().await;
    let (network, task) = (&awaited.network, awaited.task());
    let second = idle(network).await;
    let source = task.source().await.unwrap().address();
    second.serve(source).await.unwrap();
    // The second one attempts first, and answers last.
    attempt(network, &second, awaited.task).await;
    respond(network, &awaited.provider, awaited.task).await;
    network.devnet.increase_time(5).await.unwrap();
    submit(network, &second, awaited.task).await;
    let first = task.wait_for_response().await.unwrap();
    assert_eq!(first.provider, awaited.provider.address());
    let other = task.response_of(second.address()).await.unwrap().unwrap();
    other.confirm().signer(&network.account).await.unwrap();
    let confirmed = task.wait_for_response().await.unwrap();
    assert_eq!(confirmed.address, other.address());
}

#[tokio::test]
async fn what_cannot_be_reached_any_more_ends_the_wait() {
    let awaited = Awaited::start().await;
    let task = awaited.task();
    let response = awaited.waiting(task.wait_for_response()).await;
    let canceled = awaited.waiting(task.wait_for(TaskStatus::Canceled)).await;
    awaited.network.cancel(awaited.task).await;
    assert_eq!(canceled.await.unwrap().unwrap(), TaskStatus::Canceled);
    for error in [
        response.await.unwrap().unwrap_err(),
        task.wait_finalized().await.unwrap_err(),
        task.wait_for(TaskStatus::Expired).await.unwrap_err(),
    ] {
        assert!(
            matches!(error, WaitError::Unreachable { status: TaskStatus::Canceled, task, .. } if task == awaited.task),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_task_that_goes_on_cannot_be_cancelled_any_more() {
    let awaited = Awaited::start().await;
    let canceled = awaited.waiting(awaited.task().wait_for(TaskStatus::Canceled));
    let canceled = canceled.await;
    attempt(&awaited.network, &awaited.provider, awaited.task).await;
    let error = canceled.await.unwrap().unwrap_err();
    assert!(
        matches!(
            error,
            WaitError::Unreachable {
                wanted: TaskStatus::Canceled,
                status: TaskStatus::Attempted,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_chains_clock_ends_a_wait_for_a_response_and_a_late_attempt_sets_expired() {
    let awaited = Awaited::start().await;
    let task = awaited.task();
    let response = awaited.waiting(task.wait_for_response()).await;
    let expired = awaited.waiting(task.wait_for(TaskStatus::Expired)).await;
    awaited.expire().await;
    for error in [
        response.await.unwrap().unwrap_err(),
        task.wait_finalized().await.unwrap_err(),
    ] {
        assert!(
            matches!(error, WaitError::Expired { status: TaskStatus::New, expiry_time, now, .. } if now >= expiry_time),
            "{error:?}"
        );
    }
    attempt(&awaited.network, &awaited.provider, awaited.task).await;
    assert_eq!(expired.await.unwrap().unwrap(), TaskStatus::Expired);
    let error = task.wait_for_response().await.unwrap_err();
    assert!(
        matches!(
            error,
            WaitError::Unreachable {
                status: TaskStatus::Expired,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_response_may_be_confirmed_after_the_expiry_time() {
    let awaited = Awaited::start().await;
    respond(&awaited.network, &awaited.provider, awaited.task).await;
    let finalized = awaited.waiting(awaited.task().wait_finalized()).await;
    awaited.expire().await;
    let response = awaited.task().wait_for_response().await.unwrap();
    let client = &awaited.network.client;
    client.confirm_response(response.address).await.unwrap();
    let confirmed = finalized.await.unwrap().unwrap();
    assert_eq!(confirmed.address, response.address);
}

#[tokio::test]
async fn a_wait_ends_when_its_time_is_up_and_says_where_the_task_stands() {
    let awaited = Awaited::start().await;
    attempt(&awaited.network, &awaited.provider, awaited.task).await;
    // Long enough for the look, which the first one makes certain of.
    let task = awaited.task();
    task.wait_for(TaskStatus::Attempted).await.unwrap();
    let timeout = Duration::from_millis(500);
    let error = task.wait_for_response().timeout(timeout).await.unwrap_err();
    assert!(
        matches!(error, WaitError::Timeout { status: Some(TaskStatus::Attempted), wanted: TaskStatus::Responded, timeout: of, .. } if of == timeout),
        "{error:?}"
    );
    let plan = FaultPlan::none().rule(Rule::method("eth_call", Fault::status(503)));
    awaited.door.set(&plan);
    let error = task.wait_for_response().timeout(timeout).await.unwrap_err();
    assert!(
        matches!(error, WaitError::Timeout { status: None, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn where_there_is_no_task_nothing_is_waited_for() {
    let awaited = Awaited::start().await;
    let source = awaited.task().source().await.unwrap().address().address();
    let nobody = ogpu_client::Address::new([0x22; 20]);
    for address in [source, nobody] {
        let task = awaited.client.task(address);
        let error = task.wait_for_response().await.unwrap_err();
        assert!(
            matches!(&error, WaitError::Call { source, .. } if matches!(**source, Error::TaskNotFound { .. })),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn what_a_reorg_takes_away_is_waited_for_again() {
    let awaited = Awaited::start().await;
    let (network, task) = (&awaited.network, awaited.task());
    let finalized = awaited.waiting(task.wait_finalized()).await;
    let canceled = awaited.waiting(task.wait_for(TaskStatus::Canceled));
    let canceled = canceled.await;
    // The waits learn of the response from its event, and the block goes.
    let responded = awaited.waiting(task.wait_for(TaskStatus::Responded)).await;
    attempt(network, &awaited.provider, awaited.task).await;
    assert!(matches!(
        canceled.await.unwrap().unwrap_err(),
        WaitError::Unreachable { .. }
    ));
    submit(network, &awaited.provider, awaited.task).await;
    responded.await.unwrap().unwrap();
    let looks = awaited.looks();
    network
        .devnet
        .reorg_with(2, Orphans::Dropped)
        .await
        .unwrap();
    eventually("another look", || async {
        (awaited.looks() > looks).then_some(())
    })
    .await;
    assert_eq!(task.status().await.unwrap(), TaskStatus::New);
    assert!(!finalized.is_finished());
    // On the other branch nobody answers.
    network.cancel(awaited.task).await;
    let error = finalized.await.unwrap().unwrap_err();
    assert!(
        matches!(
            error,
            WaitError::Unreachable {
                status: TaskStatus::Canceled,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_told_after_a_reorg_is_of_the_new_branch() {
    let awaited = Awaited::start().await;
    let (network, task) = (&awaited.network, awaited.task());
    let first = awaited.waiting(task.wait_finalized()).await;
    respond(network, &awaited.provider, awaited.task).await;
    task.wait_for_response().await.unwrap();
    network
        .devnet
        .reorg_with(2, Orphans::Dropped)
        .await
        .unwrap();
    let second = idle(network).await;
    let source = task.source().await.unwrap().address();
    second.serve(source).await.unwrap();
    respond(network, &second, awaited.task).await;
    let response = task.wait_for_response().await.unwrap();
    assert_eq!(response.provider, second.address());
    let client = &network.client;
    client.confirm_response(response.address).await.unwrap();
    assert_eq!(
        first.await.unwrap().unwrap().address,
        response.address,
        "not that of the branch that is gone"
    );
}

#[tokio::test]
async fn a_node_that_does_not_answer_for_a_while_ends_no_wait() {
    let awaited = Awaited::start().await;
    let task = awaited.task();
    task.wait_for(TaskStatus::New).await.unwrap();
    awaited
        .door
        .set(&FaultPlan::none().rule(Rule::method("eth_call", Fault::status(503)).first(12)));
    let response = awaited.waiting(task.wait_for_response()).await;
    respond(&awaited.network, &awaited.provider, awaited.task).await;
    assert_eq!(response.await.unwrap().unwrap(), awaited.response().await);
}

#[tokio::test]
async fn two_hundred_waits_cost_what_one_does() {
    let awaited = Awaited::start().await;
    let (network, task) = (&awaited.network, awaited.task());
    let requests = || awaited.door.log().exchanges().count();
    // The client knows its node, and one look at the chain goes on all the time.
    let kept = awaited.waiting(task.wait_for(TaskStatus::Expired)).await;
    let before = requests();
    let many: Vec<_> = (0..200)
        .map(|_| tokio::spawn(task.wait_for(TaskStatus::Responded).into_future()))
        .collect();
    eventually("the looks", || async {
        (awaited.looks() > 200).then_some(())
    })
    .await;
    let looking = requests() - before;
    let looks = awaited.looks();
    respond(network, &awaited.provider, awaited.task).await;
    for status in try_join_all(many).await.unwrap() {
        assert_eq!(status.unwrap(), TaskStatus::Responded);
    }
    assert_eq!(awaited.looks(), looks, "nobody looked again");
    let all = requests() - before;
    assert!(
        looking < 20 && all < 60,
        "{looking} requests for 200 looks, {all} until all were told"
    );
    kept.abort();
}

#[tokio::test]
async fn a_node_of_another_chain_ends_a_wait() {
    let awaited = Awaited::start().await;
    let client = Client::builder()
        .chain(ogpu_client::ChainId::OGPU_TESTNET)
        .rpc_url(awaited.network.devnet.node_url())
        .build()
        .unwrap();
    let waits =
        join_all((0..2).map(|_| client.task(awaited.task).wait_for_response().into_future()));
    for error in waits.await {
        let error = error.unwrap_err();
        let is_wrong = match &error {
            WaitError::Call { source, .. } => matches!(**source, Error::WrongChain { .. }),
            WaitError::Events { source, .. } => matches!(**source, EventError::WrongChain { .. }),
            _ => false,
        };
        assert!(is_wrong, "{error:?}");
    }
}
