//! Quirk 4: nothing that a node could filter by.

use ogpu_contracts::{nexus, terminal, vault};
use ogpu_types::{DeliveryMethod, Receipt};

use crate::support::Net;

/// The only event with indexed parameters; every owned contract has it, and it is no protocol's.
const OWNERSHIP: &str = "OwnershipTransferred";

#[test]
fn no_protocol_event_of_nexus_terminal_or_vault_has_an_indexed_parameter() {
    for (abi, count) in [
        (&nexus::NEXUS_ABI, 9),
        (&terminal::TERMINAL_ABI, 8),
        (&vault::VAULT_ABI, 8),
    ] {
        let events = abi.events().filter(|event| event.name != OWNERSHIP);
        let events: Vec<_> = events.collect();
        assert_eq!(events.len(), count);
        for event in events {
            assert!(!event.inputs.iter().any(|input| input.indexed));
            assert!(!event.anonymous);
        }
    }
}

#[tokio::test]
async fn their_logs_have_the_signature_as_their_only_topic() {
    let (net, source) = Net::serving(DeliveryMethod::FirstResponse).await;
    let deposited = net.deposit(&net.client, 1.into()).await;
    let task = net.publish_task(source).await;
    let attempted = net.attempt(task, &net.provider).await;
    let responded = net.submit(task, &net.provider, "result").await;
    let call = terminal::RemoveContainerCall {
        provider: net.provider.address,
        source,
    };
    let removed = net.send(&net.master, net.terminal, call).await;

    let protocol = [net.nexus, net.terminal, net.vault];
    let count = |receipt: &Receipt| {
        let logs = receipt.logs.iter();
        let logs = logs.filter(|log| protocol.contains(&log.address.into()));
        logs.inspect(|log| assert_eq!(log.topics.len(), 1)).count()
    };
    assert_eq!(count(&deposited), 1);
    assert_eq!(count(&attempted), 2);
    assert_eq!(count(&responded), 4);
    assert_eq!(count(&removed), 1);
}
