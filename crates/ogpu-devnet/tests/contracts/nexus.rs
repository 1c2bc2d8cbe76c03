//! How the contracts are put together, and the Nexus' lists of sources and clients.

use ogpu_contracts::{Revert, controller, nexus, source, terminal, vault};
use ogpu_types::SourceStatus;

use crate::support::Net;

#[tokio::test]
async fn every_contract_knows_the_ones_that_it_needs() {
    let net = Net::start().await;
    assert_eq!(net.read(net.nexus, nexus::ManagerCall).await.0, net.manager);
    assert_eq!(
        net.read(net.nexus, nexus::TerminalCall).await.0,
        net.terminal
    );
    assert_eq!(net.read(net.nexus, nexus::VaultCall).await.0, net.vault);

    let to = net.controller;
    assert_eq!(net.read(to, controller::NexusCall).await.0, net.nexus);
    assert_eq!(net.read(to, controller::TerminalCall).await.0, net.terminal);
    assert_eq!(net.read(to, controller::VaultCall).await.0, net.vault);

    let to = net.terminal;
    assert_eq!(net.read(to, terminal::ManagerCall).await.0, net.manager);
    assert_eq!(net.read(to, terminal::VaultCall).await.0, net.vault);

    assert_eq!(net.read(net.vault, vault::ManagerCall).await.0, net.manager);
    assert_eq!(net.read(net.vault, vault::NexusCall).await.0, net.nexus);
    assert_eq!(
        net.read(net.vault, vault::TerminalCall).await.0,
        net.terminal
    );
}

#[tokio::test]
async fn a_new_network_has_no_sources() {
    let net = Net::start().await;
    let count = net.read(net.nexus, nexus::GetSourceCountCall).await.0;
    assert_eq!(count, 0.into());
}

#[tokio::test]
async fn sources_are_listed_in_the_order_of_their_publication() {
    let net = Net::start().await;
    let first = net.publish_source(net.source_params()).await;
    let second = net
        .publish_source_of(&net.other_client, net.source_params())
        .await;
    let third = net.publish_source(net.source_params()).await;

    let count = net.read(net.nexus, nexus::GetSourceCountCall).await.0;
    assert_eq!(count, 3.into());
    for (index, source) in [first, second, third].into_iter().enumerate() {
        let listed = net.read(net.nexus, nexus::SourcesCall(index.into())).await;
        assert_eq!(listed.0, source);
    }
}

#[tokio::test]
async fn each_client_is_listed_once_and_has_a_list_of_its_sources() {
    let net = Net::start().await;
    let (client, other) = (net.client.address, net.other_client.address);
    let mut sources = Vec::new();
    for _ in 0..2 {
        sources.push(net.publish_source(net.source_params()).await);
    }
    let params = net.source_params();
    let others = net.publish_source_of(&net.other_client, params).await;
    sources.push(net.publish_source(net.source_params()).await);

    for (index, source) in sources.into_iter().enumerate() {
        let call = nexus::SourcesOfCall(client, index.into());
        assert_eq!(net.read(net.nexus, call).await.0, source);
    }
    let call = nexus::SourcesOfCall(other, 0.into());
    assert_eq!(net.read(net.nexus, call).await.0, others);
    for (index, client) in [client, other].into_iter().enumerate() {
        let call = nexus::ClientsCall(index.into());
        assert_eq!(net.read(net.nexus, call).await.0, client);
    }
    let end = nexus::ClientsCall(2.into());
    assert_eq!(net.read_reverts(net.nexus, end).await, Revert::Empty);
}

#[tokio::test]
async fn only_active_sources_count_as_active() {
    let net = Net::start().await;
    let client = net.client.address;
    let source = net.publish_source(net.source_params()).await;
    net.publish_source(net.source_params()).await;
    assert_eq!(active_sources(&net).await, 2);

    let call = nexus::InactivateSourceCall { source };
    net.send(&net.client, net.nexus, call).await;
    assert_eq!(active_sources(&net).await, 1);
    assert_eq!(net.source_status(source).await, SourceStatus::Inactive);

    // Every other list keeps it.
    let count = net.read(net.nexus, nexus::GetSourceCountCall).await.0;
    assert_eq!(count, 2.into());
    let listed = nexus::SourcesOfCall(client, 0.into());
    assert_eq!(net.read(net.nexus, listed).await.0, source);
}

#[tokio::test]
async fn a_source_knows_its_nexus_and_its_client() {
    let net = Net::start().await;
    let source = net
        .publish_source_of(&net.other_client, net.source_params())
        .await;
    assert_eq!(net.read(source, source::OwnerCall).await.0, net.nexus);
    assert_eq!(net.read(source, source::NexusCall).await.0, net.nexus);
    let client = net.read(source, source::GetClientCall).await.0;
    assert_eq!(client, net.other_client.address);
}

async fn active_sources(net: &Net) -> u64 {
    let client = net.client.address;
    let call = nexus::GetActiveSourceCountCall { client };
    let count = net.read(net.nexus, call).await.0;
    let same = net.read(net.nexus, nexus::ActiveSourceCountOfCall(client));
    assert_eq!(same.await.0, count);
    count.as_u64()
}
