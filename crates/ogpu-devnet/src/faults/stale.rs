//! What a node answers that has not yet heard of the latest blocks.

use serde_json::{Value, json};

/// geth's code for whatever has no code of its own.
const SERVER_ERROR: i64 = -32000;

/// A view of the chain that ends with a block before its head.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    head: u64,
}

/// An answer that the node is not asked for.
pub(super) type Own = Result<Value, (i64, String)>;

/// What a method's block parameter selects.
enum Selects {
    /// A state; there is an error without it.
    State,
    /// A block; the result is null without it.
    Block,
    /// The end of a fee history.
    Fees,
}

impl View {
    pub(super) const fn ending_at(head: u64) -> Self {
        Self { head }
    }

    /// Fits a call's parameters to the view, or answers it from what the view is.
    pub(super) fn ask(self, method: &str, params: &mut Value) -> Option<Own> {
        match method {
            "eth_blockNumber" => return Some(Ok(hex(self.head))),
            "eth_getLogs" => return self.narrow_logs(params),
            _ => {}
        }
        let (index, selects) = block_parameter(method)?;
        let params = params.as_array_mut()?;
        if params.len() <= index {
            if params.len() < index || !matches!(selects, Selects::State) {
                return None;
            }
            params.push(Value::Null);
        }
        match number(&params[index]) {
            Named::Latest => params[index] = hex(self.head),
            Named::Number(number) if number > self.head => {
                return Some(match selects {
                    Selects::State => Err((SERVER_ERROR, "header not found".to_owned())),
                    Selects::Block => Ok(Value::Null),
                    Selects::Fees => Err((
                        SERVER_ERROR,
                        format!(
                            "request beyond head block: requested {number}, head {}",
                            self.head
                        ),
                    )),
                });
            }
            Named::Number(_) | Named::Other => {}
        }
        None
    }

    /// Takes out of a result what the view does not have.
    pub(super) fn censor(self, method: &str, result: &mut Value) {
        let place = match method {
            "eth_getBlockByHash" => "number",
            "eth_getTransactionReceipt"
            | "eth_getTransactionByHash"
            | "eth_getTransactionByBlockHashAndIndex" => "blockNumber",
            "eth_getLogs" => {
                if let Some(logs) = result.as_array_mut() {
                    logs.retain(|log| !self.lacks(&log["blockNumber"]));
                }
                return;
            }
            _ => return,
        };
        if self.lacks(&result[place]) {
            *result = Value::Null;
        }
    }

    fn lacks(self, block: &Value) -> bool {
        matches!(number(block), Named::Number(number) if number > self.head)
    }

    fn narrow_logs(self, params: &mut Value) -> Option<Own> {
        let filter = params.get_mut(0)?.as_object_mut()?;
        if filter.contains_key("blockHash") {
            return None;
        }
        for end in ["fromBlock", "toBlock"] {
            let value = filter.entry(end).or_insert(Value::Null);
            match number(value) {
                Named::Latest => *value = hex(self.head),
                Named::Number(number) if number > self.head => {
                    if end == "fromBlock" {
                        return Some(Ok(json!([])));
                    }
                    *value = hex(self.head);
                }
                Named::Number(_) | Named::Other => {}
            }
        }
        None
    }
}

/// Where a method says which block it is about.
fn block_parameter(method: &str) -> Option<(usize, Selects)> {
    Some(match method {
        "eth_call"
        | "eth_estimateGas"
        | "eth_createAccessList"
        | "eth_getBalance"
        | "eth_getCode"
        | "eth_getTransactionCount" => (1, Selects::State),
        "eth_getStorageAt" | "eth_getProof" => (2, Selects::State),
        "eth_feeHistory" => (1, Selects::Fees),
        "eth_getBlockByNumber"
        | "eth_getBlockReceipts"
        | "eth_getBlockTransactionCountByNumber"
        | "eth_getTransactionByBlockNumberAndIndex" => (0, Selects::Block),
        _ => return None,
    })
}

enum Named {
    /// Whatever is the newest.
    Latest,
    Number(u64),
    /// A block's hash, or the first block.
    Other,
}

fn number(block: &Value) -> Named {
    match block {
        Value::Null => Named::Latest,
        Value::String(text) => match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).map_or(Named::Other, Named::Number),
            None if text == "earliest" => Named::Other,
            None => Named::Latest,
        },
        Value::Object(id) => id.get("blockNumber").map_or(Named::Other, number),
        _ => Named::Other,
    }
}

fn hex(number: u64) -> Value {
    json!(format!("{number:#x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: View = View::ending_at(16);

    fn asked(method: &str, mut params: Value) -> Value {
        assert!(VIEW.ask(method, &mut params).is_none());
        params
    }

    #[test]
    fn the_newest_state_is_that_of_the_views_end() {
        for newest in ["latest", "pending", "safe", "finalized"] {
            assert_eq!(
                asked("eth_getTransactionCount", json!(["0xaa", newest])),
                json!(["0xaa", "0x10"])
            );
        }
        assert_eq!(asked("eth_call", json!([{}])), json!([{}, "0x10"]));
        assert_eq!(
            asked("eth_getStorageAt", json!(["0xaa", "0x0"])),
            json!(["0xaa", "0x0", "0x10"])
        );
    }

    #[test]
    fn earlier_blocks_are_asked_for_as_they_are() {
        for earlier in [
            json!("0x10"),
            json!("earliest"),
            json!({"blockHash": "0x11"}),
        ] {
            assert_eq!(
                asked("eth_getBalance", json!(["0xaa", earlier])),
                json!(["0xaa", earlier])
            );
        }
    }

    #[test]
    fn later_blocks_are_not_there() {
        let later = |method, mut params| VIEW.ask(method, &mut params);
        assert_eq!(
            later("eth_getBalance", json!(["0xaa", "0x11"])),
            Some(Err((SERVER_ERROR, "header not found".to_owned())))
        );
        assert_eq!(
            later("eth_getBlockByNumber", json!(["0x11", false])),
            Some(Ok(Value::Null))
        );
        assert_eq!(
            later("eth_getLogs", json!([{"fromBlock": "0x11"}])),
            Some(Ok(json!([])))
        );
        assert!(matches!(
            later("eth_feeHistory", json!(["0x1", "0x11", []])),
            Some(Err(_))
        ));
    }

    #[test]
    fn logs_end_with_the_view() {
        assert_eq!(
            asked(
                "eth_getLogs",
                json!([{"fromBlock": "0x1", "toBlock": "0x20"}])
            ),
            json!([{"fromBlock": "0x1", "toBlock": "0x10"}])
        );
        assert_eq!(
            asked("eth_getLogs", json!([{}])),
            json!([{"fromBlock": "0x10", "toBlock": "0x10"}])
        );
    }

    #[test]
    fn what_is_found_by_hash_in_later_blocks_is_unknown() {
        for (method, place) in [
            ("eth_getTransactionReceipt", "blockNumber"),
            ("eth_getTransactionByHash", "blockNumber"),
            ("eth_getBlockByHash", "number"),
        ] {
            let mut later = json!({ place: "0x11" });
            VIEW.censor(method, &mut later);
            assert_eq!(later, Value::Null);
            let mut there = json!({ place: "0x10" });
            VIEW.censor(method, &mut there);
            assert_eq!(there, json!({ place: "0x10" }));
        }
    }
}
