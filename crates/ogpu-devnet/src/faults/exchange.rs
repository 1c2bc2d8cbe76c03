//! The JSON-RPC of one HTTP request: its calls, and the faults of their answers.

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::response::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use ethers_core::utils::keccak256;
use ogpu_types::{HexBytes, TxHash};
use serde_json::{Value, json};

use super::SEND;
use super::decide::Verdict;
use super::fault::Fault;
use super::node::Upstream;
use super::stale::View;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// geth's code for a batch that is too large.
const INVALID_REQUEST: i64 = -32600;

/// The calls of one request.
#[derive(Debug)]
pub(super) struct Calls {
    calls: Vec<Value>,
    batch: bool,
}

impl Calls {
    /// Reads a body; none if it is no JSON-RPC.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let (calls, batch) = match serde_json::from_slice(body).ok()? {
            Value::Array(calls) => (calls, true),
            call => (vec![call], false),
        };
        let all_name_a_method =
            !calls.is_empty() && calls.iter().all(|call| call["method"].is_string());
        all_name_a_method.then_some(Self { calls, batch })
    }

    pub(super) fn methods(&self) -> Vec<&str> {
        self.calls.iter().map(method).collect()
    }

    /// The hashes of the transactions that are offered.
    pub(super) fn transactions(&self) -> Vec<TxHash> {
        self.calls.iter().filter_map(offered).collect()
    }

    /// What the node and the faults of the calls make of the request. `body` is what it was read
    /// from, to be forwarded untouched where nothing is to be changed.
    pub(super) async fn answered(
        mut self,
        body: Bytes,
        upstream: &Upstream,
        verdict: &Verdict,
    ) -> Result<(Parts, Bytes), BoxError> {
        if let Some(Fault::BatchLimit(most)) = verdict.exchange {
            let message = format!("batch too large: {} calls, limit {most}", self.calls.len());
            return Ok(made(&failure(&Value::Null, INVALID_REQUEST, &message)));
        }
        if verdict.calls.is_empty() && verdict.stale.is_none() && verdict.order.is_none() {
            return upstream.post(body).await;
        }
        let view = match verdict.stale {
            Some(blocks) => Some(View::ending_at(
                head(upstream).await?.saturating_sub(blocks),
            )),
            None => None,
        };
        let mut own: Vec<Option<Value>> = Vec::with_capacity(self.calls.len());
        for (index, call) in self.calls.iter_mut().enumerate() {
            own.push(instead(call, fault_of(verdict, index, call), view));
        }
        let forwarded: Vec<&Value> = self
            .calls
            .iter()
            .zip(&own)
            .filter(|(_, own)| own.is_none())
            .map(|(call, _)| call)
            .collect();
        let (head, mut answers) = self.forward(&forwarded, upstream).await?;
        if let Err(whole) = &answers {
            // The node refused the request as a whole.
            return Ok((head, Bytes::from(whole.to_string())));
        }

        let mut all = Vec::with_capacity(self.calls.len());
        for (index, (call, own)) in self.calls.iter().zip(own).enumerate() {
            let answer = match own {
                Some(own) => Some(own),
                None => answers
                    .as_mut()
                    .ok()
                    .and_then(|answers| take(answers, &call["id"])),
            };
            // A notification has none.
            if let Some(mut answer) = answer {
                alter(call, fault_of(verdict, index, call), view, &mut answer);
                all.push(answer);
            }
        }
        if let Some(mut dice) = verdict.order.clone() {
            dice.shuffle(&mut all);
        }
        let shown = match (self.batch, all.pop()) {
            (false, Some(answer)) => answer.to_string(),
            (false, None) => String::new(),
            (true, last) => Value::from_iter(all.into_iter().chain(last)).to_string(),
        };
        Ok((head, Bytes::from(shown)))
    }

    /// Has the node answer those calls; its answers, or what it said in place of a list of them.
    async fn forward(
        &self,
        calls: &[&Value],
        upstream: &Upstream,
    ) -> Result<(Parts, Result<Vec<Value>, Value>), BoxError> {
        let body = match (self.batch, calls) {
            (_, []) => return Ok((made(&Value::Null).0, Ok(Vec::new()))),
            (false, [call, ..]) => call.to_string(),
            (true, calls) => json!(calls).to_string(),
        };
        let (head, body) = upstream.post(Bytes::from(body)).await?;
        let answers = match serde_json::from_slice(&body).unwrap_or_default() {
            Value::Array(answers) => Ok(answers),
            // Nothing but notifications were sent.
            Value::Null => Ok(Vec::new()),
            answer if self.batch => Err(answer),
            answer => Ok(vec![answer]),
        };
        Ok((head, answers))
    }
}

/// The fault of a call's answer; a notification has no answer that could have one.
fn fault_of<'a>(verdict: &'a Verdict, index: usize, call: &Value) -> Option<&'a Fault> {
    verdict
        .calls
        .get(index)?
        .as_ref()
        .filter(|_| call.get("id").is_some())
}

fn method(call: &Value) -> &str {
    call["method"].as_str().unwrap_or_default()
}

/// The hash of the transaction that a call offers, if it does.
fn offered(call: &Value) -> Option<TxHash> {
    if method(call) != SEND {
        return None;
    }
    let raw: HexBytes = call["params"][0].as_str()?.parse().ok()?;
    Some(TxHash::new(keccak256(raw)))
}

/// The answer to a call that is not forwarded. A call that is, is fitted to the view.
fn instead(call: &mut Value, fault: Option<&Fault>, view: Option<View>) -> Option<Value> {
    let id = call["id"].clone();
    match fault {
        Some(Fault::RpcError {
            code,
            message,
            forwarded: false,
        }) => return Some(failure(&id, *code, message)),
        Some(Fault::TransactionForgotten) => {
            if let Some(hash) = offered(call) {
                return Some(success(&id, json!(hash)));
            }
        }
        _ => {}
    }
    let method = method(call).to_owned();
    let params = call.as_object_mut()?.entry("params").or_insert(json!([]));
    Some(match view?.ask(&method, params)? {
        Ok(result) => success(&id, result),
        Err((code, message)) => failure(&id, code, &message),
    })
}

/// Does to an answer what the call's fault and the view say.
fn alter(call: &Value, fault: Option<&Fault>, view: Option<View>, answer: &mut Value) {
    if let (Some(view), Some(result)) = (view, answer.get_mut("result")) {
        view.censor(method(call), result);
    }
    match fault {
        Some(Fault::WrongId) => answer["id"] = wrong(&call["id"]),
        Some(Fault::NullResult) => *answer = success(&call["id"], Value::Null),
        Some(Fault::RpcError { code, message, .. }) => {
            *answer = failure(&call["id"], *code, message);
        }
        _ => {}
    }
}

/// An id of the same kind that no client is likely to use.
fn wrong(id: &Value) -> Value {
    match id.as_u64() {
        Some(id) => json!(id.wrapping_add(1 << 40)),
        None => json!("nobody's id"),
    }
}

/// Takes the first answer with that id out.
fn take(answers: &mut Vec<Value>, id: &Value) -> Option<Value> {
    let position = answers.iter().position(|answer| answer["id"] == *id)?;
    Some(answers.remove(position))
}

fn success(id: &Value, result: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

fn failure(id: &Value, code: i64, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}

/// An answer of the door's own.
fn made(answer: &Value) -> (Parts, Bytes) {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::OK;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (response.into_parts().0, Bytes::from(answer.to_string()))
}

/// The number of the node's latest block.
async fn head(upstream: &Upstream) -> Result<u64, BoxError> {
    let question = json!({ "jsonrpc": "2.0", "id": 0, "method": "eth_blockNumber", "params": [] });
    let (_, body) = upstream.post(Bytes::from(question.to_string())).await?;
    let answer: Value = serde_json::from_slice(&body)?;
    let digits = answer["result"].as_str().unwrap_or_default();
    Ok(u64::from_str_radix(digits.trim_start_matches("0x"), 16)?)
}
