//! Quirks 6 and 8: how structs come back, and what comes back from where nothing is.

use ethers_core::types::{Address, H256, U256};
use ogpu_contracts::{
    ContractCall, DecodeError, Revert,
    response::{GetResponseParamsCall, GetStatusCall, ResponseParamsCall},
    source::{GetSourceParamsCall, SourceParamsCall},
    task::{GetPaymentCall, TaskParamsCall},
};
use ogpu_types::DeliveryMethod;

use crate::support::{Net, ZERO};

#[tokio::test]
async fn task_params_are_four_flat_values() {
    let (net, task) = Net::with_task().await;
    let params = net.read(task, TaskParamsCall).await;
    let words = net.words(task, TaskParamsCall).await;
    assert_eq!(Address::from(words[0]), params.source);
    // The text's place, behind the four words, and then the other two.
    assert_eq!(number(words[1]), (4 * 32).into());
    assert_eq!(number(words[2]), params.expiry_time);
    assert_eq!(number(words[3]), params.payment);
}

#[tokio::test]
async fn source_params_come_as_one_tuple_or_flat_by_which_getter_is_asked() {
    let (net, source) = Net::with_source().await;
    let client = net.client.address;
    let tuple = net.words(source, GetSourceParamsCall).await;
    assert_eq!(number(tuple[0]), 32.into());
    assert_eq!(Address::from(tuple[1]), client);
    let flat = net.words(source, SourceParamsCall).await;
    assert_eq!(Address::from(flat[0]), client);
    assert_eq!(flat, tuple[1..]);

    let params = net.read(source, GetSourceParamsCall).await.0;
    assert_eq!(params, net.source_params());
    let flat = net.read(source, SourceParamsCall).await;
    assert_eq!(flat.client, params.client);
    assert_eq!(flat.image_metadata_url, params.image_metadata_url);
    assert_eq!(flat.image_environments, params.image_environments);
    assert_eq!(flat.min_payment, params.min_payment);
    assert_eq!(flat.min_available_lockup, params.min_available_lockup);
    assert_eq!(flat.max_expiry_duration, params.max_expiry_duration);
    assert_eq!(flat.privacy_enabled, params.privacy_enabled);
    assert_eq!(flat.optional_params_url, params.optional_params_url);
    assert_eq!(flat.delivery_method, params.delivery_method);
    assert_eq!(flat.last_update_time, params.last_update_time);
}

#[tokio::test]
async fn response_params_come_as_one_tuple_or_flat_by_which_getter_is_asked() {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.provider).await;
    let response = net.respond(task, &net.provider, "result").await;
    let tuple = net.words(response, GetResponseParamsCall).await;
    assert_eq!(number(tuple[0]), 32.into());
    assert_eq!(Address::from(tuple[1]), task);
    let flat = net.words(response, ResponseParamsCall).await;
    assert_eq!(flat, tuple[1..]);

    let params = net.read(response, GetResponseParamsCall).await.0;
    let flat = net.read(response, ResponseParamsCall).await;
    assert_eq!(
        (flat.task, flat.provider, flat.data, flat.payment),
        (params.task, params.provider, params.data, params.payment)
    );
}

#[tokio::test]
async fn an_address_without_a_contract_answers_nothing() {
    let net = Net::start().await;
    for nowhere in [net.stranger.address, ZERO] {
        let answer = net.simulate(None, nowhere, GetStatusCall.call_data()).await;
        let data = answer.expect("no contract, no revert");
        assert!(data.is_empty());
        let read = GetStatusCall::decode_output(data.as_ref());
        assert!(matches!(read, Err(DecodeError::NoData { .. })));
    }
}

#[tokio::test]
async fn another_kind_of_contract_refuses_without_a_word() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    for wrong in [source, net.vault, net.manager] {
        let revert = net.read_reverts(wrong, GetPaymentCall).await;
        assert_eq!(revert, Revert::Empty);
    }
}

fn number(word: H256) -> U256 {
    U256::from_big_endian(word.as_bytes())
}

impl Net {
    /// An answer as it comes: words of 32 bytes.
    async fn words(&self, to: Address, call: impl ContractCall) -> Vec<H256> {
        let answer = self.simulate(None, to, call.call_data()).await;
        let data = answer.expect("the contract answers");
        let words = data.as_slice().chunks_exact(32);
        assert!(words.remainder().is_empty());
        words.map(H256::from_slice).collect()
    }
}
