//! What the chain itself says about an account: no SDK's word counts.

use std::collections::HashSet;

use ogpu_client::{Client, Error, IdempotencyKey, Receipt, TxError, TxHash, Wei, Write};
use ogpu_devnet::faults::FaultLog;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::network::{Network, eventually};

pub(crate) const SEND: &str = "eth_sendRawTransaction";
pub(crate) const RECEIPT: &str = "eth_getTransactionReceipt";
pub(crate) const COUNT: &str = "eth_getTransactionCount";

impl Network {
    /// The account's transactions at a block, as the node itself counts them.
    pub(crate) async fn count(&self, block: &str) -> u64 {
        let params = (self.account.address(), block);
        let count: String = self.client.rpc().call(COUNT, params).await.unwrap();
        quantity(&count)
    }

    pub(crate) async fn mined(&self) -> u64 {
        self.count("latest").await
    }

    /// Waits until so many of the account's transactions are waiting to be mined.
    pub(crate) async fn waiting(&self, transactions: u64) {
        eventually("the transactions in the pool", || async {
            let waiting = self.count("pending").await - self.mined().await;
            (waiting == transactions).then_some(())
        })
        .await;
    }

    /// A write whose effects can be counted: one wei in the vault for each.
    pub(crate) fn one_wei(&self, client: &Client) -> Write<Receipt> {
        client
            .vault()
            .deposit(self.account.address(), Wei::from(1_u64), &self.account)
    }

    /// [`one_wei`](Self::one_wei), on its way.
    pub(crate) fn sending(&self, client: &Client) -> JoinHandle<Result<Receipt, Error>> {
        tokio::spawn(self.one_wei(client).into_future())
    }

    /// How often it took effect.
    pub(crate) async fn effects(&self) -> u64 {
        let balance = self.client.vault().balance_of(self.account.address()).await;
        balance.unwrap().to_string().parse().unwrap()
    }

    /// The head's number.
    pub(crate) async fn head(&self) -> u64 {
        let head: String = self.client.rpc().call("eth_blockNumber", ()).await.unwrap();
        quantity(&head)
    }

    /// A transaction, where the node knows it.
    pub(crate) async fn transaction(&self, hash: TxHash) -> Option<Value> {
        let rpc = self.client.rpc();
        rpc.call("eth_getTransactionByHash", [hash]).await.unwrap()
    }

    /// How many tasks were ever published.
    pub(crate) async fn published(&self) -> usize {
        let nexus = self.devnet.contracts().nexus;
        let topic = ethers_core::utils::keccak256("TaskPublished(address,address)");
        let filter = json!([{
            "address": nexus, "fromBlock": "0x0", "toBlock": "latest",
            "topics": [format!("0x{}", ethers_core::utils::hex::encode(topic))],
        }]);
        let logs: Vec<Value> = self.client.rpc().call("eth_getLogs", filter).await.unwrap();
        logs.len()
    }
}

fn quantity(text: &str) -> u64 {
    u64::from_str_radix(&text[2..], 16).unwrap()
}

pub(crate) fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::new(text).unwrap()
}

/// The transaction's error, of a write that had one.
pub(crate) fn trouble(error: &Error) -> &TxError {
    match error {
        Error::Transaction { source } => source,
        other => panic!("{other:?}"),
    }
}

/// The transactions that were offered at a door.
pub(crate) fn offered(log: &FaultLog) -> HashSet<TxHash> {
    let exchanges = log.exchanges();
    exchanges
        .flat_map(|exchange| exchange.transactions.iter().copied())
        .collect()
}
