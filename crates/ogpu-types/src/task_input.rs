//! What a task asks a source to do.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Error, MapAccess, Visitor},
    ser::SerializeMap,
};

use crate::{Json, JsonError};

const FUNCTION_NAME: &str = "function_name";
const DATA: &str = "data";

/// The configuration of a task, pinned as `taskConfig.json`.
///
/// The JSON is one object: `function_name`, `data`, then the extra keys in alphabetical order.
/// All values are kept as exact text: see [`Json`].
///
/// ```
/// use ogpu_types::TaskInput;
///
/// let input = TaskInput::new("predict", &["a", "b"])?.with_extra("priority", &2)?;
/// assert_eq!(
///     serde_json::to_string(&input).unwrap(),
///     r#"{"function_name":"predict","data":["a","b"],"priority":2}"#,
/// );
/// # Ok::<(), ogpu_types::TaskInputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskInput {
    function_name: String,
    data: Json,
    extra: BTreeMap<String, Json>,
}

/// A task configuration that cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaskInputError {
    /// An extra key is one that the protocol gives its own meaning.
    #[error("`{key}` cannot be an extra key: the protocol has its own value under it")]
    ReservedKey {
        /// The refused key.
        key: String,
    },
    /// A value has no JSON form.
    #[error("the value of `{key}` cannot be written as JSON")]
    Value {
        /// The key of the value.
        key: String,
        /// What the serialiser refused.
        source: JsonError,
    },
}

impl TaskInput {
    /// Asks for `function_name` to be called with `data`.
    ///
    /// JSON has no infinities and no NaN: such floats become `null`, as serde_json writes them.
    ///
    /// # Errors
    ///
    /// [`TaskInputError::Value`] if `data` has no JSON form.
    pub fn new<T: Serialize + ?Sized>(
        function_name: impl Into<String>,
        data: &T,
    ) -> Result<Self, TaskInputError> {
        Ok(Self {
            function_name: function_name.into(),
            data: to_json(DATA, data)?,
            extra: BTreeMap::new(),
        })
    }

    /// The same with one more top-level key, which replaces an earlier one of the same name.
    ///
    /// # Errors
    ///
    /// [`TaskInputError::ReservedKey`] for `function_name` and `data`, and
    /// [`TaskInputError::Value`] if the value has no JSON form.
    pub fn with_extra<T: Serialize + ?Sized>(
        mut self,
        key: impl Into<String>,
        value: &T,
    ) -> Result<Self, TaskInputError> {
        let key = key.into();
        if key == FUNCTION_NAME || key == DATA {
            return Err(TaskInputError::ReservedKey { key });
        }
        let value = to_json(&key, value)?;
        self.extra.insert(key, value);
        Ok(self)
    }

    /// The function that the source is to call.
    #[must_use]
    pub fn function_name(&self) -> &str {
        &self.function_name
    }

    /// Reads the function's input into a type.
    ///
    /// # Errors
    ///
    /// [`JsonError::Shape`] if it does not have the type's shape.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        self.data.parse()
    }

    /// The function's input as JSON text.
    #[must_use]
    pub const fn data_json(&self) -> &Json {
        &self.data
    }

    /// The value of an extra top-level key.
    #[must_use]
    pub fn extra(&self, key: &str) -> Option<&Json> {
        self.extra.get(key)
    }

    /// All extra top-level keys with their values, in alphabetical order.
    pub fn extras(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.extra.iter().map(|(key, value)| (key.as_str(), value))
    }
}

fn to_json<T: Serialize + ?Sized>(key: &str, value: &T) -> Result<Json, TaskInputError> {
    Json::new(value).map_err(|source| TaskInputError::Value {
        key: key.to_owned(),
        source,
    })
}

impl Serialize for TaskInput {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2 + self.extra.len()))?;
        map.serialize_entry(FUNCTION_NAME, &self.function_name)?;
        map.serialize_entry(DATA, &self.data)?;
        for (key, value) in &self.extra {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for TaskInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TaskInputVisitor)
    }
}

struct TaskInputVisitor;

impl<'de> Visitor<'de> for TaskInputVisitor {
    type Value = TaskInput;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a task configuration with `function_name` and `data`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<TaskInput, A::Error> {
        let mut function_name = None;
        let mut data = None;
        let mut extra = BTreeMap::new();
        while let Some(key) = entries.next_key::<String>()? {
            let seen_before = match key.as_str() {
                FUNCTION_NAME => function_name.replace(entries.next_value()?).is_some(),
                DATA => data.replace(entries.next_value()?).is_some(),
                _ => extra.insert(key.clone(), entries.next_value()?).is_some(),
            };
            if seen_before {
                return Err(A::Error::custom(format_args!("duplicate key `{key}`")));
            }
        }
        Ok(TaskInput {
            function_name: function_name.ok_or_else(|| A::Error::missing_field(FUNCTION_NAME))?,
            data: data.ok_or_else(|| A::Error::missing_field(DATA))?,
            extra,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use serde_json::{from_str, json, to_string};

    use super::*;

    #[test]
    fn the_protocols_keys_come_first_and_extras_are_sorted() {
        let input = TaskInput::new("f", &json!({"text": "hello"}))
            .and_then(|input| input.with_extra("z", "last"))
            .and_then(|input| input.with_extra("a", &[1, 2]))
            .unwrap();
        assert_eq!(
            to_string(&input).unwrap(),
            r#"{"function_name":"f","data":{"text":"hello"},"a":[1,2],"z":"last"}"#
        );
        assert_eq!(input.extra("a").unwrap().as_str(), "[1,2]");
        assert!(input.extra("b").is_none());
        let keys: Vec<_> = input.extras().map(|(key, _)| key).collect();
        assert_eq!(keys, ["a", "z"]);
    }

    #[test]
    fn data_of_any_shape_survives_exactly() {
        for data in [
            "340282366920938463463374607431768211455",
            "-170141183460469231731687303715884105728",
            "1000000000000000000000000000000",
            "0.1000000000000000055511151231257827",
            "1E+400",
            r#"{"z":1,"a":{"b":[{"c":[[]]},null,true]}}"#,
            r#""héllo \ud83d\ude00 😀 \n \" \\""#,
            "null",
        ] {
            let text = format!(r#"{{"function_name":"f","data":{data},"x":{data}}}"#);
            let input: TaskInput = from_str(&text).unwrap();
            assert_eq!(input.data_json().as_str(), data);
            assert_eq!(input.extra("x").unwrap().as_str(), data);
            assert_eq!(to_string(&input).unwrap(), text);
        }
    }

    #[test]
    fn the_largest_integer_of_rust_comes_back_typed() {
        let input = TaskInput::new("f", &u128::MAX).unwrap();
        let read: TaskInput = from_str(&to_string(&input).unwrap()).unwrap();
        assert_eq!(read.data::<u128>().unwrap(), u128::MAX);
        assert!(read.data::<String>().is_err());
    }

    #[test]
    fn a_later_extra_replaces_an_earlier_one() {
        let input = TaskInput::new("f", &1)
            .and_then(|input| input.with_extra("a", &1))
            .and_then(|input| input.with_extra("a", &2))
            .unwrap();
        assert_eq!(input.extra("a").unwrap().as_str(), "2");
    }

    #[test]
    fn the_protocols_keys_cannot_be_extras() {
        for key in ["function_name", "data"] {
            let error = TaskInput::new("f", &1)
                .unwrap()
                .with_extra(key, &1)
                .unwrap_err();
            assert!(
                matches!(error, TaskInputError::ReservedKey { key: refused } if refused == key)
            );
        }
    }

    #[test]
    fn a_value_without_json_form_is_refused_with_its_key() {
        let unwritable = BTreeMap::from([(vec![1_u8], 1)]);
        let error = TaskInput::new("f", &unwritable).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the value of `data` cannot be written as JSON"
        );
        assert!(error.source().is_some());
    }

    #[test]
    fn missing_and_duplicate_keys_are_refused_by_name() {
        for (text, part) in [
            (r#"{"data":1}"#, "missing field `function_name`"),
            (r#"{"function_name":"f"}"#, "missing field `data`"),
            (
                r#"{"function_name":"f","data":1,"data":1}"#,
                "duplicate key `data`",
            ),
            (
                r#"{"function_name":"f","function_name":"f","data":1}"#,
                "duplicate key `function_name`",
            ),
            (
                r#"{"function_name":"f","data":1,"x":1,"x":2}"#,
                "duplicate key `x`",
            ),
            (
                r#"{"function_name":1,"data":1}"#,
                "invalid type: integer `1`",
            ),
            ("[]", "`function_name` and `data`"),
        ] {
            let error = from_str::<TaskInput>(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
