//! Whether a task is where somebody waits for it, and whether it can still get there.

use ogpu_types::TaskStatus;

use super::state::{TaskState, progress};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is there, or has been.
    Reached,
    /// It may get there.
    Open,
    /// It has ended elsewhere, or can only end elsewhere.
    Unreachable,
    /// Nobody has taken it further by its expiry time, and nobody may any more.
    Expired,
}

/// The table in the documentation of [`Task::wait_for`](crate::handles::Task::wait_for).
pub(crate) fn verdict(wanted: TaskStatus, state: &TaskState) -> Verdict {
    let status = state.status;
    if status == wanted || wanted == TaskStatus::New {
        return Verdict::Reached;
    }
    match wanted {
        // Only a new task can be cancelled.
        TaskStatus::Canceled if status != TaskStatus::New => Verdict::Unreachable,
        TaskStatus::Attempted | TaskStatus::Responded | TaskStatus::Finalized => {
            if matches!(status, TaskStatus::Canceled | TaskStatus::Expired) {
                Verdict::Unreachable
            } else if progress(status) > progress(wanted) {
                Verdict::Reached
            } else if state.is_closed() && status != TaskStatus::Responded {
                Verdict::Expired
            } else {
                Verdict::Open
            }
        }
        _ if status.is_final() => Verdict::Unreachable,
        _ => Verdict::Open,
    }
}

#[cfg(test)]
mod tests {
    use ogpu_types::DeliveryMethod;

    use super::*;

    fn at(status: TaskStatus, time: u64) -> TaskState {
        TaskState {
            status,
            delivery_method: DeliveryMethod::ManualConfirmation,
            expiry_time: 100,
            time,
        }
    }

    /// One letter for each status, in the order of the protocol: Reached, Open, Unreachable, Expired.
    fn row(wanted: TaskStatus, time: u64) -> String {
        let letter = |status: &TaskStatus| match verdict(wanted, &at(*status, time)) {
            Verdict::Reached => 'r',
            Verdict::Open => 'o',
            Verdict::Unreachable => 'u',
            Verdict::Expired => 'e',
        };
        TaskStatus::ALL.iter().map(letter).collect()
    }

    #[test]
    fn each_status_is_reached_open_or_unreachable_as_documented() {
        // Seen: NEW, ATTEMPTED, RESPONDED, CANCELED, EXPIRED, FINALIZED.
        assert_eq!(row(TaskStatus::New, 50), "rrrrrr");
        assert_eq!(row(TaskStatus::Attempted, 50), "orruur");
        assert_eq!(row(TaskStatus::Responded, 50), "ooruur");
        assert_eq!(row(TaskStatus::Canceled, 50), "ouuruu");
        assert_eq!(row(TaskStatus::Expired, 50), "ooouru");
        assert_eq!(row(TaskStatus::Finalized, 50), "ooouur");
    }

    #[test]
    fn after_the_expiry_time_only_confirmation_cancellation_and_expiry_are_left() {
        assert_eq!(row(TaskStatus::New, 100), "rrrrrr");
        assert_eq!(row(TaskStatus::Attempted, 100), "erruur");
        assert_eq!(row(TaskStatus::Responded, 100), "eeruur");
        assert_eq!(row(TaskStatus::Canceled, 100), "ouuruu");
        assert_eq!(row(TaskStatus::Expired, 100), "ooouru");
        assert_eq!(row(TaskStatus::Finalized, 100), "eeouur");
    }
}
