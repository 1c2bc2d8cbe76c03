//! What goes to the chain comes back the same, and nothing that comes back can break the reader.

use ethers_core::abi::{AbiDecode, AbiEncode, Tokenizable, encode};
use ogpu_contracts::{
    ContractCall, ReasonWord, Revert, event, nexus, response, shared_types, source, task,
};
use ogpu_types::{
    Address, DeliveryMethod, Environment, Hash32, Log, ResponseParams, SourceParams, Wei,
};
use proptest::prelude::*;

/// `Error(string)` as the compiler encodes it.
fn error_string(text: &str) -> Vec<u8> {
    let mut data = vec![0x08, 0xc3, 0x79, 0xa0];
    data.extend(AbiEncode::encode((text.to_owned(),)));
    data
}

fn source_params() -> impl Strategy<Value = SourceParams> {
    (
        any::<([u8; 20], String, u8, [u8; 32])>(),
        any::<([u8; 32], u64, bool, String, bool, u64)>(),
    )
        .prop_map(
            |((client, url, envs, payment), (lockup, expiry, private, params, first, time))| {
                SourceParams {
                    client: client.into(),
                    image_metadata_url: url,
                    image_environments: Environment::from_bits_truncate(envs),
                    min_payment: Wei::from_be_bytes(payment),
                    min_available_lockup: Wei::from_be_bytes(lockup),
                    max_expiry_duration: expiry,
                    privacy_enabled: private,
                    optional_params_url: params,
                    delivery_method: if first {
                        DeliveryMethod::FirstResponse
                    } else {
                        DeliveryMethod::ManualConfirmation
                    },
                    last_update_time: time,
                }
            },
        )
}

proptest! {
    #[test]
    fn source_params_survive_call_data_and_return_data(params in source_params()) {
        let chain = shared_types::SourceParams::from(&params);
        let call = nexus::PublishSourceCall { source_params: chain.clone() };
        let sent = nexus::PublishSourceCall::decode(call.call_data()).unwrap();
        prop_assert_eq!(&sent.source_params, &chain);

        let returned = encode(&[chain.into_token()]);
        let read = source::GetSourceParamsCall::decode_output(&returned).unwrap();
        prop_assert_eq!(SourceParams::try_from(read.0).unwrap(), params);
    }

    #[test]
    fn response_params_survive_return_data(
        task: [u8; 20], provider: [u8; 20], data: String, payment: [u8; 32],
    ) {
        let params = ResponseParams {
            task: Address::new(task).into(),
            provider: provider.into(),
            data,
            payment: Wei::from_be_bytes(payment),
        };
        let returned = encode(&[shared_types::ResponseParams::from(&params).into_token()]);
        let read = response::GetResponseParamsCall::decode_output(&returned).unwrap();
        prop_assert_eq!(ResponseParams::from(read.0), params);
    }

    #[test]
    fn arbitrary_return_data_is_an_answer_or_an_error(data: Vec<u8>) {
        let _ = source::GetSourceParamsCall::decode_output(&data);
        let _ = task::GetResponsesOfCall::decode_output(&data);
        let _ = response::GetResponseParamsCall::decode_output(&data);
    }

    #[test]
    fn arbitrary_revert_data_is_decoded_to_something_printable(data: Vec<u8>) {
        prop_assert!(!Revert::decode(&data).to_string().is_empty());
    }

    #[test]
    fn damaged_revert_data_with_a_known_selector_keeps_its_bytes(rest in prop::collection::vec(any::<u8>(), 0..31)) {
        let data = [&[0x08, 0xc3, 0x79, 0xa0][..], &rest].concat();
        prop_assert_eq!(Revert::decode(&data), Revert::Unknown { data: data.into() });
    }

    #[test]
    fn reason_texts_come_back_whole(text: String) {
        let Revert::Reason { text: read, .. } = Revert::decode(&error_string(&text)) else {
            panic!("not a reason");
        };
        prop_assert_eq!(read, text);
    }
}

#[test]
fn each_reason_word_is_found_alone_and_inside_a_text() {
    for &word in ReasonWord::ALL {
        for text in [
            word.to_string(),
            format!("Controller: {word}"),
            format!("{word}()"),
            format!("execution reverted: {word}!"),
        ] {
            let revert = Revert::decode(&error_string(&text));
            assert_eq!(revert.word(), Some(word), "{text}");
        }
        assert_eq!(ReasonWord::find(&format!("{word}Yet")), None);
    }
}

#[test]
fn every_custom_error_of_the_abis_is_decoded_by_name() {
    use ethers_core::abi::{Abi, ErrorExt, ParamType, Token};
    let mut seen = 0;
    for name in ogpu_contracts::abi::names() {
        let abi: Abi = serde_json::from_str(ogpu_contracts::abi::json(name).unwrap()).unwrap();
        for error in abi.errors() {
            let tokens: Vec<Token> = error
                .inputs
                .iter()
                .map(|input| match input.kind {
                    ParamType::Address => Token::Address([0xab; 20].into()),
                    _ => Token::FixedBytes(vec![0xcd; 32]),
                })
                .collect();
            let data = [&error.selector()[..], &encode(&tokens)].concat();
            let Revert::Custom { name, args } = Revert::decode(&data) else {
                panic!("{} is not decoded", error.name);
            };
            assert_eq!(name, error.name);
            assert_eq!(args.len(), error.inputs.len());
            seen += 1;
        }
    }
    assert!(seen > 10, "only {seen} errors in the ABIs");
}

#[test]
fn custom_errors_print_their_arguments_in_full() {
    let account: Address = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
        .parse()
        .unwrap();
    let error = nexus::OwnableUnauthorizedAccount {
        account: account.into(),
    };
    assert_eq!(
        Revert::decode(&error.encode()).to_string(),
        "OwnableUnauthorizedAccount(account: 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed)"
    );
}

#[test]
fn panics_print_their_meaning() {
    let mut data = vec![0x4e, 0x48, 0x7b, 0x71];
    data.extend(AbiEncode::encode((ethers_core::types::U256::from(0x32),)));
    assert_eq!(
        Revert::decode(&data).to_string(),
        "panic 0x32 (index out of bounds)"
    );
}

#[test]
fn an_unknown_enum_number_is_an_error_with_the_number() {
    let chain = shared_types::SourceParams {
        delivery_method: 9,
        ..Default::default()
    };
    let error = SourceParams::try_from(chain).unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    assert!(source.to_string().contains('9'), "{source}");
}

#[test]
fn only_the_emitter_itself_is_believed() {
    use ethers_contract::EthEvent;
    let nexus_address = Address::new([1; 20]);
    let source_address = Address::new([2; 20]);
    let log = |emitter: [u8; 20], topic: Hash32| {
        Log::new(
            emitter.into(),
            vec![topic],
            AbiEncode::encode(ethers_core::types::Address::from(source_address)).into(),
            1,
            Hash32::new([0; 32]),
            Hash32::new([0; 32]),
            0,
        )
    };
    let published = Hash32::from(nexus::SourcePublishedFilter::signature());
    let forged = log([9; 20], published);
    let other = log([1; 20], Hash32::new([7; 32]));
    let real = log([1; 20], published);

    let find = |logs: &[Log]| event::find::<nexus::SourcePublishedFilter>(logs, nexus_address);
    assert_eq!(find(&[forged.clone(), other.clone()]), None);
    let found = find(&[forged, other, real]).unwrap();
    assert_eq!(Address::from(found.source), source_address);
}
