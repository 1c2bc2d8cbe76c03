//! The types inside buffered JSON, TOML and binary formats, where raw JSON text does not exist.

use ogpu_types::{
    DeliveryMethod, Environment, ImageEnvironments, Json, SourceInfo, TaskInput, TaskStatus, Wei,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Inner {
    wei: Wei,
    json: Json,
    status: TaskStatus,
    environment: Environment,
}

/// `flatten` makes serde buffer all values before it hands them on.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flattened {
    #[serde(flatten)]
    inner: Inner,
}

#[test]
fn a_source_is_read_from_toml() {
    let info: SourceInfo = toml::from_str(
        r#"
        name = "upscaler"
        description = "makes pictures larger"
        logoUrl = ""
        minPayment = "10000000000000000"
        minAvailableLockup = 9223372036854775807
        maxExpiryDuration = 86400
        deliveryMethod = "FIRST_RESPONSE"

        [imageEnvs]
        nvidia = "https://example.org/nvidia.yml"
        "#,
    )
    .unwrap();
    assert_eq!(info.validate(), Ok(()));
    assert_eq!(info.min_payment, Wei::parse_ether("0.01").unwrap());
    assert_eq!(
        info.min_available_lockup,
        Wei::from(9_223_372_036_854_775_807_u64)
    );
    assert_eq!(info.delivery_method, DeliveryMethod::FirstResponse);
    assert_eq!(
        info.image_envs,
        ImageEnvironments::nvidia("https://example.org/nvidia.yml")
    );
}

#[test]
fn a_float_in_toml_is_no_amount_however_whole_it_looks() {
    for (float, shown) in [("1e18", "1e18"), ("1000000.0", "1000000.0"), ("0.5", "0.5")] {
        let text = format!("wei = {float}\njson = 1\nstatus = 0\nenvironment = 1");
        let error = toml::from_str::<Inner>(&text).unwrap_err().to_string();
        assert!(
            error.contains("not a whole number of wei"),
            "{shown}: {error}"
        );
    }
    let text = "wei = nan\njson = 1\nstatus = 0\nenvironment = 1";
    let error = toml::from_str::<Inner>(text).unwrap_err().to_string();
    assert!(error.contains("`NaN` is not a JSON number"), "{error}");
}

#[test]
fn any_toml_value_becomes_json() {
    let input: TaskInput = toml::from_str(
        r#"
        function_name = "predict"
        flags = [true, false]
        [data]
        text = "héllo"
        nested = { z = 1, a = 1.5 }
        "#,
    )
    .unwrap();
    assert_eq!(
        input.data::<serde_json::Value>().unwrap(),
        json!({"text": "héllo", "nested": {"z": 1, "a": 1.5}})
    );
    assert_eq!(input.extra("flags").unwrap().as_str(), "[true,false]");
}

#[test]
fn buffered_json_keeps_integers_of_64_bits() {
    let text = r#"{"wei":18446744073709551615,"json":{"a":[18446744073709551615,"x",null,true,-1.5]},"status":5,"environment":3}"#;
    let read: Flattened = serde_json::from_str(text).unwrap();
    assert_eq!(read.inner.wei, Wei::from(u64::MAX));
    assert_eq!(
        read.inner.json.as_str(),
        r#"{"a":[18446744073709551615,"x",null,true,-1.5]}"#
    );
    assert_eq!(read.inner.status, TaskStatus::Finalized);
    assert_eq!(
        read.inner.environment,
        Environment::CPU | Environment::NVIDIA
    );
    let again: Flattened = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
    assert_eq!(again, read);
}

#[test]
fn a_larger_integer_in_buffered_json_is_exact_or_refused_but_never_rounded() {
    let text = r#"{"wei":100000000000000000001,"json":null,"status":0,"environment":0}"#;
    match serde_json::from_str::<Flattened>(text) {
        Ok(read) => assert_eq!(read.inner.wei.to_string(), "100000000000000000001"),
        Err(error) => assert!(error.to_string().contains("not a whole number"), "{error}"),
    }
    let quoted = text.replace("100000000000000000001", "\"100000000000000000001\"");
    let read: Flattened = serde_json::from_str(&quoted).unwrap();
    assert_eq!(read.inner.wei.to_string(), "100000000000000000001");
}

#[test]
fn a_binary_format_keeps_every_digit() {
    let text = r#"{"z":1000000000000000000000000000000, "a":1.10}"#;
    let inner = Inner {
        wei: Wei::MAX,
        json: Json::from_text(text).unwrap(),
        status: TaskStatus::Expired,
        environment: Environment::AMD,
    };
    let bytes = postcard::to_stdvec(&inner).unwrap();
    assert_eq!(postcard::from_bytes::<Inner>(&bytes).unwrap(), inner);
}

#[test]
fn json_that_a_hostile_map_forges_is_checked() {
    use serde::de::value::{Error, MapDeserializer};

    let entries = [("$serde_json::private::RawValue", "[1,")];
    let forged = MapDeserializer::<_, Error>::new(entries.into_iter());
    assert!(Json::deserialize(forged).is_err());
    let entries = [("$serde_json::private::Number", "12x")];
    let forged = MapDeserializer::<_, Error>::new(entries.into_iter());
    assert!(Wei::deserialize(forged).is_err());
}
