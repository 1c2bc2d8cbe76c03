//! A node that answers single calls as a rule says, and the others truly.

use std::sync::{Arc, Mutex};

use axum::{Json, Router, extract::State, routing::post};
use ogpu_client::Client;
use serde_json::{Value, json};

use crate::network::Network;

/// The `result` or `error` member of an answer; `None` leaves the call to the node.
type Rule = Box<dyn FnMut(&Value) -> Option<Value> + Send>;

/// Changes the node's true answer to a call.
type Edit = Box<dyn FnMut(&Value, &mut Value) + Send>;

struct Tapped {
    node: String,
    http: reqwest::Client,
    rule: Mutex<Rule>,
    edit: Mutex<Edit>,
}

/// It closes when this is dropped.
pub(crate) struct Tap {
    pub(crate) url: String,
    server: tokio::task::AbortHandle,
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// `{"result": ..}` as an answer.
pub(crate) fn result(result: impl Into<Value>) -> Option<Value> {
    Some(json!({ "result": result.into() }))
}

/// `{"error": ..}` as an answer.
pub(crate) fn error(code: i64, message: &str) -> Option<Value> {
    Some(json!({ "error": { "code": code, "message": message } }))
}

impl Tap {
    /// The network's node, and a rule that sees each call before it.
    pub(crate) async fn start(
        network: &Network,
        rule: impl FnMut(&Value) -> Option<Value> + Send + 'static,
    ) -> Self {
        Self::editing(network, rule, |_, _| ()).await
    }

    /// The same, where what the node answers truly is changed on its way.
    pub(crate) async fn editing(
        network: &Network,
        rule: impl FnMut(&Value) -> Option<Value> + Send + 'static,
        edit: impl FnMut(&Value, &mut Value) + Send + 'static,
    ) -> Self {
        let tapped = Arc::new(Tapped {
            node: network.devnet.node_url(),
            http: reqwest::Client::new(),
            rule: Mutex::new(Box::new(rule)),
            edit: Mutex::new(Box::new(edit)),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().route("/", post(answer)).with_state(tapped);
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            url,
            server: server.abort_handle(),
        }
    }

    pub(crate) fn client(&self, network: &Network) -> Client {
        network.client_with(|builder| builder.rpc_url(&self.url))
    }
}

async fn answer(State(tapped): State<Arc<Tapped>>, Json(request): Json<Value>) -> Json<Value> {
    let Value::Array(calls) = request else {
        return Json(tapped.answer(request).await);
    };
    let mut answers = Vec::new();
    for call in calls {
        answers.push(tapped.answer(call).await);
    }
    Json(Value::Array(answers))
}

impl Tapped {
    async fn answer(&self, call: Value) -> Value {
        let ruled = (self.rule.lock().unwrap())(&call);
        if let Some(mut answer) = ruled {
            answer["jsonrpc"] = json!("2.0");
            answer["id"] = call["id"].clone();
            return answer;
        }
        let asked = self.http.post(&self.node);
        let asked = asked.header("content-type", "application/json");
        let answer = asked.body(call.to_string()).send().await.unwrap();
        let mut answer = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        (self.edit.lock().unwrap())(&call, &mut answer);
        answer
    }
}
