//! Every type comes back from its own JSON, through a text, a tree of values and a binary format.

mod values;

use std::fmt::Debug;

use ogpu_types::Address;
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use values::*;

fn assert_round_trip<T>(value: &T)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
    assert_eq!(
        &serde_json::from_slice::<T>(text.as_bytes()).unwrap(),
        value
    );
    let tree = serde_json::to_value(value).unwrap();
    assert_eq!(&serde_json::from_value::<T>(tree).unwrap(), value);
    let bytes = postcard::to_stdvec(value).unwrap();
    assert_eq!(&postcard::from_bytes::<T>(&bytes).unwrap(), value);
}

proptest! {
    #[test]
    fn scalars(
        address in address(),
        hash in hash32(),
        bytes in hex_bytes(),
        wei in wei(),
        chain in chain_id(),
        environment in environment(),
    ) {
        assert_round_trip(&address);
        assert_round_trip(&hash);
        assert_round_trip(&bytes);
        assert_round_trip(&wei);
        assert_round_trip(&chain);
        assert_round_trip(&environment);
        prop_assert_eq!(address.to_string().parse(), Ok(address));
        prop_assert_eq!(hash.to_string().parse(), Ok(hash));
        prop_assert_eq!(bytes.to_string().parse(), Ok(bytes));
        prop_assert_eq!(wei.to_string().parse(), Ok(wei));
        prop_assert_eq!(chain.to_string().parse(), Ok(chain));
        prop_assert_eq!(environment.to_string().parse(), Ok(environment));
    }

    #[test]
    fn enums(
        delivery in delivery_method(),
        source in source_status(),
        task in task_status(),
        response in response_status(),
        transaction in transaction_status(),
    ) {
        assert_round_trip(&delivery);
        assert_round_trip(&source);
        assert_round_trip(&task);
        assert_round_trip(&response);
        assert_round_trip(&transaction);
    }

    #[test]
    fn sources(info in source_info(), metadata in source_metadata(), params in source_params()) {
        assert_round_trip(&info);
        assert_round_trip(&info.image_envs);
        assert_round_trip(&metadata);
        assert_round_trip(&params);
    }

    #[test]
    fn tasks(info in task_info(), params in task_params()) {
        assert_round_trip(&info);
        assert_round_trip(&info.config);
        assert_round_trip(info.config.data_json());
        assert_round_trip(&params);
    }

    #[test]
    fn responses(
        response in response(),
        confirmed in confirmed_response(),
        params in response_params(),
    ) {
        assert_round_trip(&response);
        assert_round_trip(&confirmed);
        assert_round_trip(&params);
    }

    #[test]
    fn events(event in protocol_event(), logged in logged_event()) {
        assert_round_trip(&event);
        assert_round_trip(&event.contract());
        assert_round_trip(&logged);
    }

    #[test]
    fn events_outside_of_the_streams(role in manager_event(), owner in ownership_event()) {
        assert_round_trip(&role);
        assert_round_trip(&owner);
    }

    #[test]
    fn receipts_and_logs(receipt in receipt(), log in log()) {
        assert_round_trip(&receipt);
        assert_round_trip(&log);
    }

    #[test]
    fn bytes_of_an_amount(wei in wei()) {
        prop_assert_eq!(ogpu_types::Wei::from_be_bytes(wei.to_be_bytes()), wei);
    }

    #[test]
    fn amounts_in_every_unit(wei in wei(), decimals: u8) {
        let text = wei.format_units(decimals);
        prop_assert_eq!(ogpu_types::Wei::parse_units(&text, decimals), Ok(wei), "{}", text);
        prop_assert!(!text.contains('.') || !text.ends_with(['0', '.']), "{}", text);
        prop_assert_eq!(ogpu_types::Wei::parse_ether(&wei.format_ether()), Ok(wei));
        prop_assert_eq!(ogpu_types::Wei::parse_gwei(&wei.format_gwei()), Ok(wei));
    }

    #[test]
    fn amounts_as_bare_integers(wei in wei()) {
        let text = format!(r#"{{"wei":{wei}}}"#);
        let read: std::collections::BTreeMap<String, ogpu_types::Wei> =
            serde_json::from_str(&text).unwrap();
        prop_assert_eq!(read["wei"], wei);
    }

    #[test]
    fn one_letter_in_the_wrong_case_is_refused(address in address(), at in 2_usize..42) {
        let right = address.to_string();
        let mut wrong = right.clone().into_bytes();
        let byte = wrong[at];
        wrong[at] = if byte.is_ascii_uppercase() {
            byte.to_ascii_lowercase()
        } else {
            byte.to_ascii_uppercase()
        };
        let wrong = String::from_utf8(wrong).unwrap();
        let digits = &wrong[2..];
        let one_case = digits == digits.to_lowercase() || digits == digits.to_uppercase();
        prop_assert_eq!(wrong.parse::<Address>().is_ok(), one_case || wrong == right);
    }

    /// Sixteen bits on average cannot tell every digit, so another address may come out valid.
    #[test]
    fn a_changed_digit_is_refused_or_is_another_checksummed_address(
        address in address(), at in 2_usize..42, digit in "[0-9a-fA-F]",
    ) {
        let mut text = address.to_string();
        text.replace_range(at..=at, &digit);
        if let Ok(read) = text.parse::<Address>() {
            let digits = &text[2..];
            let one_case = digits == digits.to_lowercase() || digits == digits.to_uppercase();
            prop_assert!(one_case || read.to_string() == text, "{}", text);
        }
    }
}
