//! JSON kept as it was written.

use std::{any::type_name, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Error},
    ser,
};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

use crate::json_text::read_json_text;

/// One JSON value, kept as its exact text.
///
/// Integers of any size, the digits of a fraction and the order of keys survive reading and
/// writing, where a tree of values would round or sort them. Two values are equal if their texts
/// are. `serde_json::to_value` is the one way to lose digits: what it makes is such a tree.
///
/// ```
/// use ogpu_types::Json;
///
/// let json = Json::from_text(r#"{"z": 1000000000000000000000, "a": 1.10}"#)?;
/// assert_eq!(serde_json::to_string(&json).unwrap(), json.as_str());
/// # Ok::<(), ogpu_types::JsonError>(())
/// ```
#[derive(Clone)]
pub struct Json(Box<RawValue>);

/// A conversion from or to JSON that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// A value of the program has no JSON form.
    #[error("cannot write the value as JSON")]
    Write {
        /// What the serialiser refused.
        source: serde_json::Error,
    },
    /// A text is not one JSON value.
    #[error("the text is not one valid JSON value")]
    Text {
        /// Where and why.
        source: serde_json::Error,
    },
    /// The JSON value has not the shape that was asked for.
    #[error("the JSON value does not have the expected shape")]
    Shape {
        /// Where and why.
        source: serde_json::Error,
    },
}

impl Json {
    /// The JSON form of a value, in the order and with the digits that it serialises.
    ///
    /// # Errors
    ///
    /// [`JsonError::Write`] if the value has no JSON form, such as a map whose keys are no strings.
    pub fn new<T: Serialize + ?Sized>(value: &T) -> Result<Self, JsonError> {
        to_raw_value(value)
            .map(Self)
            .map_err(|source| JsonError::Write { source })
    }

    /// Checks a JSON text and keeps it, without the white space around it.
    ///
    /// # Errors
    ///
    /// [`JsonError::Text`] if it is not exactly one JSON value.
    pub fn from_text(text: impl Into<String>) -> Result<Self, JsonError> {
        RawValue::from_string(text.into())
            .map(Self)
            .map_err(|source| JsonError::Text { source })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// Reads the value into a type.
    ///
    /// # Errors
    ///
    /// [`JsonError::Shape`] if it does not have the type's shape.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        serde_json::from_str(self.as_str()).map_err(|source| JsonError::Shape { source })
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Json {}

impl fmt::Display for Json {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Json({})", self.as_str())
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self(
            to_raw_value(&value).expect("a tree of JSON values has string keys and finite numbers"),
        )
    }
}

impl Serialize for Json {
    /// Verbatim into `serde_json`, as a tree of values into other text formats, and as a string of
    /// the text into binary formats, which could not tell on reading what they hold.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Only serde_json knows how to write raw text; a serialiser tells its maker by its error.
        if type_name::<S::Error>() == type_name::<serde_json::Error>() {
            self.0.serialize(serializer)
        } else if serializer.is_human_readable() {
            self.parse::<Value>()
                .map_err(ser::Error::custom)?
                .serialize(serializer)
        } else {
            serializer.serialize_str(self.as_str())
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RawValue::from_string(read_json_text(deserializer)?)
            .map(Self)
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{from_slice, from_str, from_value, json, to_string, to_value};

    use super::*;

    const EXACT: &str = r#"{ "z" : 1000000000000000000000000000000, "a":[1.10, -0] }"#;

    #[test]
    fn text_is_kept_but_for_the_space_around_it() {
        let json = Json::from_text(format!("\n{EXACT} ")).unwrap();
        assert_eq!(json.as_str(), EXACT);
        assert_eq!(json.to_string(), EXACT);
        assert_eq!(to_string(&json).unwrap(), EXACT);
        assert_eq!(from_str::<Json>(EXACT).unwrap(), json);
        assert_eq!(from_slice::<Json>(EXACT.as_bytes()).unwrap(), json);
        assert_eq!(Json::new(&json).unwrap(), json);
    }

    #[test]
    fn what_is_not_one_json_value_is_refused() {
        for text in ["", "{", "1 2", "nul", "'a'", "[1,]"] {
            assert!(
                matches!(Json::from_text(text), Err(JsonError::Text { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn a_tree_of_values_converts_both_ways() {
        let tree = json!({"b": [1, "x", null], "a": 1.5});
        let json = Json::from(tree.clone());
        assert_eq!(json.parse::<Value>().unwrap(), tree);
        assert_eq!(from_value::<Json>(tree.clone()).unwrap(), json);
        assert_eq!(to_value(&json).unwrap(), tree);
    }

    #[test]
    fn keys_that_are_no_strings_are_refused() {
        let map = BTreeMap::from([(vec![1], 1)]);
        assert!(matches!(Json::new(&map), Err(JsonError::Write { .. })));
    }

    #[test]
    fn a_different_shape_is_refused() {
        let json = Json::from_text("1").unwrap();
        assert!(matches!(
            json.parse::<String>(),
            Err(JsonError::Shape { .. })
        ));
    }

    #[test]
    fn depth_is_no_danger() {
        let text = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        let json = Json::from_text(text).unwrap();
        assert!(json.parse::<Value>().is_err());
    }
}
