//! A network under test, and raw JSON-RPC to its doors and to its node.

use std::time::Duration;

use alloy_primitives::{Address, hex, keccak256};
use ogpu_devnet::faults::{Endpoint, FaultPlan};
use ogpu_devnet::{Devnet, Mining};
use ogpu_types::Wei;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::wallet::{CHAIN_ID, FUNDS, Wallet};

pub(crate) const SEND: &str = "eth_sendRawTransaction";
pub(crate) const RECEIPT: &str = "eth_getTransactionReceipt";
pub(crate) const TO: Address = Address::repeat_byte(0x70);

/// Somewhere that JSON-RPC is asked.
pub(crate) struct Rpc {
    pub(crate) url: String,
    http: reqwest::Client,
}

impl Rpc {
    pub(crate) fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            http: reqwest::Client::new(),
        }
    }

    /// Posts JSON, and leaves the answer as it comes.
    pub(crate) async fn post(&self, body: &Value) -> reqwest::Result<Response> {
        self.http
            .post(&self.url)
            .json(body)
            .timeout(Duration::from_secs(20))
            .send()
            .await
    }

    /// The JSON of an answer that is as it should be.
    pub(crate) async fn json(&self, body: &Value) -> Value {
        let answer = self.post(body).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.expect("an answer is JSON")
    }

    pub(crate) async fn whole(&self, method: &str, params: Value) -> Value {
        self.json(&call(1, method, params)).await
    }

    /// The result of a call that must succeed.
    pub(crate) async fn ask(&self, method: &str, params: Value) -> Value {
        let mut answer = self.whole(method, params).await;
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    pub(crate) async fn number(&self, method: &str, params: Value) -> u64 {
        let quantity = self.ask(method, params).await;
        let digits = quantity.as_str().expect("a quantity");
        u64::from_str_radix(digits.trim_start_matches("0x"), 16).expect("hex digits")
    }

    pub(crate) async fn receipt(&self, raw: &[u8]) -> Value {
        self.ask(RECEIPT, json!([keccak256(raw)])).await
    }

    pub(crate) async fn count(&self, wallet: &Wallet, at: &str) -> u64 {
        let params = json!([wallet.address, at]);
        self.number("eth_getTransactionCount", params).await
    }
}

pub(crate) fn call(id: u64, method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

pub(crate) fn sending(id: u64, raw: &[u8]) -> Value {
    call(id, SEND, json!([hex::encode_prefixed(raw)]))
}

/// A network with a funded wallet.
pub(crate) struct Net {
    pub(crate) devnet: Devnet,
    /// The node itself.
    pub(crate) node: Rpc,
    /// The network's door, as its clients find it.
    pub(crate) door: Rpc,
    pub(crate) wallet: Wallet,
}

impl Net {
    pub(crate) async fn start(plan: FaultPlan) -> Self {
        let devnet = Devnet::builder()
            .chain_id(CHAIN_ID)
            .faults(plan)
            .start()
            .await
            .expect("a network");
        let wallet = Wallet::new(1);
        devnet
            .set_balance(
                ogpu_types::Address::new(wallet.address.into()),
                Wei::from_u128(FUNDS),
            )
            .await
            .expect("a funded account");
        Self {
            node: Rpc::at(devnet.node_url()),
            door: Rpc::at(devnet.chain_spec().rpc_url().expose()),
            devnet,
            wallet,
        }
    }

    /// A network that mines on demand.
    pub(crate) async fn manual(plan: FaultPlan) -> Self {
        let net = Self::start(plan).await;
        net.devnet
            .set_mining(Mining::Manual)
            .await
            .expect("mining by hand");
        net
    }

    pub(crate) async fn endpoint(&self, plan: FaultPlan) -> (Endpoint, Rpc) {
        let endpoint = self
            .devnet
            .faults()
            .endpoint(plan)
            .await
            .expect("a free port");
        let rpc = Rpc::at(endpoint.http_url());
        (endpoint, rpc)
    }

    /// Mines transfers of the wallet through the node itself, each in a block of its own.
    pub(crate) async fn transfers(&self, nonces: std::ops::Range<u64>) -> Vec<Vec<u8>> {
        let mut sent = Vec::new();
        for nonce in nonces {
            let raw = self.wallet.transfer(nonce, TO, 5);
            self.node.json(&sending(1, &raw)).await;
            self.devnet.mine().await.expect("a block");
            sent.push(raw);
        }
        sent
    }
}
