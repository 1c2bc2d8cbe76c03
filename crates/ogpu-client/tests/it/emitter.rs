//! Many real events in one transaction.

use ogpu_client::{Address, LoggedEvent, Signer, TransactionRequest, Wei, types::HexBytes};
use ogpu_contracts::{
    ContractCall,
    protocol_event::{self, Emitters},
    vault,
};
use ogpu_types::{Hash32, Log, TxHash};
use serde_json::{Value, json};

use crate::network::Network;

/// A contract that deposits one wei for each of so many accounts: as many events of the vault.
pub(crate) struct Emitter {
    address: Address,
}

impl Emitter {
    pub(crate) async fn deploy(network: &Network) -> Self {
        let vault = network.devnet.contracts().vault;
        let selector = vault::DepositCall::default().call_data().as_ref()[..4].to_vec();
        // The number of accounts, and the first of them, are the arguments.
        let mut code = vec![0x60, 0x20, 0x35, 0x60, 0x00, 0x35];
        let start = u8::try_from(code.len()).unwrap();
        // While the number is not zero ..
        code.extend([0x5b, 0x81, 0x15, 0x60, 0x00, 0x57]);
        let end_place = code.len() - 2;
        // .. call `deposit` of the account with one wei ..
        code.push(0x63);
        code.extend(selector);
        code.extend([0x60, 0xe0, 0x1b, 0x60, 0x00, 0x52, 0x80, 0x60, 0x04, 0x52]);
        code.extend([
            0x60, 0x00, 0x60, 0x00, 0x60, 0x24, 0x60, 0x00, 0x60, 0x01, 0x73,
        ]);
        code.extend(vault.as_bytes());
        code.extend([0x5a, 0xf1]);
        // .. all of them or none: an estimate would leave out the last for want of gas ..
        let next = u8::try_from(code.len() + 8).unwrap();
        code.extend([0x60, next, 0x57, 0x60, 0x00, 0x60, 0x00, 0xfd, 0x5b]);
        // .. and go on with the next account, and one less.
        code.extend([0x60, 0x01, 0x01, 0x90, 0x60, 0x01, 0x90, 0x03, 0x90]);
        code.extend([0x60, start, 0x56]);
        code[end_place] = u8::try_from(code.len()).unwrap();
        code.extend([0x5b, 0x00]);
        let length = u8::try_from(code.len()).unwrap();
        let mut init = vec![
            0x60, length, 0x60, 0x0c, 0x60, 0x00, 0x39, 0x60, length, 0x60, 0x00, 0xf3,
        ];
        init.extend(code);
        let receipt = network
            .client
            .send_transaction(TransactionRequest::deploy(init))
            .await
            .unwrap();
        Self {
            address: receipt.contract_address.unwrap(),
        }
    }

    /// Deposits for `count` accounts from this one on.
    pub(crate) fn request(&self, first: u64, count: u64) -> TransactionRequest {
        let mut data = vec![0; 64];
        data[24..32].copy_from_slice(&first.to_be_bytes());
        data[56..].copy_from_slice(&count.to_be_bytes());
        TransactionRequest::call(self.address, data).with_value(Wei::from(count))
    }

    pub(crate) async fn emit(&self, network: &Network, signer: &Signer, first: u64, count: u64) {
        let receipt = network
            .client
            .send_transaction(self.request(first, count))
            .signer(signer)
            .await
            .unwrap();
        assert_eq!(receipt.events.len() as u64, count);
    }
}

/// All events that the chain has from a block on, asked of the node itself.
pub(crate) async fn canonical(network: &Network, from: u64) -> Vec<LoggedEvent> {
    let contracts = network.devnet.contracts();
    let emitters = Emitters {
        nexus: contracts.nexus,
        terminal: contracts.terminal,
        vault: contracts.vault,
    };
    let filter = json!([{
        "address": [emitters.nexus, emitters.terminal, emitters.vault],
        "fromBlock": format!("{from:#x}"),
        "toBlock": "latest",
    }]);
    let logs: Vec<Value> = network
        .client
        .rpc()
        .call("eth_getLogs", filter)
        .await
        .unwrap();
    let number = |value: &Value| u64::from_str_radix(&value.as_str().unwrap()[2..], 16).unwrap();
    let read = |log: Value| {
        let topics: Vec<Hash32> = serde_json::from_value(log["topics"].clone()).unwrap();
        let data: HexBytes = serde_json::from_value(log["data"].clone()).unwrap();
        let hash: Hash32 = serde_json::from_value(log["blockHash"].clone()).unwrap();
        let transaction: TxHash = serde_json::from_value(log["transactionHash"].clone()).unwrap();
        let log = Log::new(
            serde_json::from_value(log["address"].clone()).unwrap(),
            topics,
            data,
            number(&log["blockNumber"]),
            hash,
            transaction,
            number(&log["logIndex"]),
        );
        let event = protocol_event::decode(&log, &emitters);
        let contract = emitters.contract_at(log.address).unwrap();
        LoggedEvent::new(contract, event, log)
    };
    logs.into_iter().map(read).collect()
}
