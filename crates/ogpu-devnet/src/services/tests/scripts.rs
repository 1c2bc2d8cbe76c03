use std::time::Instant;

use super::*;
use crate::services::Scripted;

#[tokio::test]
async fn scripted_answers_are_given_in_order_and_then_the_real_one() {
    let services = start().await;
    services.script(Service::Pinning, [Scripted::status(500)]);
    services.script(
        Service::Pinning,
        [
            Scripted::status(429)
                .with_body("slow down")
                .with_retry_after(2),
            Scripted::real().with_retry_after("Wed, 21 Oct 2015 07:28:00 GMT"),
            Scripted::status(200).with_json(&json!({ "link": "elsewhere" })),
        ],
    );

    let failed = post(&services, form(GREETING)).await.unwrap();
    assert_eq!(failed.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(failed.headers().get("retry-after"), None);
    assert_eq!(failed.text().await.unwrap(), "");

    let throttled = post(&services, form(GREETING)).await.unwrap();
    assert_eq!(throttled.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(throttled.headers()["retry-after"], "2");
    assert_eq!(throttled.text().await.unwrap(), "slow down");
    assert_eq!(services.content(GREETING_CID), None);

    let real = post(&services, form(GREETING)).await.unwrap();
    assert_eq!(real.status(), StatusCode::CREATED);
    assert_eq!(
        real.headers()["retry-after"],
        "Wed, 21 Oct 2015 07:28:00 GMT"
    );

    let lie = post(&services, form(GREETING)).await.unwrap();
    assert_eq!(lie.status(), StatusCode::OK);
    assert_eq!(lie.headers()["content-type"], "application/json");
    assert_eq!(
        lie.json::<Value>().await.unwrap(),
        json!({ "link": "elsewhere" })
    );

    let real = post(&services, form(GREETING)).await.unwrap();
    assert_eq!(real.status(), StatusCode::CREATED);
    assert_eq!(services.requests(Service::Pinning), 5);
    assert_eq!(services.uploads().len(), 5);
}

#[tokio::test]
async fn each_service_has_its_own_script() {
    let services = start().await;
    let link = services.put(GREETING, "text/plain");
    services.script(Service::Gateway, [Scripted::status(502)]);
    services.script(
        Service::Management,
        [Scripted::status(200).with_body("{\"data\"")],
    );

    let task = format!("{}/0x12", services.management_url());
    let malformed = get(&task).await.unwrap();
    assert_eq!(malformed.status(), StatusCode::OK);
    assert_eq!(malformed.text().await.unwrap(), "{\"data\"");
    refused(get(&task).await.unwrap(), StatusCode::BAD_REQUEST).await;

    let posted = post(&services, form(GREETING)).await.unwrap();
    assert_eq!(posted.status(), StatusCode::CREATED);
    assert_eq!(get(&link).await.unwrap().status(), StatusCode::BAD_GATEWAY);
    assert_eq!(get(&link).await.unwrap().status(), StatusCode::OK);

    assert_eq!(services.requests(Service::Pinning), 1);
    assert_eq!(services.requests(Service::Gateway), 2);
    assert_eq!(services.requests(Service::Management), 2);
}

#[tokio::test]
async fn a_delayed_answer_comes_no_sooner_than_its_delay() {
    let services = start().await;
    let link = services.put(GREETING, "text/plain");
    let delay = Duration::from_millis(60);
    services.script(Service::Gateway, [Scripted::real().after(delay)]);
    let asked = Instant::now();
    let answer = get(&link).await.unwrap();
    assert!(asked.elapsed() >= delay);
    assert_eq!(answer.bytes().await.unwrap(), GREETING);
}

#[tokio::test]
async fn a_hung_request_is_never_answered_and_others_are() {
    let services = start().await;
    let link = services.put(GREETING, "text/plain");
    services.script(Service::Gateway, [Scripted::hang()]);
    let hung = Client::new()
        .get(&link)
        .timeout(Duration::from_millis(60))
        .send()
        .await
        .unwrap_err();
    assert!(hung.is_timeout(), "{hung:?}");
    assert_eq!(get(&link).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_cut_off_answer_has_its_head_and_half_of_its_body() {
    let services = start().await;
    let link = services.put(GREETING, "text/plain");
    services.script(Service::Gateway, [Scripted::real().cut_off()]);
    let mut broken = get(&link).await.unwrap();
    assert_eq!(broken.status(), StatusCode::OK);
    assert_eq!(broken.headers()["content-length"], "12");
    assert_eq!(broken.chunk().await.unwrap().unwrap(), b"hello "[..]);
    broken.chunk().await.unwrap_err();
    assert_eq!(get(&link).await.unwrap().bytes().await.unwrap(), GREETING);
}

#[tokio::test]
async fn a_cut_off_upload_is_pinned_nevertheless() {
    let services = start().await;
    services.script(Service::Pinning, [Scripted::real().cut_off()]);
    let broken = post(&services, form(GREETING)).await.unwrap();
    assert_eq!(broken.status(), StatusCode::CREATED);
    broken.text().await.unwrap_err();
    assert_eq!(services.content(GREETING_CID).unwrap(), GREETING);
}

#[tokio::test]
async fn an_answer_without_a_body_can_be_cut_off_too() {
    let services = start().await;
    services.script(Service::Pinning, [Scripted::status(201).cut_off()]);
    let broken = post(&services, form(GREETING)).await.unwrap();
    assert_eq!(broken.status(), StatusCode::CREATED);
    broken.text().await.unwrap_err();
}

#[tokio::test]
async fn a_large_upload_is_read_before_it_is_refused() {
    let services = start().await;
    services.script(Service::Pinning, [Scripted::status(503)]);
    let answer = post(&services, form(vec![7; 8 << 20])).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(services.uploads()[0].content.len(), 8 << 20);
}

#[test]
#[should_panic = "the scripted status 100 is not 200 to 599"]
fn a_status_that_ends_no_exchange_cannot_be_scripted() {
    let _ = Scripted::status(100);
}

#[test]
#[should_panic = "the scripted Retry-After \"\\n\" is no header value"]
fn a_retry_after_that_fits_no_header_cannot_be_scripted() {
    let _ = Scripted::status(503).with_retry_after('\n');
}
