//! Tasks: one paid piece of work for a source.

use serde::{Deserialize, Serialize};

use crate::{
    SourceAddress, TaskInput, ValidationError, Wei,
    validation::{require_address, require_text},
};

/// What a client says about a task in order to publish it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskInfo {
    /// The source that is to do it.
    pub source: SourceAddress,
    /// What it is to do.
    pub config: TaskInput,
    /// Until when providers may take it up, in unix seconds.
    pub expiry_time: u64,
    /// What the provider of the confirmed response is paid, at least the source's minimum.
    pub payment: Wei,
}

impl TaskInfo {
    /// Checks what can be checked without the chain; `now` is in unix seconds.
    ///
    /// # Errors
    ///
    /// The first rule broken, in this order: the source is not the zero address, the function's
    /// name is not empty, the expiry time is after `now`.
    pub fn validate(&self, now: u64) -> Result<(), ValidationError> {
        require_address("source", self.source.address())?;
        require_text("config.function_name", self.config.function_name())?;
        if self.expiry_time <= now {
            return Err(ValidationError::Expired {
                field: "expiry_time",
                expiry_time: self.expiry_time,
                now,
            });
        }
        Ok(())
    }
}

/// The parameters of a task as its contract holds them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskParams {
    /// The source that is to do it.
    pub source: SourceAddress,
    /// Where the task's configuration is pinned.
    pub config: String,
    /// Until when providers may take it up, in unix seconds.
    pub expiry_time: u64,
    /// What the provider of the confirmed response is paid.
    pub payment: Wei,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Address;

    fn task() -> TaskInfo {
        TaskInfo {
            source: Address::new([1; 20]).into(),
            config: TaskInput::new("predict", &1).unwrap(),
            expiry_time: 101,
            payment: Wei::ZERO,
        }
    }

    #[test]
    fn a_task_that_expires_in_the_future_is_valid() {
        assert_eq!(task().validate(100), Ok(()));
    }

    #[test]
    fn expiring_now_is_too_early_and_the_error_has_both_times() {
        assert_eq!(
            task().validate(101),
            Err(ValidationError::Expired {
                field: "expiry_time",
                expiry_time: 101,
                now: 101
            })
        );
    }

    #[test]
    fn the_first_broken_rule_is_reported() {
        let mut task = task();
        task.config = TaskInput::new(" ", &1).unwrap();
        assert_eq!(
            task.validate(100),
            Err(ValidationError::EmptyText {
                field: "config.function_name"
            })
        );
        task.source = Address::ZERO.into();
        let error = task.validate(200).unwrap_err();
        assert_eq!(error, ValidationError::ZeroAddress { field: "source" });
        assert_eq!(error.field(), "source");
    }

    #[test]
    fn keys_are_those_of_the_protocol() {
        assert_eq!(
            serde_json::to_string(&task()).unwrap(),
            r#"{"source":"0x0101010101010101010101010101010101010101","config":{"function_name":"predict","data":1},"expiryTime":101,"payment":"0"}"#
        );
    }
}
