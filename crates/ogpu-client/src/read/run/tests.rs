//! Sets of reads against contracts that do what they want.

use std::time::Duration;

use ogpu_contracts::{DecodeError, Revert, task};
use ogpu_devnet::{Devnet, Mining};
use ogpu_types::{Address, Wei};

use crate::{
    Client, ReadCause, ReadError, Signer, TransactionRequest,
    read::{At, Cost, ReadSet},
    rpc::Way,
};

/// Returns 42, whatever it is asked.
const ANSWERING: &[u8] = &[0x60, 42, 0x60, 0, 0x52, 0x60, 32, 0x60, 0, 0xf3];
/// Reverts with the word 7.
const REFUSING: &[u8] = &[0x60, 7, 0x60, 0, 0x52, 0x60, 32, 0x60, 0, 0xfd];
/// Reverts with nothing.
const SILENT: &[u8] = &[0x60, 0, 0x60, 0, 0xfd];
/// Never ends.
const ENDLESS: &[u8] = &[0x5b, 0x60, 0, 0x56];
/// Is no program: it uses up all gas at once.
const INVALID: &[u8] = &[0xfe];
/// Returns 1,048,576 zeros.
const LONG: &[u8] = &[0x62, 0x10, 0, 0, 0x60, 0, 0xf3];
/// Returns the block's number.
const NUMBERING: &[u8] = &[0x43, 0x60, 0, 0x52, 0x60, 32, 0x60, 0, 0xf3];

struct Zoo {
    devnet: Devnet,
    client: Client,
}

impl Zoo {
    async fn open() -> Self {
        let devnet = Devnet::start().await.unwrap();
        let keeper = Signer::from_bytes(&[1; 32]).unwrap();
        let coins = Wei::from_gwei(1_000_000_000);
        devnet.set_balance(keeper.address(), coins).await.unwrap();
        let client = Client::builder()
            .chain(devnet.chain_spec().clone())
            .signer(keeper)
            .build()
            .unwrap();
        Self { client, devnet }
    }

    /// The same network, seen by a client that has found these ways not to work.
    fn without(&self, ways: &[Way]) -> Client {
        let client = Client::builder()
            .chain(self.client.chain().clone())
            .build()
            .unwrap();
        for way in ways {
            client.rpc().way_failed(0, *way);
        }
        client
    }

    async fn deploy(&self, code: &[u8]) -> Address {
        let length = u8::try_from(code.len()).unwrap();
        // Copies what follows to memory, and returns it.
        let init = [
            0x60, length, 0x60, 12, 0x60, 0, 0x39, 0x60, length, 0x60, 0, 0xf3,
        ];
        let code = [&init[..], code].concat();
        let receipt = self
            .client
            .send_transaction(TransactionRequest::deploy(code))
            .await;
        receipt.unwrap().contract_address.unwrap()
    }
}

/// All ways, and none.
const FAILING: [&[Way]; 4] = [
    &[],
    &[Way::Override],
    &[Way::Override, Way::Creation],
    &Way::ALL,
];

async fn read_all(client: &Client, contracts: &[Address]) -> Vec<Result<Wei, ReadError>> {
    let mut set = ReadSet::new();
    let slots: Vec<_> = contracts
        .iter()
        .map(|contract| set.add(*contract, task::GetPaymentCall))
        .collect();
    let mut answers = client.read_set(set, At::Head).await.unwrap();
    let answers = slots.into_iter().map(|slot| answers.take(slot));
    answers
        .map(|payment| payment.map(|payment| payment.0.into()))
        .collect()
}

#[tokio::test]
async fn whatever_a_contract_does_no_other_read_suffers_by_any_way() {
    let zoo = Zoo::open().await;
    let answering = zoo.deploy(ANSWERING).await;
    let refusing = zoo.deploy(REFUSING).await;
    let silent = zoo.deploy(SILENT).await;
    let endless = zoo.deploy(ENDLESS).await;
    let invalid = zoo.deploy(INVALID).await;
    let long = zoo.deploy(LONG).await;
    let nobody = Address::new([9; 20]);
    let mut contracts = Vec::new();
    for odd in [refusing, silent, endless, invalid, long, nobody] {
        contracts.extend([odd, answering]);
    }
    // More than any call could take with all of its gas.
    contracts.extend([invalid; 40]);
    contracts.push(answering);

    for failing in FAILING {
        // Looking for its end takes the node long: once is enough.
        let contracts: Vec<Address> = contracts
            .iter()
            .copied()
            .filter(|contract| *contract != endless || failing.is_empty())
            .collect();
        let answers = read_all(&zoo.without(failing), &contracts).await;
        assert_eq!(answers.len(), contracts.len());
        for (contract, answer) in contracts.iter().zip(answers) {
            let as_expected = match (&answer, *contract) {
                (Ok(value), at) if at == answering => *value == Wei::from(42_u64),
                // The first word is what is looked at.
                (Ok(value), at) => at == long && value.is_zero(),
                (Err(error), at) => match &error.cause {
                    ReadCause::Reverted(Revert::Unknown { data }) => {
                        at == refusing && data.as_slice().ends_with(&[7])
                    }
                    ReadCause::Reverted(Revert::Empty) => at == silent,
                    ReadCause::Rpc(_) => at == endless || at == invalid,
                    ReadCause::Decode(DecodeError::NoData { .. }) => at == nobody,
                    _ => false,
                },
            };
            assert!(as_expected, "{failing:?}: {contract} gave {answer:?}");
        }
    }
}

#[tokio::test]
async fn thousands_of_reads_are_of_one_block_by_every_way_however_often_blocks_come() {
    let zoo = Zoo::open().await;
    let numbering = zoo.deploy(NUMBERING).await;
    let often = Mining::Interval(Duration::from_millis(5));
    zoo.devnet.set_mining(often).await.unwrap();
    for failing in FAILING {
        let client = zoo.without(failing);
        let mut set = ReadSet::new();
        let block = set.block();
        let slots: Vec<_> = (0..2_500)
            .map(|_| set.add(numbering, task::GetPaymentCall))
            .collect();
        let mut answers = client.read_set(set, At::Head).await.unwrap();
        let block = answers.block(&block);
        for slot in slots {
            assert_eq!(answers.take(slot).unwrap().0, block.number.into());
        }
    }
}

#[tokio::test]
async fn a_read_that_is_longer_or_dearer_than_expected_is_read_all_the_same() {
    let zoo = Zoo::open().await;
    let long = zoo.deploy(LONG).await;
    let answering = zoo.deploy(ANSWERING).await;
    for failing in FAILING {
        let client = zoo.without(failing);
        let mut set = ReadSet::new();
        let few = set.add_costing(answering, task::GetPaymentCall, Cost::places(100_000));
        let slots: Vec<_> = (0..3)
            .map(|_| set.add(long, task::GetPaymentCall))
            .collect();
        let mut answers = client.read_set(set, At::Head).await.unwrap();
        assert_eq!(answers.take(few).unwrap().0, 42.into());
        for slot in slots {
            assert!(answers.take(slot).unwrap().0.is_zero());
        }
    }
}

#[tokio::test]
async fn a_set_without_reads_asks_nothing() {
    let client = Client::builder()
        .chain(Zoo::open().await.client.chain().clone())
        .rpc_url("http://127.0.0.1:1")
        .build()
        .unwrap();
    client.read_set(ReadSet::new(), At::Head).await.unwrap();
}
