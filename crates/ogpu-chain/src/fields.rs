//! Reading the fields of a chain's description, with the name of the field in every error.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A description that makes no chain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// The description is no table of fields.
    #[error("`{field}` must be a table of fields")]
    NotTable {
        /// The field, or `chain` for the whole description.
        field: String,
    },
    /// A field is needed and not given.
    #[error("field `{field}` is missing")]
    Missing {
        /// The field, with the table that it is in, such as `contracts.nexus`.
        field: String,
    },
    /// A field holds something that does not fit it.
    #[error("field `{field}` is not valid")]
    Invalid {
        /// The field, with the table that it is in.
        field: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A field holds a value of the right kind that breaks a rule.
    #[error("field `{field}` {rule}")]
    Rule {
        /// The field, with the table that it is in.
        field: String,
        /// The rule, such as `must not be the zero address`.
        rule: &'static str,
    },
}

impl SpecError {
    /// The field at fault, with the table that it is in, such as `contracts.nexus`.
    #[must_use]
    pub fn field(&self) -> &str {
        match self {
            Self::NotTable { field }
            | Self::Missing { field }
            | Self::Invalid { field, .. }
            | Self::Rule { field, .. } => field,
        }
    }
}

/// A table of fields. A field that is null counts as not given.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    /// The table's own name, or nothing for the outermost.
    table: Option<&'static str>,
    values: Option<&'a Map<String, Value>>,
}

impl<'a> Fields<'a> {
    pub(crate) fn outermost(value: &'a Value) -> Result<Self, SpecError> {
        let values = value.as_object().ok_or_else(|| SpecError::NotTable {
            field: "chain".to_owned(),
        })?;
        Ok(Self {
            table: None,
            values: Some(values),
        })
    }

    /// The table in this field, empty if it is not given.
    pub(crate) fn table(self, name: &'static str) -> Result<Self, SpecError> {
        let values = match self.value(name) {
            None => None,
            Some(Value::Object(values)) => Some(values),
            Some(_) => {
                return Err(SpecError::NotTable {
                    field: self.path(name),
                });
            }
        };
        Ok(Self {
            table: Some(name),
            values,
        })
    }

    pub(crate) fn optional<T: DeserializeOwned>(self, name: &str) -> Result<Option<T>, SpecError> {
        self.value(name)
            .map(|value| {
                T::deserialize(value).map_err(|source| SpecError::Invalid {
                    field: self.path(name),
                    source,
                })
            })
            .transpose()
    }

    pub(crate) fn required<T: DeserializeOwned>(self, name: &str) -> Result<T, SpecError> {
        self.optional(name)?.ok_or_else(|| self.missing(name))
    }

    /// The error that a field is not given.
    pub(crate) fn missing(self, name: &str) -> SpecError {
        SpecError::Missing {
            field: self.path(name),
        }
    }

    /// The error that a field breaks a rule.
    pub(crate) fn broken(self, name: &str, rule: &'static str) -> SpecError {
        SpecError::Rule {
            field: self.path(name),
            rule,
        }
    }

    fn value(self, name: &str) -> Option<&'a Value> {
        self.values?.get(name).filter(|value| !value.is_null())
    }

    fn path(self, name: &str) -> String {
        match self.table {
            None => name.to_owned(),
            Some(table) => format!("{table}.{name}"),
        }
    }
}

/// Writes the fields of `over` over those of `base`, table by table; null leaves a field alone.
pub(crate) fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (_, Value::Null) => {}
        (Value::Object(base), Value::Object(over)) => {
            for (name, value) in over {
                merge(base.entry(name).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}
