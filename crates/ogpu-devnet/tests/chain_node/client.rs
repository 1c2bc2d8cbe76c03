//! A node under test, and raw JSON-RPC to it.

use alloy_primitives::{Address, hex};
use ogpu_devnet::Mining;
use ogpu_devnet::node::{Node, NodeConfig};
use ogpu_types::Wei;
use serde_json::{Value, json};

use crate::programs::deployment;
use crate::wallet::{CHAIN_ID, FUNDS, Wallet};

/// An error object of the RPC.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Failure {
    pub(crate) code: i64,
    pub(crate) message: String,
    pub(crate) data: Option<Value>,
}

/// A running node and an HTTP client.
pub(crate) struct Chain {
    pub(crate) node: Node,
    http: reqwest::Client,
    url: String,
}

/// The settings of most tests: wallets 1 to 3 own [`FUNDS`].
pub(crate) fn settings(mining: Mining) -> NodeConfig {
    let rich = |number| {
        (
            ogpu_types::Address::new(Wallet::new(number).address.into()),
            Wei::from_u128(FUNDS),
        )
    };
    NodeConfig {
        chain_id: CHAIN_ID,
        accounts: (1..=3).map(rich).collect(),
        mining,
        ..NodeConfig::default()
    }
}

impl Chain {
    pub(crate) async fn start(config: NodeConfig) -> Self {
        let node = Node::start(config).await.expect("a free port");
        Self {
            http: reqwest::Client::new(),
            url: node.http_url(),
            node,
        }
    }

    pub(crate) async fn instant() -> Self {
        Self::start(settings(Mining::Instant)).await
    }

    pub(crate) async fn manual() -> Self {
        Self::start(settings(Mining::Manual)).await
    }

    /// Sends this JSON, whatever it is, and answers what came back.
    pub(crate) async fn post(&self, body: &Value) -> Value {
        let answer = self
            .http
            .post(&self.url)
            .json(body)
            .send()
            .await
            .expect("the node answers");
        answer.json().await.expect("an answer is JSON")
    }

    pub(crate) async fn request(&self, method: &str, params: Value) -> Result<Value, Failure> {
        let mut answer = self
            .post(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
            .await;
        match answer.get_mut("error") {
            Some(error) => Err(serde_json::from_value(error.take()).expect("an error object")),
            None => Ok(answer["result"].take()),
        }
    }

    /// The result of a call that must succeed.
    pub(crate) async fn ask(&self, method: &str, params: Value) -> Value {
        self.request(method, params)
            .await
            .unwrap_or_else(|failure| panic!("{method}: {failure:?}"))
    }

    /// The number that a call answers.
    pub(crate) async fn number(&self, method: &str, params: Value) -> u128 {
        number(&self.ask(method, params).await)
    }

    /// The error of a call that must fail.
    pub(crate) async fn fail(&self, method: &str, params: Value) -> Failure {
        match self.request(method, params).await {
            Ok(result) => panic!("{method} answered {result}"),
            Err(failure) => failure,
        }
    }

    /// Sends a signed transaction; answers its hash.
    pub(crate) async fn send(&self, raw: Vec<u8>) -> Value {
        self.ask("eth_sendRawTransaction", json!([hex::encode_prefixed(raw)]))
            .await
    }

    /// The message of the error that sending a signed transaction answers.
    pub(crate) async fn refusal(&self, raw: Vec<u8>) -> String {
        let failure = self
            .fail("eth_sendRawTransaction", json!([hex::encode_prefixed(raw)]))
            .await;
        assert_eq!(failure.code, -32000);
        failure.message
    }

    pub(crate) async fn receipt(&self, hash: &Value) -> Value {
        self.ask("eth_getTransactionReceipt", json!([hash])).await
    }

    /// Creates a contract as wallet 1 on a chain with instant mining.
    pub(crate) async fn deploy(&self, nonce: u64, runtime: &[u8]) -> Address {
        let hash = self
            .send(Wallet::new(1).sign(deployment(nonce, runtime)))
            .await;
        let receipt = self.receipt(&hash).await;
        serde_json::from_value(receipt["contractAddress"].clone())
            .expect("the contract was created")
    }

    pub(crate) async fn block(&self, id: &str) -> Value {
        self.ask("eth_getBlockByNumber", json!([id, false])).await
    }

    pub(crate) async fn height(&self) -> u128 {
        self.number("eth_blockNumber", json!([])).await
    }

    pub(crate) async fn balance(&self, address: Address, id: &str) -> u128 {
        self.number("eth_getBalance", json!([address, id])).await
    }

    pub(crate) async fn mine(&self) {
        self.ask("evm_mine", json!([])).await;
    }
}

/// The number that a quantity of the RPC stands for.
pub(crate) fn number(quantity: &Value) -> u128 {
    let digits = quantity
        .as_str()
        .and_then(|text| text.strip_prefix("0x"))
        .unwrap_or_else(|| panic!("{quantity} is no quantity"));
    assert!(
        digits == "0" || !digits.starts_with('0'),
        "{quantity} has leading zeros"
    );
    u128::from_str_radix(digits, 16).expect("hex digits")
}

/// The word of that index in ABI-encoded data.
pub(crate) fn word(data: &Value, index: usize) -> String {
    let digits = data
        .as_str()
        .and_then(|text| text.strip_prefix("0x"))
        .expect("hex data");
    format!("0x{}", &digits[index * 64..(index + 1) * 64])
}
