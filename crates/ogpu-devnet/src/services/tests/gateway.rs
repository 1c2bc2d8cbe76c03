use super::*;

#[tokio::test]
async fn content_put_in_process_is_served_with_its_type() {
    let services = start().await;
    let store = services.store();
    let link = store.put(*b"{\"a\":1}", "application/json");
    let served = get(&link).await.unwrap();
    assert_eq!(served.headers()["content-type"], "application/json");
    assert_eq!(served.json::<Value>().await.unwrap(), json!({ "a": 1 }));
    assert_eq!(services.requests(Service::Gateway), 1);
}

#[tokio::test]
async fn content_is_read_in_process_by_cid_and_by_link() {
    let services = start().await;
    let link = services.put(GREETING, "text/plain");
    assert_eq!(services.content(&link).unwrap(), GREETING);
    assert_eq!(services.content(GREETING_CID).unwrap(), GREETING);
    let elsewhere = format!("https://gateway.example/ipfs/{GREETING_CID}");
    assert_eq!(services.store().content(&elsewhere).unwrap(), GREETING);
    assert_eq!(services.content("QmNothing"), None);
}

#[tokio::test]
async fn a_head_request_is_answered_without_the_content() {
    let services = start().await;
    let link = services.put(GREETING, "text/plain");
    let answer = Client::new().head(link).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/plain");
    assert_eq!(answer.headers()["content-length"], "12");
    assert!(answer.bytes().await.unwrap().is_empty());
    assert_eq!(services.requests(Service::Gateway), 1);
}

#[tokio::test]
async fn what_is_not_pinned_is_not_found() {
    let services = start().await;
    for path in [GREETING_CID, "x", "%ff"] {
        let answer = get(format!("{}/{path}", services.gateway_url()))
            .await
            .unwrap();
        refused(answer, StatusCode::NOT_FOUND).await;
    }
    let head = Client::new()
        .head(format!("{}/{GREETING_CID}", services.gateway_url()))
        .send()
        .await
        .unwrap();
    assert_eq!(head.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_type_that_fits_no_header_is_served_as_plain_bytes() {
    let services = start().await;
    let link = services.put(GREETING, "text/\nplain");
    let served = get(&link).await.unwrap();
    assert_eq!(served.headers()["content-type"], "application/octet-stream");
}
