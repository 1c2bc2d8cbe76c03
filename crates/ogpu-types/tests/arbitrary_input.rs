//! No parser panics, whatever it is given; what it accepts, it writes and reads again.

use std::{fmt::Debug, str::FromStr};

use ogpu_types::{
    Address, ChainId, DeliveryMethod, Environment, Hash32, HexBytes, ImageEnvironments, Json, Log,
    Receipt, Response, SourceInfo, SourceMetadata, SourceParams, TaskInfo, TaskInput, TaskParams,
    TaskStatus, Wei,
};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

fn assert_text_is_stable<T>(text: &str)
where
    T: FromStr<Err: std::error::Error> + ToString + PartialEq + Debug,
{
    match text.parse::<T>() {
        Ok(value) => assert_eq!(value.to_string().parse::<T>().unwrap(), value),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn assert_json_is_stable<T>(bytes: &[u8])
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    match serde_json::from_slice::<T>(bytes) {
        Ok(value) => {
            let text = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<T>(&text).unwrap(), value);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn assert_every_type_reads_or_refuses(bytes: &[u8]) {
    assert_json_is_stable::<Address>(bytes);
    assert_json_is_stable::<Hash32>(bytes);
    assert_json_is_stable::<HexBytes>(bytes);
    assert_json_is_stable::<Wei>(bytes);
    assert_json_is_stable::<ChainId>(bytes);
    assert_json_is_stable::<Environment>(bytes);
    assert_json_is_stable::<DeliveryMethod>(bytes);
    assert_json_is_stable::<ImageEnvironments>(bytes);
    assert_json_is_stable::<Json>(bytes);
    assert_json_is_stable::<SourceInfo>(bytes);
    assert_json_is_stable::<SourceMetadata>(bytes);
    assert_json_is_stable::<SourceParams>(bytes);
    assert_json_is_stable::<TaskInput>(bytes);
    assert_json_is_stable::<TaskInfo>(bytes);
    assert_json_is_stable::<TaskParams>(bytes);
    assert_json_is_stable::<Response>(bytes);
    assert_json_is_stable::<Receipt>(bytes);
    assert_json_is_stable::<Log>(bytes);
}

proptest! {
    #[test]
    fn any_text(text in prop_oneof![any::<String>(), "0x[0-9a-fA-F]{0,80}", "[-+0-9.eE]{0,90}"]) {
        assert_text_is_stable::<Address>(&text);
        assert_text_is_stable::<Hash32>(&text);
        assert_text_is_stable::<HexBytes>(&text);
        assert_text_is_stable::<Wei>(&text);
        assert_text_is_stable::<ChainId>(&text);
        assert_text_is_stable::<Environment>(&text);
        assert_text_is_stable::<TaskStatus>(&text);
    }

    #[test]
    fn any_text_in_any_unit(text in prop_oneof![any::<String>(), "[0-9]{0,80}\\.?[0-9]{0,80}"], decimals: u8) {
        if let Ok(wei) = Wei::parse_units(&text, decimals) {
            prop_assert_eq!(Wei::parse_units(&wei.format_units(decimals), decimals), Ok(wei));
        }
    }

    #[test]
    fn any_bytes_as_json(bytes: Vec<u8>) {
        assert_every_type_reads_or_refuses(&bytes);
    }

    #[test]
    fn any_json_scalar(json in prop_oneof![
        "-?[0-9]{1,90}(\\.[0-9]{1,9})?([eE][-+]?[0-9]{1,4})?",
        "\"[-0-9a-zA-Z_| .x]{0,90}\"",
    ]) {
        assert_every_type_reads_or_refuses(json.as_bytes());
    }

    #[test]
    fn any_json_with_the_keys_of_a_task(
        name in any::<String>(), data in "-?[1-9][0-9]{0,60}", key in "[a-z_]{1,13}",
    ) {
        let name = Json::new(&name).unwrap();
        let json = format!(r#"{{"function_name":{name},"data":{data},"{key}":[{data}]}}"#);
        assert_every_type_reads_or_refuses(json.as_bytes());
    }
}
