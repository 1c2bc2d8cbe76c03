//! A method with its parameters, and what the transport has to know about it.

use serde::{Deserialize, Serialize};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};

use super::error::{RpcCause, RpcError};

/// Offers a signed transaction.
pub(super) const SEND_RAW: &str = "eth_sendRawTransaction";

/// What only reads, besides `eth_get…`.
const READS: [&str; 16] = [
    "eth_accounts",
    "eth_blobBaseFee",
    "eth_blockNumber",
    "eth_call",
    "eth_chainId",
    "eth_createAccessList",
    "eth_estimateGas",
    "eth_feeHistory",
    "eth_gasPrice",
    "eth_maxPriorityFeePerGas",
    "eth_simulateV1",
    "eth_syncing",
    "net_listening",
    "net_version",
    "web3_clientVersion",
    "web3_sha3",
];

/// A method with its parameters, not sent yet.
#[derive(Clone)]
pub(crate) struct Call {
    pub(super) method: String,
    pub(super) params: Box<RawValue>,
}

/// What a node gives for each call.
pub(crate) type Answer = Result<Box<RawValue>, RpcError>;

/// How the transport may treat a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It changes nothing: any node may be asked, any number of times.
    Read,
    /// A signed transaction: any node may be given it, once.
    Offer,
    /// It may change something, or refers to what one node remembers.
    Other,
}

impl Call {
    /// A call with parameters that are JSON already.
    pub(crate) fn new(method: &str, params: &Value) -> Self {
        Self {
            method: method.to_owned(),
            params: to_raw_value(params).expect("a JSON value always has a JSON text"),
        }
    }

    pub(super) fn with_params(method: &str, params: impl Serialize) -> Result<Self, RpcCause> {
        Ok(Self {
            method: method.to_owned(),
            params: to_raw_value(&params).map_err(|e| {
                RpcCause::malformed(format_args!("cannot write the parameters: {e}"))
            })?,
        })
    }

    /// The node's newest block, without its transactions.
    pub(super) fn head() -> Self {
        Self::new("eth_getBlockByNumber", &json!(["latest", false]))
    }

    pub(super) fn chain_id() -> Self {
        Self::new("eth_chainId", &json!([]))
    }

    /// A method that is not known to only read may do anything: it is sent once.
    pub(super) fn kind(&self) -> Kind {
        let method = self.method.as_str();
        let gets = method.starts_with("eth_get") && !method.contains("Filter");
        if method == SEND_RAW {
            Kind::Offer
        } else if gets || READS.contains(&method) {
            Kind::Read
        } else {
            Kind::Other
        }
    }

    /// The signed transaction that it offers, if it does.
    pub(super) fn raw_transaction(&self) -> Option<String> {
        if self.kind() != Kind::Offer {
            return None;
        }
        let [raw] = serde_json::from_str(self.params.get()).ok()?;
        raw
    }

    /// Whether the answer depends on which block the node takes for the newest.
    pub(super) fn reads_head(&self) -> bool {
        let place = match self.method.as_str() {
            "eth_blockNumber" => return true,
            "eth_getLogs" => return self.reads_logs_up_to_head(),
            "eth_getBlockByNumber"
            | "eth_getBlockReceipts"
            | "eth_getBlockTransactionCountByNumber"
            | "eth_getTransactionByBlockNumberAndIndex" => 0,
            "eth_call"
            | "eth_createAccessList"
            | "eth_estimateGas"
            | "eth_feeHistory"
            | "eth_getBalance"
            | "eth_getCode"
            | "eth_getTransactionCount"
            | "eth_simulateV1" => 1,
            "eth_getProof" | "eth_getStorageAt" => 2,
            _ => return false,
        };
        self.places()
            .is_some_and(|places| places.get(place).is_none_or(|block| is_head(block)))
    }

    /// Whether the answer is `null` as long as the node does not have what is looked for.
    pub(super) fn looks_for_something(&self) -> bool {
        matches!(
            self.method.as_str(),
            "eth_getBlockByHash" | "eth_getTransactionByHash" | "eth_getTransactionReceipt"
        )
    }

    /// Whether the answer names the node's newest block.
    pub(super) fn tells_head(&self) -> bool {
        self.method == "eth_blockNumber"
            || (self.method == "eth_getBlockByNumber"
                && self
                    .places()
                    .is_some_and(|places| places.first().is_some_and(|b| b.get() == LATEST)))
    }

    /// The parameters, when they are given by their places.
    fn places(&self) -> Option<Vec<&RawValue>> {
        serde_json::from_str(self.params.get()).ok()
    }

    fn reads_logs_up_to_head(&self) -> bool {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Range<'a> {
            #[serde(borrow, default)]
            to_block: Option<&'a RawValue>,
            #[serde(borrow, default)]
            block_hash: Option<&'a RawValue>,
        }
        serde_json::from_str::<[Range<'_>; 1]>(self.params.get())
            .is_ok_and(|[range]| range.block_hash.is_none() && range.to_block.is_none_or(is_head))
    }
}

const LATEST: &str = r#""latest""#;

fn is_head(block: &RawValue) -> bool {
    [LATEST, r#""pending""#, "null"].contains(&block.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(method: &str, params: Value) -> Call {
        Call::new(method, &params)
    }

    #[test]
    fn only_reading_methods_are_repeated() {
        for method in [
            "eth_call",
            "eth_getLogs",
            "eth_getTransactionReceipt",
            "eth_estimateGas",
            "net_version",
        ] {
            assert_eq!(call(method, json!([])).kind(), Kind::Read, "{method}");
        }
        assert_eq!(call(SEND_RAW, json!(["0x"])).kind(), Kind::Offer);
        for method in [
            "eth_sendTransaction",
            "eth_signTransaction",
            "eth_newFilter",
            "eth_getFilterChanges",
            "evm_mine",
            "evm_increaseTime",
            "anvil_setBalance",
            // Nobody knows what they do.
            "eth_cancelPrivateTransaction",
            "eth_submitWork",
            "eth_unheardOf",
            "net_unheardOf",
        ] {
            assert_eq!(call(method, json!([])).kind(), Kind::Other, "{method}");
        }
    }

    #[test]
    fn a_read_of_the_head_is_told_from_one_of_a_given_block() {
        for (method, params) in [
            ("eth_call", json!([{}, "latest"])),
            ("eth_call", json!([{}])),
            ("eth_estimateGas", json!([{}])),
            ("eth_getBalance", json!(["0x", "pending"])),
            ("eth_getStorageAt", json!(["0x", "0x0", null])),
            ("eth_getBlockByNumber", json!(["latest", false])),
            ("eth_getBlockReceipts", json!(["latest"])),
            ("eth_blockNumber", json!([])),
            ("eth_getLogs", json!([{ "fromBlock": "0x1" }])),
            ("eth_getLogs", json!([{ "toBlock": "latest" }])),
        ] {
            assert!(
                call(method, params.clone()).reads_head(),
                "{method} {params}"
            );
        }
        for (method, params) in [
            ("eth_call", json!([{}, "0x10"])),
            ("eth_call", json!([{}, { "blockHash": "0x10" }])),
            ("eth_getBlockByNumber", json!(["0x10", false])),
            ("eth_getLogs", json!([{ "toBlock": "0x10" }])),
            ("eth_getLogs", json!([{ "blockHash": "0x10" }])),
            ("eth_getTransactionReceipt", json!(["0x10"])),
            ("eth_chainId", json!([])),
        ] {
            assert!(
                !call(method, params.clone()).reads_head(),
                "{method} {params}"
            );
        }
    }

    #[test]
    fn the_newest_block_is_told_by_its_number_or_itself() {
        assert!(Call::head().tells_head());
        assert!(call("eth_blockNumber", json!([])).tells_head());
        assert!(!call("eth_getBlockByNumber", json!(["pending", false])).tells_head());
        assert!(!call("eth_call", json!([{}, "latest"])).tells_head());
    }
}
