//! What the machines decide, for whoever wants to replay it.

use ogpu_tx::{Action, Event, Millis};
use ogpu_types::Address;

/// A trace that, replayed through the machine, gives the same actions.
pub(super) fn transition(account: Address, now: Millis, event: &Event, actions: &[Action]) {
    if !tracing::enabled!(target: "ogpu_client::transitions", tracing::Level::TRACE) {
        return;
    }
    let text = |value: Result<String, serde_json::Error>| value.unwrap_or_default();
    tracing::trace!(
        target: "ogpu_client::transitions",
        %account,
        now,
        event = text(serde_json::to_string(event)),
        actions = text(serde_json::to_string(actions)),
    );
}
