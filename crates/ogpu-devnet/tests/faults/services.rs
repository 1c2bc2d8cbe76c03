//! Faults in front of the services.

use ogpu_devnet::Devnet;
use ogpu_devnet::faults::{Door, Fault, FaultPlan, Loss, Rule};
use ogpu_devnet::services::Service;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Response, StatusCode};

async fn start(plan: FaultPlan) -> Devnet {
    Devnet::builder()
        .faults(plan)
        .start()
        .await
        .expect("a network")
}

async fn pin(devnet: &Devnet, content: &'static str) -> reqwest::Result<Response> {
    let part = Part::text(content)
        .file_name("greeting.txt")
        .mime_str("text/plain")?;
    Client::new()
        .post(devnet.services().pin_url())
        .multipart(Form::new().part("file", part))
        .send()
        .await
}

#[tokio::test]
async fn an_upload_is_pinned_though_its_answer_is_lost() {
    let lost = Rule::new(Service::Pinning, Fault::AnswerLost(Loss::Closed)).first(1);
    let devnet = start(FaultPlan::none().rule(lost)).await;
    pin(&devnet, "hello").await.expect_err("broken");
    assert_eq!(devnet.services().uploads().len(), 1);
    let answer = pin(&devnet, "hello").await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn a_lost_upload_never_reaches_the_service() {
    let lost = Rule::new(Service::Pinning, Fault::RequestLost).first(1);
    let devnet = start(FaultPlan::none().rule(lost)).await;
    pin(&devnet, "hello").await.expect_err("broken");
    assert_eq!(devnet.services().uploads().len(), 0);
    assert_eq!(devnet.services().requests(Service::Pinning), 0);
}

#[tokio::test]
async fn each_service_has_its_own_faults() {
    let plan = FaultPlan::none()
        .rule(Rule::new(Service::Gateway, Fault::ResetMidBody).first(1))
        .rule(Rule::new(Service::Gateway, Fault::too_many_requests(3)).first(1))
        .rule(Rule::new(Service::Management, Fault::status(502)));
    let devnet = start(plan).await;
    let link = devnet.services().put("twelve bytes", "text/plain");
    let get = |url: String| async move { Client::new().get(url).send().await.expect("an answer") };
    let mut broken = get(link.clone()).await;
    assert_eq!(broken.status(), StatusCode::OK);
    let half = broken.chunk().await.expect("half of it");
    assert_eq!(half.as_deref(), Some(&b"twelve"[..]));
    broken.chunk().await.expect_err("a reset");
    let limited = get(link.clone()).await;
    assert_eq!(limited.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(limited.headers()["retry-after"], "3");
    assert_eq!(
        get(link).await.text().await.expect("a body"),
        "twelve bytes"
    );
    let task = ogpu_types::Address::new([1; 20]);
    let url = format!("{}/{task}", devnet.services().management_url());
    assert_eq!(get(url).await.status(), StatusCode::BAD_GATEWAY);

    let log = devnet.faults().log();
    let gateway = log
        .exchanges()
        .filter(|exchange| exchange.door == Door::Service(Service::Gateway));
    assert_eq!(gateway.count(), 3);
    assert_eq!((log.requests(), log.faulty()), (4, 3));
}

#[tokio::test]
async fn services_have_faults_in_a_network_without_a_door_too() {
    let devnet = Devnet::start().await.expect("a network");
    let refuse = FaultPlan::none().rule(Rule::new(Service::Pinning, Fault::status(500)));
    devnet.faults().set(&refuse);
    let refused = pin(&devnet, "hello").await.expect("an answer");
    assert_eq!(refused.status(), StatusCode::INTERNAL_SERVER_ERROR);
    devnet.faults().clear();
    let pinned = pin(&devnet, "hello").await.expect("an answer");
    assert_eq!(pinned.status(), StatusCode::CREATED);
}

#[tokio::test]
#[should_panic = "the network has no faulty door"]
async fn rules_for_the_node_need_a_door() {
    let devnet = Devnet::start().await.expect("a network");
    let plan = FaultPlan::none().rule(Rule::rpc(Fault::RequestLost));
    devnet.faults().set(&plan);
}
