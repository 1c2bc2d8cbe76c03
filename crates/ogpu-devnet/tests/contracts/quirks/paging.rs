//! Quirks 1, 2, 3 and 5: pages with inclusive bounds, pages that only start at 0, holes, and ids.

use ethers_core::types::Address;
use ogpu_contracts::{
    Revert,
    nexus::{GetSourceIdCall, GetSourcesCall, SourcesCall, UnregisterCall},
    source::{
        GetRegistrantCountCall, GetRegistrantIdCall, GetRegistrantsCall, GetTasksCall,
        RegistrantsCall, TasksCall,
    },
    task::{
        AttempterIdCall, AttemptersCall, GetAttemptCountCall, GetAttemptTimestampsCall,
        GetAttempterIdCall, GetAttemptersCall, GetResponsesOfCall,
    },
};
use ogpu_types::DeliveryMethod;

use crate::support::{Net, ZERO, panic};

/// An index past an array's end.
const OUT_OF_BOUNDS: u64 = 0x32;
/// An arithmetic overflow.
const OVERFLOW: u64 = 0x11;

/// A page getter's call with these bounds.
macro_rules! page {
    ($call:ident, $lower:expr, $upper:expr) => {
        $call {
            lower: $lower.into(),
            upper: $upper.into(),
        }
    };
}

#[tokio::test]
async fn pages_of_attempters_include_both_bounds() {
    let (net, task) = Net::with_two_attempts().await;
    let (first, second) = (net.provider.address, net.rival.address);
    for (lower, upper, expected) in [
        (0, 0, vec![first]),
        (0, 1, vec![first, second]),
        (1, 1, vec![second]),
    ] {
        let page = page!(GetAttemptersCall, lower, upper);
        assert_eq!(net.read(task, page).await.0, expected);
        let page = page!(GetAttemptTimestampsCall, lower, upper);
        assert_eq!(net.read(task, page).await.0.len(), expected.len());
        let page = page!(GetResponsesOfCall, lower, upper);
        assert_eq!(net.read(task, page).await.0.len(), expected.len());
    }
}

#[tokio::test]
async fn asking_for_the_index_behind_the_last_attempt_panics() {
    let (net, task) = Net::with_two_attempts().await;
    assert_eq!(net.read(task, GetAttemptCountCall).await.0, 2.into());
    for (lower, upper) in [(0, 2), (1, 2), (2, 2), (0, 1_000)] {
        let page = page!(GetAttemptersCall, lower, upper);
        assert_eq!(net.read_reverts(task, page).await, panic(OUT_OF_BOUNDS));
        let page = page!(GetAttemptTimestampsCall, lower, upper);
        assert_eq!(net.read_reverts(task, page).await, panic(OUT_OF_BOUNDS));
        let page = page!(GetResponsesOfCall, lower, upper);
        assert_eq!(net.read_reverts(task, page).await, panic(OUT_OF_BOUNDS));
    }
}

#[tokio::test]
async fn a_list_without_items_has_no_first_page() {
    let (net, task) = Net::with_task().await;
    let page = page!(GetAttemptersCall, 0, 0);
    assert_eq!(net.read_reverts(task, page).await, panic(OUT_OF_BOUNDS));
    let page = page!(GetResponsesOfCall, 0, 0);
    assert_eq!(net.read_reverts(task, page).await, panic(OUT_OF_BOUNDS));
}

#[tokio::test]
async fn pages_of_sources_include_both_bounds_as_well() {
    let (net, first) = Net::with_source().await;
    let second = net.publish_source(net.source_params()).await;
    let third = net.publish_source(net.source_params()).await;
    for (lower, upper, expected) in [
        (0, 2, vec![first, second, third]),
        (1, 2, vec![second, third]),
        (1, 1, vec![second]),
    ] {
        let page = page!(GetSourcesCall, lower, upper);
        assert_eq!(net.read(net.nexus, page).await.0, expected);
    }
    for (lower, upper) in [(0, 3), (3, 3)] {
        let page = page!(GetSourcesCall, lower, upper);
        let revert = net.read_reverts(net.nexus, page).await;
        assert_eq!(revert, panic(OUT_OF_BOUNDS));
    }
}

#[tokio::test]
async fn bounds_the_wrong_way_round_overflow() {
    let (net, task) = Net::with_two_attempts().await;
    let page = page!(GetSourcesCall, 2, 0);
    let revert = net.read_reverts(net.nexus, page).await;
    assert_eq!(revert, panic(OVERFLOW));
    let page = page!(GetAttemptersCall, 2, 0);
    assert_eq!(net.read_reverts(task, page).await, panic(OVERFLOW));
}

#[tokio::test]
async fn a_getter_of_one_item_reverts_without_a_word_past_the_end() {
    let (net, task) = Net::with_two_attempts().await;
    let revert = net.read_reverts(task, AttemptersCall(2.into())).await;
    assert_eq!(revert, Revert::Empty);
    let revert = net.read_reverts(net.nexus, SourcesCall(1.into())).await;
    assert_eq!(revert, Revert::Empty);
}

#[tokio::test]
async fn pages_of_a_sources_tasks_start_at_0_or_panic() {
    let (net, source) = Net::with_client().await;
    let first = net.publish_task(source).await;
    let second = net.publish_task(source).await;
    for (upper, expected) in [(0, vec![first]), (1, vec![first, second])] {
        let page = page!(GetTasksCall, 0, upper);
        assert_eq!(net.read(source, page).await.0, expected);
    }
    for (lower, upper) in [(1, 1), (1, 2), (2, 2), (0, 2)] {
        let page = page!(GetTasksCall, lower, upper);
        assert_eq!(net.read_reverts(source, page).await, panic(OUT_OF_BOUNDS));
    }
    assert_eq!(net.read(source, TasksCall(1.into())).await.0, second);
}

#[tokio::test]
async fn pages_of_a_sources_registrants_start_at_0_or_panic() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    let (first, second) = (net.provider.address, net.rival.address);
    for (upper, expected) in [(0, vec![first]), (1, vec![first, second])] {
        let page = page!(GetRegistrantsCall, 0, upper);
        assert_eq!(net.read(source, page).await.0, expected);
    }
    for (lower, upper) in [(1, 1), (1, 2), (2, 2), (0, 2)] {
        let page = page!(GetRegistrantsCall, lower, upper);
        assert_eq!(net.read_reverts(source, page).await, panic(OUT_OF_BOUNDS));
    }
    let listed = net.read(source, RegistrantsCall(1.into())).await.0;
    assert_eq!(listed, second);
}

#[tokio::test]
async fn who_unregisters_leaves_a_zero_address_that_still_counts() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    let call = UnregisterCall {
        source,
        provider: net.provider.address,
    };
    net.send(&net.provider, net.nexus, call).await;
    let page = page!(GetRegistrantsCall, 0, 1);
    let registrants = net.read(source, page).await.0;
    assert_eq!(registrants, [ZERO, net.rival.address]);
    let count = net.read(source, GetRegistrantCountCall).await.0;
    assert_eq!(count, 2.into());
}

#[tokio::test]
async fn responses_are_listed_by_attempter_with_a_zero_address_for_none() {
    let (net, task) = Net::with_two_attempts().await;
    let all = page!(GetResponsesOfCall, 0, 1);
    assert_eq!(net.read(task, all.clone()).await.0, [ZERO, ZERO]);
    let response = net.respond(task, &net.rival, "result").await;
    assert_eq!(net.read(task, all.clone()).await.0, [ZERO, response]);
    let second = page!(GetResponsesOfCall, 1, 1);
    assert_eq!(net.read(task, second).await.0, [response]);
    // The order is that of the attempts, not of the responses.
    let later = net.respond(task, &net.provider, "result").await;
    assert_eq!(net.read(task, all).await.0, [later, response]);
    assert_eq!(net.read(task, GetAttemptCountCall).await.0, 2.into());
}

#[tokio::test]
async fn ids_are_the_index_plus_1_and_0_for_what_is_not_there() {
    let (net, task) = Net::with_two_attempts().await;
    let source = net.read(net.nexus, SourcesCall(0.into())).await.0;
    for (provider, id) in [
        (net.provider.address, 1),
        (net.rival.address, 2),
        (net.stranger.address, 0),
        (ZERO, 0),
    ] {
        let call = GetAttempterIdCall { provider };
        assert_eq!(net.read(task, call).await.0, id.into());
        let call = AttempterIdCall(provider);
        assert_eq!(net.read(task, call).await.0, id.into());
        let call = GetRegistrantIdCall { provider };
        assert_eq!(net.read(source, call).await.0, id.into());
    }
    for (source, id) in [(source, 1), (task, 0), (ZERO, 0)] {
        let call = GetSourceIdCall { source };
        assert_eq!(net.read(net.nexus, call).await.0, id.into());
    }
    let first = net.read(task, AttemptersCall(0.into())).await.0;
    assert_eq!(first, net.provider.address);
}

impl Net {
    /// A task that the provider attempted, and then the rival.
    async fn with_two_attempts() -> (Self, Address) {
        let (net, task) = Self::with_task().await;
        net.attempt(task, &net.provider).await;
        net.attempt(task, &net.rival).await;
        (net, task)
    }
}
