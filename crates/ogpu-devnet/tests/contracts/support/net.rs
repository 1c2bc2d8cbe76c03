//! Transactions and reads.

use ethers_core::types::{Address, Log, U256};
use ogpu_client::{Client, Error, TransactionRequest, TxError};
use ogpu_contracts::{ContractCall, Revert};
use ogpu_devnet::{Devnet, Role};
use ogpu_types::{HexBytes, Receipt};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Actor;

/// A network with its accounts and contracts, and nothing published on it.
pub(crate) struct Net {
    devnet: Devnet,
    /// One for all accounts, so that each account's transactions leave in order.
    sender: Client,
    pub(crate) nexus: Address,
    pub(crate) controller: Address,
    pub(crate) terminal: Address,
    pub(crate) vault: Address,
    pub(crate) manager: Address,
    /// Publishes the sources and tasks.
    pub(crate) client: Actor,
    pub(crate) other_client: Actor,
    pub(crate) provider: Actor,
    pub(crate) rival: Actor,
    /// Owns both providers, once they are paired.
    pub(crate) master: Actor,
    pub(crate) other_master: Actor,
    /// Nobody's agent, until a test says so.
    pub(crate) agent: Actor,
    /// Has no part in anything.
    pub(crate) stranger: Actor,
    /// Deployed the contracts.
    pub(crate) admin: Actor,
    /// Every master's agent, until the master says otherwise.
    pub(crate) scheduler: Actor,
}

impl Net {
    pub(crate) async fn start() -> Self {
        let devnet = Devnet::start().await.expect("the network starts");
        let contracts = *devnet.contracts();
        let actor = |role, index| Actor::nth(devnet.accounts(), role, index);
        Self {
            sender: devnet.client(),
            nexus: contracts.nexus.into(),
            controller: contracts.controller.into(),
            terminal: contracts.terminal.into(),
            vault: contracts.vault.into(),
            manager: contracts.manager.into(),
            client: actor(Role::Client, 0),
            other_client: actor(Role::Client, 1),
            provider: actor(Role::Provider, 0),
            rival: actor(Role::Provider, 1),
            master: actor(Role::Master, 0),
            other_master: actor(Role::Master, 1),
            agent: actor(Role::Agent, 0),
            stranger: actor(Role::Agent, 1),
            admin: Actor::named("admin"),
            scheduler: Actor::named("scheduler"),
            devnet,
        }
    }

    /// Sends a call, which must take effect.
    pub(crate) async fn send(&self, from: &Actor, to: Address, call: impl ContractCall) -> Receipt {
        self.pay(from, to, call, U256::zero()).await
    }

    /// Sends a call and this amount of wei, which must take effect.
    pub(crate) async fn pay(
        &self,
        from: &Actor,
        to: Address,
        call: impl ContractCall,
        value: U256,
    ) -> Receipt {
        self.transact(from, to, call.call_data(), value)
            .await
            .expect("the contract takes the call")
    }

    /// Deploys a contract from its init code and constructor arguments.
    pub(crate) async fn deploy(&self, from: &Actor, init_code: Vec<u8>) -> Address {
        let request = TransactionRequest::deploy(init_code);
        let sent = self.sender.send_transaction(request).signer(&from.signer);
        let receipt = sent.await.expect("the code can be deployed");
        let address = receipt.contract_address;
        address.expect("a deployment has an address").into()
    }

    /// Why the contract refuses a call: nothing is sent.
    pub(crate) async fn reverts(
        &self,
        from: &Actor,
        to: Address,
        call: impl ContractCall,
    ) -> Revert {
        self.pay_reverts(from, to, call, U256::zero()).await
    }

    /// Why the contract refuses a call with this amount of wei: nothing is sent.
    pub(crate) async fn pay_reverts(
        &self,
        from: &Actor,
        to: Address,
        call: impl ContractCall,
        value: U256,
    ) -> Revert {
        let error = self
            .transact(from, to, call.call_data(), value)
            .await
            .expect_err("the contract refuses the call");
        assert!(error.outcome().is_not_sent());
        match error {
            Error::Transaction { source } => match *source {
                TxError::WouldRevert { revert, .. } => revert,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    /// Sends any data and amount of wei.
    pub(crate) async fn transact(
        &self,
        from: &Actor,
        to: Address,
        data: impl Into<HexBytes>,
        value: U256,
    ) -> Result<Receipt, Error> {
        let request = TransactionRequest::call(to.into(), data).with_value(value.into());
        let sent = self.sender.send_transaction(request).signer(&from.signer);
        sent.await
    }

    /// What a function answers.
    pub(crate) async fn read<C: ContractCall>(&self, to: Address, call: C) -> C::Output {
        let data = self.simulate(None, to, call.call_data()).await;
        let data = data.expect("the contract answers");
        C::decode_output(data.as_ref()).expect("the answer has the function's types")
    }

    /// Why a function does not answer.
    pub(crate) async fn read_reverts(&self, to: Address, call: impl ContractCall) -> Revert {
        let answer = self.simulate(None, to, call.call_data()).await;
        answer.expect_err("the contract refuses the call")
    }

    /// What a call would answer, sent by any address, even one without a key.
    pub(crate) async fn simulate(
        &self,
        from: Option<Address>,
        to: Address,
        data: impl Into<HexBytes> + Send,
    ) -> Result<HexBytes, Revert> {
        let mut call = json!({ "to": to, "data": data.into() });
        if let Some(from) = from {
            call["from"] = json!(from);
        }
        let answer = self.rpc("eth_call", json!([call, "latest"])).await;
        answer.map_err(|error| error.revert().expect("a revert, or an answer"))
    }

    /// What an account owns of the chain's own coins, in wei.
    pub(crate) async fn coins(&self, account: Address) -> U256 {
        let coins = self.rpc("eth_getBalance", json!([account, "latest"])).await;
        coins.expect("the node knows every balance")
    }

    /// The code at an address.
    pub(crate) async fn code(&self, address: Address) -> HexBytes {
        let code = self.rpc("eth_getCode", json!([address, "latest"])).await;
        code.expect("the node knows every code")
    }

    /// All logs of a contract, from the first block to the last.
    pub(crate) async fn logs(&self, emitter: Address) -> Vec<Log> {
        let filter = json!([{ "address": emitter, "fromBlock": "0x0", "toBlock": "latest" }]);
        let logs = self.rpc("eth_getLogs", filter).await;
        logs.expect("the node keeps all logs")
    }

    /// The time of the last block, in unix seconds.
    pub(crate) async fn now(&self) -> U256 {
        #[derive(Deserialize)]
        struct Head {
            timestamp: U256,
        }
        let head = self.rpc("eth_getBlockByNumber", json!(["latest", false]));
        let head: Head = head.await.expect("the node has a last block");
        head.timestamp
    }

    /// Mines a block this many seconds later.
    pub(crate) async fn wait(&self, seconds: u64) {
        let moved = self.devnet.increase_time(seconds).await;
        moved.expect("a dev chain's clock can be moved");
    }

    /// Mines a block at exactly this time, in unix seconds.
    pub(crate) async fn wait_until(&self, time: U256) {
        self.next_block_at(time).await;
        self.devnet.mine().await.expect("a dev chain mines at call");
    }

    /// The next block, whenever it is mined, bears this time, in unix seconds.
    pub(crate) async fn next_block_at(&self, time: U256) {
        let set = self.rpc::<Value>("evm_setNextBlockTimestamp", json!([time.as_u64()]));
        set.await.expect("a dev chain's clock can be set");
    }

    async fn rpc<T: serde::de::DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<T, ogpu_client::RpcError> {
        self.sender.rpc().call(method, params).await
    }
}
