//! The exact JSON text of the next value of any deserializer.
//!
//! `serde_json` hands an integer above 64 bits to a visitor as a float, unless its feature
//! `arbitrary_precision` is on, which changes `Value` for every crate of a build. Its additive
//! feature `raw_value` keeps the text instead: a deserializer that is asked for a newtype of the
//! reserved name answers with a one-entry map of that name and the text. Other formats see an
//! ordinary newtype and answer with its content, which is turned into text here.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

use crate::excerpt::excerpt;

/// The name by which `serde_json` recognises a request for raw text, part of its serialised form.
const RAW_VALUE: &str = "$serde_json::private::RawValue";
/// The key under which `serde_json` passes a number's text on if `arbitrary_precision` is enabled.
const NUMBER: &str = "$serde_json::private::Number";

/// A JSON string's content, or a JSON number as it was written.
pub(crate) enum Scalar {
    Text(String),
    Number(String),
}

/// Reads the text of one JSON value.
///
/// A binary format cannot say what it holds, so there the value is a string of the JSON text.
pub(crate) fn read_json_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    if deserializer.is_human_readable() {
        deserializer.deserialize_newtype_struct(RAW_VALUE, JsonTextVisitor)
    } else {
        String::deserialize(deserializer)
    }
}

/// Reads a string or a number, and refuses anything else as not `expected`.
///
/// A binary format always holds a string here.
pub(crate) fn read_scalar<'de, D: Deserializer<'de>>(
    deserializer: D,
    expected: &'static str,
) -> Result<Scalar, D::Error> {
    if !deserializer.is_human_readable() {
        return String::deserialize(deserializer).map(Scalar::Text);
    }
    let json = read_json_text(deserializer)?;
    match json.bytes().next() {
        Some(b'"') => serde_json::from_str(&json)
            .map(Scalar::Text)
            .map_err(D::Error::custom),
        Some(b'-' | b'0'..=b'9') => Ok(Scalar::Number(json)),
        _ => Err(D::Error::custom(format_args!(
            "`{}` is not {expected}",
            excerpt(&json)
        ))),
    }
}

struct JsonTextVisitor;

impl<'de> Visitor<'de> for JsonTextVisitor {
    type Value = String;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_none<E: Error>(self) -> Result<String, E> {
        Ok("null".to_owned())
    }

    fn visit_unit<E: Error>(self) -> Result<String, E> {
        Ok("null".to_owned())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<String, E> {
        Ok(value.to_string())
    }

    /// A float keeps its point or exponent, by which a reader of integers knows it.
    fn visit_f64<E: Error>(self, value: f64) -> Result<String, E> {
        Number::from_f64(value)
            .map(|number| number.to_string())
            .ok_or_else(|| E::custom(format_args!("`{value}` is not a JSON number")))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<String, E> {
        Ok(Value::from(value).to_string())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<String, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element::<Value>()? {
            values.push(value);
        }
        Ok(Value::from(values).to_string())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<String, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.is_empty() && (key == RAW_VALUE || key == NUMBER) {
                return entries.next_value();
            }
            object.insert(key, entries.next_value()?);
        }
        Ok(Value::from(object).to_string())
    }
}
