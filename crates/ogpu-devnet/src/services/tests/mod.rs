//! The services over real sockets.

use std::time::Duration;

use reqwest::multipart::{Form, Part};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use super::{Service, Services, ServicesConfig};

mod gateway;
mod management;
mod pinning;
mod running;
mod scripts;

/// What `ipfs add` makes of [`GREETING`].
const GREETING_CID: &str = "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o";
const GREETING: &[u8] = b"hello world\n";

/// Services whose management knows no confirmed response.
async fn start() -> Services {
    Services::start(ServicesConfig::new(async |_| Ok(None)))
        .await
        .unwrap()
}

fn file(content: impl Into<Vec<u8>>) -> Part {
    Part::bytes(content.into())
        .file_name("greeting.txt")
        .mime_str("text/plain")
        .unwrap()
}

fn form(content: impl Into<Vec<u8>>) -> Form {
    Form::new().part("file", file(content))
}

async fn post(services: &Services, form: Form) -> reqwest::Result<Response> {
    Client::new()
        .post(services.pin_url())
        .multipart(form)
        .send()
        .await
}

async fn get(url: impl AsRef<str>) -> reqwest::Result<Response> {
    Client::new().get(url.as_ref()).send().await
}

/// Expects an answer of this status whose JSON has the reason; answers the reason.
async fn refused(response: Response, status: StatusCode) -> String {
    assert_eq!(response.status(), status);
    let body: Value = response.json().await.unwrap();
    body["error"].as_str().unwrap().to_owned()
}
