//! The enums of the protocol.

use crate::protocol_enum::protocol_enum;

protocol_enum! {
    /// How the response that is paid is chosen.
    #[derive(Default)]
    DeliveryMethod {
        /// The client confirms one of the responses.
        #[default]
        ManualConfirmation = 0, "MANUAL_CONFIRMATION";
        /// The first response is confirmed as it is submitted.
        FirstResponse = 1, "FIRST_RESPONSE";
    }
}

protocol_enum! {
    /// Whether tasks can be published to a source.
    SourceStatus {
        /// Open for registrations and tasks.
        Active = 0, "ACTIVE";
        /// Closed by its owner. Not final: an owner of the contracts may reopen it.
        Inactive = 1, "INACTIVE";
    }
}

protocol_enum! {
    /// Where a task is in its life.
    TaskStatus {
        /// Published; no provider has taken it up. The only state from which it can be cancelled.
        New = 0, "NEW";
        /// At least one provider works on it.
        Attempted = 1, "ATTEMPTED";
        /// At least one response is submitted.
        Responded = 2, "RESPONDED";
        /// Cancelled by its client; the payment is released.
        Canceled = 3, "CANCELED";
        /// Attempted only after its expiry time.
        Expired = 4, "EXPIRED";
        /// A response is confirmed and paid.
        Finalized = 5, "FINALIZED";
    }
}

protocol_enum! {
    /// Whether a response is the one that is paid.
    ResponseStatus {
        /// Submitted, not confirmed.
        Submitted = 0, "SUBMITTED";
        /// Confirmed and paid.
        Confirmed = 1, "CONFIRMED";
    }
}

protocol_enum! {
    /// How a mined transaction ended.
    TransactionStatus {
        /// It reverted: it cost its fee and changed nothing else.
        Reverted = 0, "REVERTED";
        /// It took effect.
        Succeeded = 1, "SUCCEEDED";
    }
}

impl TaskStatus {
    /// Whether the status can never change again.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Canceled | Self::Expired | Self::Finalized)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{UnknownEnumName, UnknownEnumValue};

    /// Checks all members of one enum against the protocol's list of names.
    macro_rules! assert_members {
        ($kind:ident, $($name:literal),+) => {
            let names = [$($name),+];
            assert_eq!($kind::ALL.len(), names.len());
            for (number, (member, name)) in (0_u8..).zip($kind::ALL.iter().copied().zip(names)) {
                assert_eq!(u8::from(member), number);
                assert_eq!($kind::try_from(number), Ok(member));
                assert_eq!(member.to_string(), name);
                assert_eq!(name.parse(), Ok(member));
                let json = serde_json::to_string(&member).unwrap();
                assert_eq!(json, format!("\"{name}\""));
                assert_eq!(serde_json::from_str::<$kind>(&json).unwrap(), member);
                let number = number.to_string();
                assert_eq!(serde_json::from_str::<$kind>(&number).unwrap(), member);
            }
        };
    }

    #[test]
    fn numbers_and_names_are_those_of_the_contracts() {
        assert_members!(DeliveryMethod, "MANUAL_CONFIRMATION", "FIRST_RESPONSE");
        assert_members!(SourceStatus, "ACTIVE", "INACTIVE");
        assert_members!(
            TaskStatus,
            "NEW",
            "ATTEMPTED",
            "RESPONDED",
            "CANCELED",
            "EXPIRED",
            "FINALIZED"
        );
        assert_members!(ResponseStatus, "SUBMITTED", "CONFIRMED");
        assert_members!(TransactionStatus, "REVERTED", "SUCCEEDED");
    }

    #[test]
    fn an_unknown_number_is_kept_whole() {
        assert_eq!(
            TaskStatus::try_from(6),
            Err(UnknownEnumValue {
                kind: "TaskStatus",
                value: 6
            })
        );
        let error = serde_json::from_str::<TaskStatus>("257").unwrap_err();
        assert!(
            error.to_string().contains("257 is no TaskStatus"),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_name_is_refused_with_its_text() {
        assert_eq!(
            "DONE".parse::<TaskStatus>(),
            Err(UnknownEnumName {
                kind: "TaskStatus",
                name: "DONE".to_owned()
            })
        );
        for json in ["-1", "1.5", "null", "[0]", "99999999999999999999"] {
            let error = serde_json::from_str::<TaskStatus>(json).unwrap_err();
            assert!(error.to_string().contains(json), "{error}");
        }
    }

    #[test]
    fn three_task_statuses_are_final() {
        let finals: Vec<_> = TaskStatus::ALL.iter().filter(|s| s.is_final()).collect();
        assert_eq!(
            finals,
            [
                &TaskStatus::Canceled,
                &TaskStatus::Expired,
                &TaskStatus::Finalized
            ]
        );
    }

    #[test]
    fn manual_confirmation_is_the_default() {
        assert_eq!(
            DeliveryMethod::default(),
            DeliveryMethod::ManualConfirmation
        );
    }
}
