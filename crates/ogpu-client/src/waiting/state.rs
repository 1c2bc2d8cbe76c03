//! What is known of a task at some block.

use ogpu_types::{
    DeliveryMethod, NexusEvent, ProtocolEvent, ResponseAddress, TaskAddress, TaskSnapshot,
    TaskStatus,
};

/// What is known of a task at some block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaskState {
    pub(crate) status: TaskStatus,
    pub(crate) delivery_method: DeliveryMethod,
    /// In unix seconds.
    pub(crate) expiry_time: u64,
    /// The chain's time, in unix seconds.
    pub(crate) time: u64,
}

impl TaskState {
    pub(crate) fn new(snapshot: &TaskSnapshot, time: u64) -> Self {
        Self {
            status: snapshot.status,
            delivery_method: snapshot.delivery_method,
            expiry_time: snapshot.expiry_time,
            time,
        }
    }

    /// Whether nobody can respond in later blocks.
    pub(crate) fn is_closed(&self) -> bool {
        self.status.is_final() || self.time >= self.expiry_time
    }

    /// Learns what happened in a block at this time: the responses that were submitted to the task.
    ///
    /// The order of blocks does not matter: a task never goes back.
    pub(crate) fn learn<'a>(
        &mut self,
        task: TaskAddress,
        time: u64,
        events: impl IntoIterator<Item = &'a ProtocolEvent>,
    ) -> Vec<ResponseAddress> {
        self.time = self.time.max(time);
        let mut responses = Vec::new();
        for event in events {
            match event {
                ProtocolEvent::Nexus(NexusEvent::TaskStatusChanged { task: of, status })
                    if *of == task =>
                {
                    self.reach(*status);
                }
                // Whether or not the network also says so in a change of status.
                ProtocolEvent::Nexus(NexusEvent::Attempted { task: of, .. }) if *of == task => {
                    self.reach(TaskStatus::Attempted);
                }
                ProtocolEvent::Nexus(NexusEvent::ResponseSubmitted { task: of, response })
                    if *of == task =>
                {
                    self.reach(TaskStatus::Responded);
                    responses.push(*response);
                }
                _ => {}
            }
        }
        responses
    }

    fn reach(&mut self, status: TaskStatus) {
        if progress(status) > progress(self.status) {
            self.status = status;
        }
    }
}

/// How far along its life a task is.
pub(super) fn progress(status: TaskStatus) -> u8 {
    match status {
        TaskStatus::New => 0,
        TaskStatus::Attempted => 1,
        TaskStatus::Responded => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use ogpu_types::{Address, Wei};

    use super::*;

    const TASK: Address = Address::new([1; 20]);
    const OTHER: Address = Address::new([2; 20]);
    const RESPONSE: Address = Address::new([3; 20]);

    fn state(status: TaskStatus) -> TaskState {
        TaskState {
            status,
            delivery_method: DeliveryMethod::ManualConfirmation,
            expiry_time: 100,
            time: 10,
        }
    }

    fn changed(task: Address, status: TaskStatus) -> ProtocolEvent {
        let task = task.into();
        ProtocolEvent::Nexus(NexusEvent::TaskStatusChanged { task, status })
    }

    fn attempted(task: Address) -> ProtocolEvent {
        ProtocolEvent::Nexus(NexusEvent::Attempted {
            task: task.into(),
            provider: OTHER,
            suggested_payment: Wei::ZERO,
        })
    }

    fn submitted(task: Address) -> ProtocolEvent {
        ProtocolEvent::Nexus(NexusEvent::ResponseSubmitted {
            response: RESPONSE.into(),
            task: task.into(),
        })
    }

    /// The status after these events, and the number of responses among them.
    fn after(status: TaskStatus, events: &[ProtocolEvent]) -> (TaskStatus, usize) {
        let mut state = state(status);
        let responses = state.learn(TASK.into(), 11, events);
        (state.status, responses.len())
    }

    #[test]
    fn attempts_and_responses_tell_of_the_status_themselves() {
        let new = TaskStatus::New;
        assert_eq!(after(new, &[attempted(TASK)]), (TaskStatus::Attempted, 0));
        assert_eq!(after(new, &[submitted(TASK)]), (TaskStatus::Responded, 1));
        let finalized = changed(TASK, TaskStatus::Finalized);
        assert_eq!(
            after(new, &[submitted(TASK), finalized]),
            (TaskStatus::Finalized, 1)
        );
    }

    #[test]
    fn other_tasks_are_no_matter() {
        let events = [
            attempted(OTHER),
            submitted(OTHER),
            changed(OTHER, TaskStatus::Canceled),
        ];
        assert_eq!(after(TaskStatus::New, &events), (TaskStatus::New, 0));
    }

    #[test]
    fn what_is_heard_late_or_twice_takes_nothing_back() {
        let events = [attempted(TASK), changed(TASK, TaskStatus::Attempted)];
        let responded = TaskStatus::Responded;
        assert_eq!(after(responded, &events), (responded, 0));
        assert_eq!(
            after(TaskStatus::Canceled, &[submitted(TASK)]).0,
            TaskStatus::Canceled
        );
    }

    #[test]
    fn a_task_is_closed_from_its_expiry_time_on() {
        let mut state = state(TaskStatus::Attempted);
        state.learn(TASK.into(), 99, []);
        assert!(!state.is_closed());
        state.learn(TASK.into(), 100, []);
        assert!(state.is_closed());
        state.learn(TASK.into(), 50, []);
        assert_eq!(state.time, 100);
    }
}
