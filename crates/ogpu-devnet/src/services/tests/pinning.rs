use super::*;
use crate::services::MAX_CONTENT_BYTES;

#[tokio::test]
async fn an_upload_is_answered_with_the_link_that_serves_it() {
    let services = start().await;
    let answer = post(&services, form(GREETING)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    let body: Value = answer.json().await.unwrap();
    let link = format!("{}/{GREETING_CID}", services.gateway_url());
    assert_eq!(body, json!({ "link": link }));

    let served = get(&link).await.unwrap();
    assert_eq!(served.status(), StatusCode::OK);
    assert_eq!(served.headers()["content-type"], "text/plain");
    assert_eq!(served.bytes().await.unwrap(), GREETING);
}

#[tokio::test]
async fn the_same_content_has_the_same_link() {
    let services = start().await;
    let first: Value = json_of(&services, GREETING).await;
    assert_eq!(json_of(&services, GREETING).await, first);
    assert_ne!(json_of(&services, b"other").await, first);
    assert_eq!(
        services.put(GREETING, "text/plain"),
        first["link"].as_str().unwrap()
    );
}

async fn json_of(services: &Services, content: &[u8]) -> Value {
    let answer = post(services, form(content)).await.unwrap();
    answer.json().await.unwrap()
}

#[tokio::test]
async fn uploads_are_kept_in_their_order_with_name_and_type() {
    let services = start().await;
    post(&services, form(GREETING)).await.unwrap();
    let config = Part::text("{}")
        .file_name("taskConfig.json")
        .mime_str("application/json")
        .unwrap();
    post(&services, Form::new().part("file", config))
        .await
        .unwrap();

    let uploads = services.uploads();
    let told: Vec<_> = uploads
        .iter()
        .map(|upload| {
            (
                upload.file_name.as_str(),
                upload.content_type.as_str(),
                upload.content.as_slice(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("greeting.txt", "text/plain", GREETING),
            ("taskConfig.json", "application/json", b"{}"),
        ]
    );
    assert_eq!(services.requests(Service::Pinning), 2);
}

#[tokio::test]
async fn a_form_other_than_one_complete_file_is_refused() {
    let services = start().await;
    let unnamed = Part::bytes(GREETING).mime_str("text/plain").unwrap();
    let untyped = Part::bytes(GREETING).file_name("greeting.txt");
    for (form, reason) in [
        (
            Form::new().part("upload", file(GREETING)),
            "the form's part is named `upload`; name it `file`",
        ),
        (
            form(GREETING).part("file", file("more")),
            "the form has several parts; send only one, named `file`",
        ),
        (
            form(GREETING).text("comment", "hello"),
            "the form has several parts; send only one, named `file`",
        ),
        (
            Form::new().part("file", unnamed),
            "the part `file` has no file name",
        ),
        (
            Form::new().part("file", untyped),
            "the part `file` has no content type",
        ),
    ] {
        let answer = post(&services, form).await.unwrap();
        assert_eq!(refused(answer, StatusCode::BAD_REQUEST).await, reason);
    }
    assert_eq!(services.uploads(), []);
    assert_eq!(services.content(GREETING_CID), None);
}

#[tokio::test]
async fn a_body_that_is_no_form_or_an_empty_one_is_refused() {
    let services = start().await;
    let form = "multipart/form-data; boundary=x";
    for (content_type, body, reason) in [
        (
            "application/json",
            "{}",
            "the request is no multipart form: ",
        ),
        (form, "{}", "the form is malformed: "),
        (
            form,
            "--x--\r\n",
            "the form has no part; send one named `file`",
        ),
    ] {
        let answer = Client::new()
            .post(services.pin_url())
            .header("content-type", content_type)
            .body(body)
            .send()
            .await
            .unwrap();
        let told = refused(answer, StatusCode::BAD_REQUEST).await;
        assert!(told.starts_with(reason), "{told}");
    }
}

#[tokio::test]
async fn content_up_to_the_limit_is_pinned_and_more_is_refused() {
    let services = start().await;
    let answer = post(&services, form(vec![0; MAX_CONTENT_BYTES]))
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    let answer = post(&services, form(vec![0; MAX_CONTENT_BYTES + 1]))
        .await
        .unwrap();
    assert_eq!(
        refused(answer, StatusCode::BAD_REQUEST).await,
        "the content is larger than 67108864 bytes"
    );
}
