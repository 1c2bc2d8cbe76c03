//! A task from beginning to end as one call.

mod going_on;

use std::{
    future::IntoFuture,
    num::NonZeroUsize,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ogpu_client::{
    Candidate, Client, DeliveryMethod, Error, MemoryJournal, RunProgress, RunStage, RunTask,
    RunTaskCause, RunTaskError, SourceAddress, TaskInfo, TaskRun, TaskStatus, WaitError, Wei,
};
use ogpu_contracts::{ContractCall, task};
use ogpu_devnet::{
    ProviderBuilder, SimulatedProvider,
    services::{Scripted, Service},
};
use serde_json::json;

use crate::{
    network::{Network, PAYMENT, task_info},
    tap::{Tap, error, result},
    ways::{Way, way_of},
};

const MANUAL: DeliveryMethod = DeliveryMethod::ManualConfirmation;
/// Longer than anything takes here.
const LONG: Duration = Duration::from_secs(60);

/// A network with a source, money in the vault, and a journal that outlives its clients.
struct Market {
    network: Network,
    source: SourceAddress,
    journal: MemoryJournal,
}

impl Market {
    async fn start(delivery: DeliveryMethod) -> Self {
        let network = Network::start().await;
        let source = network.source(delivery).await;
        network.deposit(Wei::from_ether(10)).await;
        Self {
            network,
            source,
            journal: MemoryJournal::default(),
        }
    }

    /// A client as a process has it: of the one before it, only the journal is left.
    fn client(&self) -> Client {
        self.network
            .client_with(|builder| builder.journal(self.journal.clone()))
    }

    fn info(&self) -> TaskInfo {
        task_info(self.source)
    }

    /// A provider that answers with this number.
    async fn provider(&self, number: i64) -> SimulatedProvider {
        self.provider_with(number, ProviderBuilder::inline).await
    }

    async fn provider_with(
        &self,
        number: i64,
        conduct: impl FnOnce(ProviderBuilder) -> ProviderBuilder,
    ) -> SimulatedProvider {
        let provider = self
            .network
            .devnet
            .provider(move |_| async move { json!(number) });
        let provider = conduct(provider).start().await.unwrap();
        provider.serve(self.source).await.unwrap();
        provider
    }

    async fn earned(&self, provider: &SimulatedProvider) -> Wei {
        let vault = self.network.client.vault();
        vault.total_earnings_of(provider.address()).await.unwrap()
    }
}

fn number(candidate: &Candidate) -> i64 {
    candidate.payload.json().unwrap()
}

/// The number itself.
async fn as_it_is(candidate: Arc<Candidate>) -> Option<f64> {
    let number = i32::try_from(number(&candidate)).unwrap();
    Some(f64::from(number))
}

fn several(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

/// Runs it, and gives its steps, without addresses.
async fn told(run: RunTask<'_>) -> (Result<TaskRun, RunTaskError>, Vec<&'static str>) {
    let steps = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&steps);
    let run = run.on_progress(move |step| kept.lock().unwrap().push(name(step)));
    let result = run.await;
    let steps = std::mem::take(&mut *steps.lock().unwrap());
    (result, steps)
}

fn name(step: &RunProgress) -> &'static str {
    match step {
        RunProgress::Published(_) => "published",
        RunProgress::Status(TaskStatus::Finalized) => "finalised",
        RunProgress::Status(_) => "status",
        RunProgress::Responded(_) => "responded",
        RunProgress::Unfetchable { .. } => "unfetchable",
        RunProgress::Judged { score: None, .. } => "rejected",
        RunProgress::Judged { .. } => "judged",
        RunProgress::Confirming(_) => "confirming",
        RunProgress::Confirmed(_) => "confirmed",
        _ => "unheard of",
    }
}

#[tokio::test]
async fn a_first_response_is_confirmed_by_the_network_and_fetched() {
    let market = Market::start(DeliveryMethod::FirstResponse).await;
    let provider = market.provider_with(7, |provider| provider).await;
    let client = market.client();
    let (run, steps) = told(client.run_task(&market.info()).timeout(LONG)).await;
    let run = run.unwrap();
    assert_eq!(run.payload.json::<i64>().unwrap(), 7);
    assert_eq!(run.response.provider, provider.address());
    assert!(run.response.confirmed && run.confirmation.is_none());
    let confirmed = client.get_confirmed_response(run.task.address).await;
    assert_eq!(confirmed.unwrap().unwrap().address, run.response.address);
    assert_eq!(market.earned(&provider).await, PAYMENT);
    assert_eq!(steps.first(), Some(&"published"));
    assert!(steps.ends_with(&["finalised", "confirmed"]), "{steps:?}");
}

#[tokio::test]
async fn a_first_response_that_the_network_leaves_to_the_client_is_confirmed_unjudged() {
    let market = Market::start(MANUAL).await;
    let provider = market.provider(7).await;
    // Of the network's own contracts none does so: this node says FIRST_RESPONSE of a task that is not.
    let asked = task::GetDeliveryMethodCall.call_data();
    let tap = Tap::start(&market.network, move |call| match way_of(call)? {
        Way::Plain => {
            let is_asked = call["params"][0]["data"] == json!(asked);
            is_asked.then(|| result(format!("0x{:064x}", 1)))?
        }
        _ => error(-32602, "invalid params"),
    })
    .await;
    let client = tap.client(&market.network);
    let run = client.run_task(&market.info()).judge(|_| async { None });
    let run = run.timeout(LONG).await.unwrap();
    assert!(run.response.confirmed && run.confirmation.is_some());
    assert_eq!(run.payload.json::<i64>().unwrap(), 7);
    assert_eq!(market.earned(&provider).await, PAYMENT);
}

#[tokio::test]
async fn without_a_judge_the_first_response_is_confirmed_and_paid() {
    let market = Market::start(MANUAL).await;
    let provider = market.provider_with(7, |provider| provider).await;
    let client = market.client();
    let (run, steps) = told(client.run_task(&market.info()).timeout(LONG)).await;
    let run = run.unwrap();
    assert_eq!(run.payload.json::<i64>().unwrap(), 7);
    assert!(run.response.confirmed && run.confirmation.is_some());
    assert_eq!(market.earned(&provider).await, PAYMENT);
    assert!(
        steps.ends_with(&["responded", "judged", "confirming", "confirmed"]),
        "{steps:?}"
    );
}

#[tokio::test]
async fn a_judge_has_the_best_of_several_confirmed() {
    let market = Market::start(MANUAL).await;
    let mut providers = Vec::new();
    for number in [3, 9, 5] {
        providers.push(market.provider(number).await);
    }
    let client = market.client();
    let run = client
        .run_task(&market.info())
        .judge(as_it_is)
        .best_of(several(3), LONG)
        .timeout(LONG)
        .await
        .unwrap();
    assert_eq!(run.payload.json::<i64>().unwrap(), 9);
    assert_eq!(market.earned(&providers[1]).await, PAYMENT);
    assert_eq!(market.earned(&providers[0]).await, Wei::ZERO);
}

#[tokio::test]
async fn others_are_waited_for_no_longer_than_said() {
    let market = Market::start(MANUAL).await;
    let _provider = market.provider(3).await;
    let client = market.client();
    let run = client.run_task(&market.info()).judge(as_it_is);
    let run = run.best_of(several(2), Duration::from_millis(100));
    assert!(run.timeout(LONG).await.unwrap().response.confirmed);
}

#[tokio::test]
async fn what_the_judge_rejects_or_cannot_score_is_never_confirmed() {
    let market = Market::start(MANUAL).await;
    let rejected = market.provider(-1).await;
    let unscored = market.provider(0).await;
    let client = market.client();
    let judged = AtomicUsize::new(0);
    let run = client
        .run_task(&market.info())
        .judge(|candidate| {
            let (market, judged) = (&market, &judged);
            async move {
                // With the second one, the time to respond is over.
                if judged.fetch_add(1, Ordering::SeqCst) == 1 {
                    market.network.devnet.increase_time(3601).await.unwrap();
                }
                (number(&candidate) == 0).then_some(f64::NAN)
            }
        })
        .timeout(LONG);
    let (result, steps) = told(run).await;
    let error = result.unwrap_err();
    assert_eq!((error.stage, error.response), (RunStage::Waiting, None));
    assert!(
        matches!(error.cause, RunTaskCause::NoneAccepted { responses: 2 }),
        "{error:?}"
    );
    assert_eq!(
        steps.iter().filter(|step| **step == "rejected").count(),
        2,
        "{steps:?}"
    );
    for provider in [&rejected, &unscored] {
        assert_eq!(market.earned(provider).await, Wei::ZERO);
    }
}

#[tokio::test]
async fn nobody_is_paid_for_what_cannot_be_fetched() {
    let market = Market::start(MANUAL).await;
    let foreign = |provider: ProviderBuilder| provider.wrong("http://127.0.0.1:9/answer");
    let missing = market.network.devnet.services().gateway_url() + "/bafynothing";
    let absent = |provider: ProviderBuilder| provider.wrong(missing.clone());
    let bad = [
        market.provider_with(0, foreign).await,
        market.provider_with(0, absent).await,
    ];
    let good = market
        .provider_with(5, |provider| provider.slow(Duration::from_millis(300)))
        .await;
    let client = market.client();
    let (run, steps) = told(client.run_task(&market.info()).timeout(LONG)).await;
    assert_eq!(run.unwrap().response.provider, good.address());
    assert_eq!(
        steps.iter().filter(|step| **step == "unfetchable").count(),
        2,
        "{steps:?}"
    );
    for provider in &bad {
        assert_eq!(market.earned(provider).await, Wei::ZERO);
    }
}

#[tokio::test]
async fn a_gateway_that_fails_for_a_while_costs_no_response() {
    let market = Market::start(MANUAL).await;
    let _provider = market.provider_with(5, |provider| provider).await;
    let services = market.network.devnet.services();
    services.script(Service::Gateway, (0..6).map(|_| Scripted::status(503)));
    let client = market.client();
    let run = client.run_task(&market.info()).timeout(LONG).await.unwrap();
    assert_eq!(run.payload.json::<i64>().unwrap(), 5);
}

#[tokio::test]
async fn when_nobody_can_respond_any_more_the_best_there_is_is_confirmed_or_none() {
    let market = Market::start(MANUAL).await;
    let _provider = market.provider(5).await;
    let client = market.client();
    let expire = || async {
        let devnet = &market.network.devnet;
        devnet.increase_time(3601).await.unwrap();
    };
    let run = client
        .run_task(&market.info())
        .judge(|candidate| async {
            expire().await;
            as_it_is(candidate).await
        })
        .best_of(several(2), LONG)
        .timeout(LONG);
    assert!(run.await.unwrap().response.confirmed);

    let expiry_time = market.network.chain_time().await + 3600;
    let info = TaskInfo {
        expiry_time,
        ..market.info()
    };
    let run = client.run_task(&info).timeout(LONG).judge(|_| async {
        expire().await;
        None
    });
    let error = run.await.unwrap_err();
    assert_eq!(error.stage, RunStage::Waiting);
    assert!(
        matches!(error.cause, RunTaskCause::NoneAccepted { responses: 1 }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_task_that_is_cancelled_meanwhile_ends_the_run() {
    let market = Market::start(MANUAL).await;
    let client = market.client();
    let (sender, published) = tokio::sync::oneshot::channel();
    let mut sender = Some(sender);
    let run = client.run_task(&market.info()).timeout(LONG);
    let run = run.on_progress(move |step| {
        if let (RunProgress::Published(task), Some(sender)) = (step, sender.take()) {
            sender.send(task.address).unwrap();
        }
    });
    let cancelling = async {
        let task = published.await.unwrap();
        client.cancel_task(task).await.unwrap();
        task
    };
    let (result, task) = tokio::join!(run.into_future(), cancelling);
    let error = result.unwrap_err();
    assert_eq!((error.stage, error.task), (RunStage::Waiting, Some(task)));
    let RunTaskCause::Wait(cause) = &error.cause else {
        panic!("{error:?}");
    };
    let canceled = TaskStatus::Canceled;
    assert!(
        matches!(**cause, WaitError::Unreachable { status, .. } if status == canceled),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_task_that_nobody_takes_before_its_expiry_time_ends_the_run() {
    let market = Market::start(MANUAL).await;
    let client = market.client();
    let run = client.run_task(&market.info()).timeout(LONG);
    let (sender, published) = tokio::sync::oneshot::channel();
    let mut sender = Some(sender);
    let run = run.on_progress(move |_| {
        if let Some(sender) = sender.take() {
            sender.send(()).unwrap();
        }
    });
    let expiring = async {
        published.await.unwrap();
        market.network.devnet.increase_time(3601).await.unwrap();
    };
    let (result, ()) = tokio::join!(run.into_future(), expiring);
    let error = result.unwrap_err();
    assert!(
        matches!(&error.cause, RunTaskCause::Wait(cause) if matches!(**cause, WaitError::Expired { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_wrong_with_the_task_is_said_before_anything_is_spent() {
    let market = Market::start(MANUAL).await;
    let info = TaskInfo {
        payment: Wei::from(1_u64),
        ..market.info()
    };
    let error = market.client().run_task(&info).await.unwrap_err();
    assert_eq!((error.stage, error.task), (RunStage::Publishing, None));
    assert!(
        matches!(&error.cause, RunTaskCause::Call(cause) if matches!(**cause, Error::PaymentTooLow { .. })),
        "{error:?}"
    );
}
