//! Errors of JSON-RPC calls.

use std::{fmt, time::Duration};

use ogpu_chain::Endpoint;
use ogpu_contracts::Revert;
use ogpu_types::ChainId;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, value::RawValue};

use crate::{http::HttpError, retry::Advice};

/// A JSON-RPC call that gave no result.
#[derive(Clone, Debug, thiserror::Error)]
#[error("`{method}` failed at {endpoint} (tries: {tries}, elapsed: {elapsed:.1?})")]
#[non_exhaustive]
pub struct RpcError {
    /// The method.
    pub method: String,
    /// The node that was asked; prints without credentials.
    pub endpoint: Endpoint,
    /// How often it was asked.
    pub tries: u32,
    /// From the first try to the last answer.
    pub elapsed: Duration,
    /// What happened on the last try.
    #[source]
    pub cause: RpcCause,
}

impl RpcError {
    /// The error without the transaction that it may repeat, whole or cut off.
    pub(crate) fn without(mut self, raw: &str) -> Self {
        self.cause.rewrite(|text| elide(text, raw));
        self
    }

    /// The node's own error answer, if that is the cause.
    pub fn node_error(&self) -> Option<&NodeError> {
        match &self.cause {
            RpcCause::Node(error) => Some(error),
            _ => None,
        }
    }

    /// The contract's revert, if that is why the node refused the call.
    pub fn revert(&self) -> Option<Revert> {
        self.node_error().and_then(NodeError::revert)
    }

    /// Whether the same call may succeed later, as it is.
    pub fn is_transient(&self) -> bool {
        self.cause.advice() != Advice::Final
    }
}

/// Why a JSON-RPC call gave no result.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RpcCause {
    /// The HTTP exchange failed.
    #[error(transparent)]
    Http(HttpError),
    /// The node answered with an error.
    #[error(transparent)]
    Node(NodeError),
    /// The answer is not what JSON-RPC or the method allows.
    #[error("the answer is malformed: {problem}")]
    Malformed {
        /// What is wrong with it.
        problem: String,
    },
    /// Until the time was up, all answers were older than others before.
    #[error("the endpoint lags: it is at block {head} where block {seen} was seen")]
    Lagging {
        /// The endpoint's newest block.
        head: u64,
        /// The newest block that was seen before.
        seen: u64,
    },
    /// The endpoint serves another chain, so that it was given no transaction.
    #[error("the endpoint does not serve chain {expected}")]
    OtherChain {
        /// The client's chain.
        expected: ChainId,
    },
}

impl RpcCause {
    pub(crate) fn malformed(problem: impl fmt::Display) -> Self {
        Self::Malformed {
            problem: problem.to_string(),
        }
    }

    /// Whether the server says that it is asked too often.
    pub(super) fn is_too_often(&self) -> bool {
        match self {
            Self::Http(error) => error.is_too_often(),
            Self::Node(error) => error.is_too_often(),
            _ => false,
        }
    }

    /// Whether the node does not have the block that it was asked about, though another may.
    pub(super) fn lacks_block(&self) -> bool {
        matches!(self, Self::Node(error) if error.lacks_block())
    }

    /// Rewrites all that came from the server.
    pub(super) fn rewrite(&mut self, rewrite: impl Fn(&str) -> String) {
        if let Some(text) = self.text() {
            *text = rewrite(text);
        }
        if let Self::Node(NodeError {
            data: Some(data), ..
        }) = self
        {
            rewrite_strings(data, &rewrite);
        }
    }

    /// What the server said.
    pub(super) fn text(&mut self) -> Option<&mut String> {
        match self {
            Self::Http(error) => error.text(),
            Self::Node(error) => Some(&mut error.message),
            Self::Malformed { problem } => Some(problem),
            Self::Lagging { .. } | Self::OtherChain { .. } => None,
        }
    }

    pub(crate) fn advice(&self) -> Advice {
        match self {
            Self::Http(error) => error.advice(),
            Self::Node(error) if error.is_passing() => Advice::Retry,
            Self::Node(_) => Advice::Final,
            // A proxy's page in place of the answer: the next one may be the node's own.
            Self::Malformed { .. } | Self::Lagging { .. } => Advice::Retry,
            Self::OtherChain { .. } => Advice::Final,
        }
    }
}

/// The error object of a JSON-RPC answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Deserialize)]
#[error("the node answered with error {code}: {message}")]
#[non_exhaustive]
pub struct NodeError {
    /// The error's number.
    pub code: i64,
    /// The error's text.
    #[serde(default)]
    pub message: String,
    /// What the node adds to it, such as revert data; nothing if it is longer than 64 KiB.
    #[serde(default, deserialize_with = "short_data")]
    pub data: Option<Value>,
}

/// Far more than any revert of the protocol. Each call of a refused batch gets a copy.
const DATA_LIMIT: usize = 64 * 1024;

fn short_data<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    let data = Option::<Box<RawValue>>::deserialize(deserializer)?;
    data.filter(|data| data.get().len() <= DATA_LIMIT)
        .map(|data| serde_json::from_str(data.get()).map_err(serde::de::Error::custom))
        .transpose()
}

/// The code of a revert with data, as most nodes give it.
const REVERT_CODE: i64 = 3;

impl NodeError {
    /// The contract's revert behind this error, if it is one.
    ///
    /// Nodes disagree on where they put it: as a string in `data`, in an object below `data`,
    /// after a word such as `Reverted`, or only as text in the message.
    pub fn revert(&self) -> Option<Revert> {
        let lower = self.message.to_ascii_lowercase();
        let start = lower.find("revert");
        if let Some(data) = self.data.as_ref().and_then(revert_data)
            // No bytes may mean no reason, or nothing at all.
            && (!data.is_empty() || start.is_some() || self.code == REVERT_CODE)
        {
            return Some(Revert::decode(&data));
        }
        let start = start?;
        let text = self.message[start..]
            .split_once(':')
            .map(|(_, reason)| reason.trim())
            .filter(|reason| !reason.is_empty());
        Some(text.map_or(Revert::Empty, |text| Revert::from_text(text.to_owned())))
    }

    /// The bytes that a contract reverted with, where the node passes them on.
    pub(crate) fn revert_bytes(&self) -> Option<Vec<u8>> {
        self.data.as_ref().and_then(revert_data)
    }

    /// Whether the node only could not answer now: it lags, or wants to be asked less often.
    fn is_passing(&self) -> bool {
        self.is_too_often()
            || self.message.to_ascii_lowercase().contains("try again")
            || self.lacks_block()
    }

    fn is_too_often(&self) -> bool {
        ogpu_tx::is_too_often(self.code, &self.message)
    }

    fn lacks_block(&self) -> bool {
        const LACKING: [&str; 4] = [
            "header not found",
            "block not found",
            "unknown block",
            "not found: block",
        ];
        let text = self.message.to_ascii_lowercase();
        LACKING.iter().any(|known| text.contains(known))
            || (text.starts_with("block") && text.ends_with("not found"))
    }
}

fn rewrite_strings(value: &mut Value, rewrite: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = rewrite(text),
        Value::Array(items) => {
            for item in items {
                rewrite_strings(item, rewrite);
            }
        }
        Value::Object(fields) => {
            for field in fields.values_mut() {
                rewrite_strings(field, rewrite);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// How many digits tell a transaction from other text.
const TELLING: std::ops::RangeInclusive<usize> = 8..=32;

/// The text without digits that begin as these do: servers cut what they repeat, as errors do.
fn elide(text: &str, raw: &str) -> String {
    let digits = raw.trim_start_matches("0x").to_ascii_lowercase();
    let start = digits.get(..*TELLING.end()).unwrap_or(&digits);
    if start.len() < *TELLING.start() {
        return text.to_owned();
    }
    let lower = text.to_ascii_lowercase();
    let mut elided = String::with_capacity(text.len());
    let mut done = 0;
    while let Some(at) = lower[done..].find(start) {
        let at = done + at;
        elided.push_str(&text[done..at]);
        elided.push('…');
        done = lower[at..]
            .find(|c: char| !c.is_ascii_hexdigit())
            .map_or(text.len(), |length| at + length);
    }
    elided.push_str(&text[done..]);
    elided
}

/// Revert bytes in an error's `data`, in any of the shapes that nodes use.
fn revert_data(data: &Value) -> Option<Vec<u8>> {
    match data {
        // "0x…", or with a word before it: "Reverted 0x…".
        Value::String(text) => {
            let hex_part = text.split_whitespace().next_back()?.strip_prefix("0x")?;
            hex::decode(hex_part).ok()
        }
        // {"data": "0x…"}, or {"originalError": {"data": "0x…"}}: only under these names, since a
        // transaction hash beside them is hex as well.
        Value::Object(fields) => ["data", "result", "return", "originalError", "error"]
            .iter()
            .filter_map(|name| fields.get(*name))
            .find_map(revert_data),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ogpu_contracts::ReasonWord;
    use serde_json::json;

    /// `Error("NotOwner")`.
    const NOT_OWNER: &str = "0x08c379a0000000000000000000000000000000000000000000000000000000000000002000000000000000000000000000000000000000000000000000000000000000084e6f744f776e6572000000000000000000000000000000000000000000000000";

    fn node_error(message: &str, data: Option<Value>) -> NodeError {
        NodeError {
            code: 3,
            message: message.into(),
            data,
        }
    }

    #[test]
    fn revert_data_is_found_in_every_shape() {
        for data in [
            json!(NOT_OWNER),
            json!(format!("Reverted {NOT_OWNER}")),
            json!({ "data": NOT_OWNER }),
            json!({ "originalError": { "code": 3, "data": NOT_OWNER } }),
            json!({ "txHash": "0x11", "error": { "data": NOT_OWNER } }),
        ] {
            let revert = node_error("VM execution error.", Some(data.clone())).revert();
            let word = revert.and_then(|revert| revert.word());
            assert_eq!(word, Some(ReasonWord::NotOwner), "{data}");
        }
    }

    #[test]
    fn a_reason_in_the_message_alone_is_read() {
        let revert = node_error("execution reverted: NotOwner", None).revert();
        assert_eq!(revert.unwrap().word(), Some(ReasonWord::NotOwner));
        let revert = node_error("execution reverted", None).revert();
        assert_eq!(revert, Some(Revert::Empty));
    }

    #[test]
    fn other_errors_are_no_reverts() {
        let hash = json!({ "txHash": format!("0x{}", "ab".repeat(32)) });
        for (message, data) in [
            ("nonce too low", None),
            ("header not found", None),
            ("something else", Some(hash)),
            ("something else", Some(json!("0x"))),
        ] {
            let error = NodeError {
                code: -32000,
                ..node_error(message, data)
            };
            assert_eq!(error.revert(), None, "{message}");
        }
    }

    #[test]
    fn a_transaction_is_left_out_whole_or_cut_off_wherever_it_is_repeated() {
        let raw = format!("0x02f8{}", "c0de".repeat(400));
        let cut = raw[..900].to_ascii_uppercase().replacen("0X", "0x", 1);
        let mut cause = RpcCause::Node(NodeError {
            code: -32602,
            message: format!("bad transaction {cut}"),
            data: Some(json!({ "request": [{ "params": raw }], "hash": "0x02f8" })),
        });
        cause.rewrite(|text| elide(text, &raw));
        let RpcCause::Node(error) = cause else {
            panic!("another cause");
        };
        assert_eq!(error.message, "bad transaction 0x…");
        let data = json!({ "request": [{ "params": "0x…" }], "hash": "0x02f8" });
        assert_eq!(error.data, Some(data));
        assert_eq!(elide("0x00 is empty", "0x00"), "0x00 is empty");
    }

    #[test]
    fn data_of_endless_length_is_not_kept() {
        let read = |length: usize| -> NodeError {
            let text = format!(r#"{{"code":3,"data":"{}"}}"#, "a".repeat(length));
            serde_json::from_str(&text).unwrap()
        };
        assert!(read(DATA_LIMIT - 2).data.is_some());
        assert!(read(DATA_LIMIT).data.is_none());
        let error: NodeError = serde_json::from_str(r#"{"code":3,"data":null}"#).unwrap();
        assert!(error.data.is_none());
    }

    #[test]
    fn a_lagging_node_is_worth_another_try() {
        for message in [
            "header not found",
            "block 0x1f not found",
            "rate limit exceeded",
        ] {
            let advice = RpcCause::Node(node_error(message, None)).advice();
            assert_eq!(advice, Advice::Retry, "{message}");
        }
        let advice = RpcCause::Node(node_error("execution reverted", None)).advice();
        assert_eq!(advice, Advice::Final);
    }
}
