//! The JSON-RPC 2.0 envelope: requests out, answers in, matched by id.

use std::{collections::HashMap, fmt};

use serde::{
    Deserialize, Deserializer as _, Serialize,
    de::{self, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    Call,
    error::{NodeError, RpcCause},
};

#[derive(Serialize)]
struct Request<'a> {
    jsonrpc: &'static str,
    id: u64,
    method: &'a str,
    params: &'a RawValue,
}

impl<'a> Request<'a> {
    fn new(id: u64, call: &'a Call) -> Self {
        Self {
            jsonrpc: "2.0",
            id,
            method: &call.method,
            params: &call.params,
        }
    }
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(default)]
    id: Option<u64>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<NodeError>,
}

impl Answer<'_> {
    /// A missing `result` reads like `null`, which is a result in its own right.
    fn outcome(self) -> Result<Box<RawValue>, RpcCause> {
        match (self.result, self.error) {
            (_, Some(error)) => Err(RpcCause::Node(error)),
            (Some(result), None) => Ok(result.to_owned()),
            (None, None) => Ok(RawValue::NULL.to_owned()),
        }
    }
}

/// The body of a request for one call.
pub(super) fn single_body(id: u64, call: &Call) -> Vec<u8> {
    encode(&Request::new(id, call))
}

/// The body of a request for several calls; their ids count up from `first_id`.
pub(super) fn batch_body(first_id: u64, calls: &[&Call]) -> Vec<u8> {
    let requests: Vec<_> = (first_id..)
        .zip(calls)
        .map(|(id, call)| Request::new(id, call))
        .collect();
    encode(&requests)
}

fn encode(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("strings, numbers and checked JSON always serialise")
}

/// The answer to one call.
pub(super) fn read_single(body: &[u8], id: u64) -> Result<Box<RawValue>, RpcCause> {
    let answer: Answer<'_> = serde_json::from_slice(body).map_err(RpcCause::malformed)?;
    // An error before the request was understood carries no id.
    let id_is_fine = answer.id == Some(id) || (answer.id.is_none() && answer.error.is_some());
    if !id_is_fine {
        return Err(RpcCause::malformed("it answers another request"));
    }
    answer.outcome()
}

/// Whether a body is a JSON-RPC error, as some nodes send with a status that is not success.
pub(super) fn is_error_answer(body: &[u8]) -> bool {
    serde_json::from_slice::<Answer<'_>>(body).is_ok_and(|answer| answer.error.is_some())
}

/// The answers to a batch, in the order of its calls.
///
/// A server that refuses the batch as a whole answers with one error, alone or in an array, where it
/// may carry the id of the first call: the outer error. Items without an id answer nobody.
pub(super) fn read_batch(
    body: &[u8],
    first_id: u64,
    count: usize,
) -> Result<Vec<Result<Box<RawValue>, RpcCause>>, RpcCause> {
    if let Ok(Answer {
        error: Some(error), ..
    }) = serde_json::from_slice(body)
    {
        return Err(RpcCause::Node(error));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let answers = reader
        .deserialize_seq(AtMost(count))
        .and_then(|answers| reader.end().map(|()| answers))
        .map_err(RpcCause::malformed)?;
    if let [
        Answer {
            error: Some(error), ..
        },
    ] = &answers[..]
        && count > 1
    {
        return Err(RpcCause::Node(error.clone()));
    }
    let mut by_id = HashMap::with_capacity(answers.len());
    for answer in answers {
        if let Some(id) = answer.id
            && by_id.insert(id, answer).is_some()
        {
            return Err(RpcCause::malformed("two items of the batch have one id"));
        }
    }
    Ok((first_id..)
        .take(count)
        .map(|id| {
            by_id
                .remove(&id)
                .ok_or_else(|| RpcCause::malformed("the batch lacks the answer"))?
                .outcome()
        })
        .collect())
}

/// Reads so many answers and no more: a body full of small ones would take many times its size.
struct AtMost(usize);

impl<'de> Visitor<'de> for AtMost {
    type Value = Vec<Answer<'de>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an array of at most {} answers", self.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut answers = Vec::new();
        while let Some(answer) = items.next_element()? {
            if answers.len() == self.0 {
                return Err(de::Error::invalid_length(self.0 + 1, &self));
            }
            answers.push(answer);
        }
        Ok(answers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batch_answers_are_matched_by_id_in_any_order() {
        let body = br#"[{"id":6,"result":"b"},{"id":5,"result":"a"}]"#;
        let answers = read_batch(body, 5, 2).unwrap();
        let texts: Vec<_> = answers.iter().map(|a| a.as_ref().unwrap().get()).collect();
        assert_eq!(texts, [r#""a""#, r#""b""#]);
    }

    #[test]
    fn one_items_error_spoils_no_other() {
        let body = br#"[{"id":1,"error":{"code":3,"message":"no"}},{"id":2,"result":null}]"#;
        let answers = read_batch(body, 1, 3).unwrap();
        assert!(matches!(&answers[0], Err(RpcCause::Node(e)) if e.code == 3));
        assert_eq!(answers[1].as_ref().unwrap().get(), "null");
        assert!(matches!(&answers[2], Err(RpcCause::Malformed { .. })));
    }

    #[test]
    fn more_answers_than_calls_are_refused() {
        let body = format!("[{}]", vec!["{}"; 1_000].join(","));
        assert!(matches!(
            read_batch(body.as_bytes(), 1, 2),
            Err(RpcCause::Malformed { problem }) if problem.contains("at most 2")
        ));
    }

    #[test]
    fn a_refused_batch_is_one_error() {
        for id in ["null", "1"] {
            let error = format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32600,"message":"too big"}}}}"#
            );
            for body in [format!("[{error}]"), error] {
                let refusal = read_batch(body.as_bytes(), 1, 2);
                assert!(
                    matches!(&refusal, Err(RpcCause::Node(e)) if e.code == -32600),
                    "{body}: {refusal:?}"
                );
            }
        }
    }

    #[test]
    fn an_item_without_an_id_spoils_no_other() {
        let body = br#"[{"id":1,"result":"a"},{"id":null,"error":{"code":1,"message":"no"}}]"#;
        let answers = read_batch(body, 1, 2).unwrap();
        assert_eq!(answers[0].as_ref().unwrap().get(), r#""a""#);
        assert!(matches!(&answers[1], Err(RpcCause::Malformed { .. })));
    }

    #[test]
    fn two_answers_to_one_call_are_refused() {
        let body = br#"[{"id":1,"result":"a"},{"id":1,"result":"b"}]"#;
        assert!(matches!(
            read_batch(body, 1, 2),
            Err(RpcCause::Malformed { .. })
        ));
    }

    #[test]
    fn an_answer_to_another_request_is_refused() {
        let body = br#"{"jsonrpc":"2.0","id":7,"result":"0x1"}"#;
        assert!(read_single(body, 7).is_ok());
        assert!(matches!(
            read_single(body, 8),
            Err(RpcCause::Malformed { .. })
        ));
        assert!(matches!(
            read_batch(b"<html>", 1, 1),
            Err(RpcCause::Malformed { .. })
        ));
    }
}
