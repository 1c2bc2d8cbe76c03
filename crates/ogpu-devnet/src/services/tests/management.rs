use ogpu_types::Address;

use super::*;

const TASK: Address = Address::new([0x11; 20]);
const RESPONSE: Address = Address::new([0xab; 20]);

#[tokio::test]
async fn the_confirmed_response_is_the_one_the_lookup_tells() {
    let services = Services::start(ServicesConfig::new(async |task| {
        Ok((task == TASK).then_some(RESPONSE.into()))
    }))
    .await
    .unwrap();
    let answer = ask(&services, &TASK.to_string()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(
        answer.json::<Value>().await.unwrap(),
        json!({ "data": { "address": RESPONSE.to_string() } })
    );

    let other = Address::new([0x22; 20]);
    assert_eq!(
        refused(
            ask(&services, &other.to_string()).await,
            StatusCode::NOT_FOUND
        )
        .await,
        format!("no response of task {other} is confirmed")
    );
    assert_eq!(services.requests(Service::Management), 2);
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    let services = start().await;
    let wrong_checksum = RESPONSE.to_string().to_lowercase().replacen('a', "A", 1);
    for text in ["1", "0x12", "%ff", &wrong_checksum] {
        refused(ask(&services, text).await, StatusCode::BAD_REQUEST).await;
    }
}

#[tokio::test]
async fn a_lookup_that_fails_is_a_bad_gateway() {
    let services = Services::start(ServicesConfig::new(async |_| {
        Err("the chain is gone".into())
    }))
    .await
    .unwrap();
    assert_eq!(
        refused(
            ask(&services, &TASK.to_string()).await,
            StatusCode::BAD_GATEWAY
        )
        .await,
        format!("the confirmed response of task {TASK} could not be looked up: the chain is gone")
    );
}

async fn ask(services: &Services, task: &str) -> Response {
    get(format!("{}/{task}", services.management_url()))
        .await
        .unwrap()
}
