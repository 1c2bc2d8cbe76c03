//! A node of one's own making: what it answers is a rule's choice, and all it is asked is kept.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::post,
};
use ogpu_client::{Client, ClientBuilder, RetryPolicy};
use serde_json::{Value, json};

use crate::network::Network;

/// What becomes of a request.
pub(crate) enum Reply {
    /// The node answers it.
    Node,
    /// The node answers it, a batch in reverse order.
    Reversed,
    /// It is answered as by a node that is so many blocks behind.
    Behind(u64),
    /// This is the answer.
    Json(Value),
    /// This status, and this answer.
    Refusal(u16, Value),
    /// This status, and the seconds after which to come again.
    Status(u16, Option<u64>),
}

type Rule = Box<dyn FnMut(&Value) -> Reply + Send>;

struct Shared {
    node: String,
    http: reqwest::Client,
    rule: Mutex<Rule>,
    requests: Mutex<Vec<Value>>,
}

pub(crate) struct Server {
    url: String,
    shared: Arc<Shared>,
    task: tokio::task::AbortHandle,
}

impl Server {
    /// A server in front of the network's node; `rule` sees each request.
    pub(crate) async fn start(
        network: &Network,
        rule: impl FnMut(&Value) -> Reply + Send + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            node: node_url(network).to_owned(),
            http: reqwest::Client::new(),
            rule: Mutex::new(Box::new(rule)),
            requests: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new()
            .route("/", post(answer))
            .with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            url,
            shared,
            task: task.abort_handle(),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Every request so far: a call, or a batch of them.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// How many requests there were since this was last asked.
    pub(crate) fn take_count(&self) -> usize {
        std::mem::take(&mut *self.shared.requests.lock().unwrap()).len()
    }

    /// How often a method was called.
    pub(crate) fn calls_of(&self, method: &str) -> usize {
        let requests = self.requests();
        let calls = requests.iter().flat_map(calls);
        calls.filter(|call| call["method"] == method).count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The calls of a request.
pub(crate) fn calls(request: &Value) -> Vec<&Value> {
    request
        .as_array()
        .map_or_else(|| vec![request], |calls| calls.iter().collect())
}

pub(crate) fn node_url(network: &Network) -> &str {
    network.devnet.chain_spec().rpc_url().expose()
}

/// A client of the network with these endpoints, and pauses that a test can wait for.
pub(crate) fn client_of<'a>(
    network: &Network,
    urls: impl IntoIterator<Item = &'a str>,
    options: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Client {
    network.client_with(|builder| {
        options(builder.rpc_urls(urls).rpc_retry(RetryPolicy {
            tries: 3,
            backoff: std::time::Duration::from_millis(20),
            max_backoff: std::time::Duration::from_secs(5),
        }))
    })
}

async fn answer(State(shared): State<Arc<Shared>>, Json(request): Json<Value>) -> Response {
    shared.requests.lock().unwrap().push(request.clone());
    let reply = (shared.rule.lock().unwrap())(&request);
    match reply {
        Reply::Node => Json(shared.forward(&request).await).into_response(),
        Reply::Reversed => {
            let mut answer = shared.forward(&request).await;
            if let Some(items) = answer.as_array_mut() {
                items.reverse();
            }
            Json(answer).into_response()
        }
        Reply::Behind(blocks) => Json(shared.answer_behind(request, blocks).await).into_response(),
        Reply::Json(answer) => Json(answer).into_response(),
        Reply::Refusal(status, answer) => {
            (StatusCode::from_u16(status).unwrap(), Json(answer)).into_response()
        }
        Reply::Status(status, after) => {
            let status = StatusCode::from_u16(status).unwrap();
            match after {
                Some(seconds) => (status, [(RETRY_AFTER, seconds.to_string())]).into_response(),
                None => status.into_response(),
            }
        }
    }
}

impl Shared {
    async fn forward(&self, request: &Value) -> Value {
        let answer = self
            .http
            .post(&self.node)
            .header("content-type", "application/json")
            .body(request.to_string())
            .send()
            .await
            .unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// Answers from the state of an older block. What is sent is passed on: pools are shared.
    async fn answer_behind(&self, request: Value, blocks: u64) -> Value {
        let asked = json!({ "jsonrpc": "2.0", "id": 0, "method": "eth_blockNumber", "params": [] });
        let newest = number(&self.forward(&asked).await["result"]).unwrap();
        let head = newest.saturating_sub(blocks);
        match request {
            Value::Array(calls) => {
                let mut answers = Vec::new();
                for call in calls {
                    answers.push(self.answer_call_behind(call, head).await);
                }
                Value::Array(answers)
            }
            call => self.answer_call_behind(call, head).await,
        }
    }

    async fn answer_call_behind(&self, mut call: Value, head: u64) -> Value {
        let method = call["method"].as_str().unwrap().to_owned();
        if method == "eth_blockNumber" {
            return json!({ "jsonrpc": "2.0", "id": call["id"], "result": format!("{head:#x}") });
        }
        let place = match method.as_str() {
            "eth_getBlockByNumber" => Some(0),
            "eth_call"
            | "eth_estimateGas"
            | "eth_getBalance"
            | "eth_getCode"
            | "eth_getTransactionCount"
            | "eth_feeHistory" => Some(1),
            _ => None,
        };
        if let Some(place) = place {
            let params = call["params"].as_array_mut().unwrap();
            match params.get(place).and_then(number) {
                Some(block) if block > head => {
                    let error = json!({ "code": -32000, "message": "header not found" });
                    return json!({ "jsonrpc": "2.0", "id": call["id"], "error": error });
                }
                Some(_) => {}
                None if place < params.len() => params[place] = json!(format!("{head:#x}")),
                None => params.push(json!(format!("{head:#x}"))),
            }
        }
        let mut answer = self.forward(&call).await;
        if number(&answer["result"]["blockNumber"]).is_some_and(|block| block > head) {
            answer["result"] = Value::Null;
        }
        answer
    }
}

/// A quantity; `None` for a tag such as `latest`.
pub(crate) fn number(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}
