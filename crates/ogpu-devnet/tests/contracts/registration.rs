//! Registering providers for sources, and taking them off again.

use ethers_core::types::Address;
use ogpu_contracts::{
    nexus::{InactivateSourceCall, UnregisterCall},
    shared_types::SourceParams,
    source::{
        GetRegistrantCountCall, GetRegistrantIdCall, PreferredEnvironmentOfCall, RegistrantIdCall,
        RegistrantsCall,
    },
    terminal::SetDefaultAgentDisabledCall,
    vault::{SanctionCall, UnbondCall, WaiveCall},
};

use crate::support::{Actor, MIN_LOCKUP, Net, ZERO, event, reason, registration};

#[tokio::test]
async fn registering_lists_a_provider_and_the_nexus_announces_it() {
    let (net, source) = Net::with_source().await;
    net.pair(&net.provider, &net.master, "1").await;
    let call = registration(source, &net.provider, 2);
    let receipt = net.send(&net.provider, net.nexus, call).await;

    let provider = net.provider.address;
    assert_eq!(
        net.events(&receipt),
        [event(
            net.nexus,
            "Registered",
            (provider, 1_u8, source, 2_u8)
        )]
    );
    assert_eq!(registrant_id(&net, source, provider).await, 1);
    assert_eq!(registrants(&net, source).await, [provider]);
    let environment = net.read(source, PreferredEnvironmentOfCall(provider)).await;
    assert_eq!(environment.0, 2);
}

#[tokio::test]
async fn a_provider_its_master_and_the_masters_agents_register_it() {
    let (net, source) = Net::with_source().await;
    net.pair(&net.provider, &net.master, "1").await;
    net.name_agent(&net.master).await;
    for caller in [&net.provider, &net.master, &net.agent, &net.scheduler] {
        let call = registration(source, &net.provider, 1);
        net.send(caller, net.nexus, call).await;
        let call = unregistration(source, &net.provider);
        net.send(caller, net.nexus, call).await;
    }
}

#[tokio::test]
async fn nobody_else_registers_or_unregisters_a_provider() {
    let (net, source) = Net::with_source().await;
    net.pair(&net.provider, &net.master, "1").await;
    // The client's agent is not the master's.
    net.name_agent(&net.client).await;
    let disable = SetDefaultAgentDisabledCall { value: true };
    net.send(&net.master, net.terminal, disable).await;
    for caller in [
        &net.stranger,
        &net.client,
        &net.other_master,
        &net.rival,
        &net.agent,
        &net.scheduler,
        &net.admin,
    ] {
        let call = registration(source, &net.provider, 1);
        let revert = net.reverts(caller, net.nexus, call).await;
        assert_eq!(revert, reason("NotProvider"));
        let call = unregistration(source, &net.provider);
        let revert = net.reverts(caller, net.nexus, call).await;
        assert_eq!(revert, reason("NotProvider"));
    }
}

#[tokio::test]
async fn an_unpaired_provider_registers_itself_but_the_scheduler_does_not() {
    let (net, source) = Net::with_source().await;
    net.lock(&net.provider, "1").await;
    let call = registration(source, &net.provider, 1);
    let revert = net.reverts(&net.scheduler, net.nexus, call).await;
    assert_eq!(revert, reason("NotProvider"));
    net.register(source, &net.provider).await;
}

#[tokio::test]
async fn the_environment_is_one_that_the_source_supports() {
    let (net, source) = Net::with_source().await;
    net.pair(&net.provider, &net.master, "1").await;
    // The source supports 1 and 2.
    for environment in [0, 3, 4, 5, 8, 255] {
        let call = registration(source, &net.provider, environment);
        let revert = net.reverts(&net.provider, net.nexus, call).await;
        assert_eq!(revert, reason("InvalidEnvironment"), "{environment}");
    }
    for environment in [1, 2] {
        let call = registration(source, &net.provider, environment);
        net.send(&net.provider, net.nexus, call).await;
        let call = unregistration(source, &net.provider);
        net.send(&net.provider, net.nexus, call).await;
    }
}

#[tokio::test]
async fn the_lockup_covers_the_networks_minimum() {
    let net = Net::start().await;
    let source = net.publish_source(undemanding(&net)).await;
    net.lock(&net.provider, MIN_LOCKUP).await;
    net.register(source, &net.provider).await;

    net.lock(&net.rival, MIN_LOCKUP).await;
    let unbond = UnbondCall { amount: 1.into() };
    net.send(&net.rival, net.vault, unbond).await;
    let call = registration(source, &net.rival, 1);
    let revert = net.reverts(&net.rival, net.nexus, call).await;
    assert_eq!(revert, reason("InsufficientLockup"));
}

#[tokio::test]
async fn the_lockup_covers_what_the_source_asks() {
    let (net, source) = Net::with_source().await;
    net.lock(&net.provider, "0.5").await;
    net.register(source, &net.provider).await;

    net.lock(&net.rival, "0.5").await;
    let unbond = UnbondCall { amount: 1.into() };
    net.send(&net.rival, net.vault, unbond).await;
    let call = registration(source, &net.rival, 1);
    let revert = net.reverts(&net.rival, net.nexus, call).await;
    assert_eq!(revert, reason("InsufficientLockup"));
}

#[tokio::test]
async fn one_lockup_serves_for_any_number_of_sources() {
    let (net, _) = Net::with_source().await;
    net.lock(&net.provider, "0.5").await;
    for _ in 0..6 {
        let source = net.publish_source(net.source_params()).await;
        net.register(source, &net.provider).await;
    }
}

#[tokio::test]
async fn a_sanctioned_provider_is_not_eligible() {
    let (net, source) = Net::with_source().await;
    net.lock(&net.provider, "1").await;
    let (account, amount) = (net.provider.address, 1.into());
    let sanction = SanctionCall { account, amount };
    net.send(&net.admin, net.vault, sanction).await;
    let call = registration(source, &net.provider, 1);
    let revert = net.reverts(&net.provider, net.nexus, call).await;
    assert_eq!(revert, reason("NotEligible"));

    let waive = WaiveCall { account, amount };
    net.send(&net.admin, net.vault, waive).await;
    net.register(source, &net.provider).await;
}

#[tokio::test]
async fn a_provider_registers_once() {
    let (net, source) = Net::with_source().await;
    net.lock(&net.provider, "1").await;
    net.register(source, &net.provider).await;
    let call = registration(source, &net.provider, 2);
    let revert = net.reverts(&net.provider, net.nexus, call).await;
    assert_eq!(revert, reason("AlreadyRegistered"));
}

#[tokio::test]
async fn an_inactive_source_is_left_but_not_joined() {
    let (net, source) = Net::with_source().await;
    net.lock(&net.provider, "1").await;
    net.lock(&net.rival, "1").await;
    net.register(source, &net.provider).await;
    let call = InactivateSourceCall { source };
    net.send(&net.client, net.nexus, call).await;

    let call = registration(source, &net.rival, 1);
    let revert = net.reverts(&net.rival, net.nexus, call).await;
    assert_eq!(revert, reason("SourceInactive"));
    let call = unregistration(source, &net.provider);
    net.send(&net.provider, net.nexus, call).await;
}

#[tokio::test]
async fn unregistering_leaves_a_hole_and_no_event() {
    let (net, source) = Net::with_source().await;
    for provider in [&net.provider, &net.rival] {
        net.lock(provider, "1").await;
        net.register(source, provider).await;
    }
    let (provider, rival) = (net.provider.address, net.rival.address);
    let call = unregistration(source, &net.provider);
    let receipt = net.send(&net.provider, net.nexus, call).await;
    assert_eq!(net.events(&receipt), []);
    assert_eq!(registrants(&net, source).await, [ZERO, rival]);
    assert_eq!(registrant_id(&net, source, provider).await, 0);
    let environment = net.read(source, PreferredEnvironmentOfCall(provider)).await;
    assert_eq!(environment.0, 0);

    // The hole stays: who comes back comes last.
    net.register(source, &net.provider).await;
    assert_eq!(registrants(&net, source).await, [ZERO, rival, provider]);
    assert_eq!(registrant_id(&net, source, provider).await, 3);
}

#[tokio::test]
async fn only_who_is_registered_unregisters() {
    let (net, source) = Net::with_source().await;
    let call = unregistration(source, &net.provider);
    let revert = net.reverts(&net.provider, net.nexus, call).await;
    assert_eq!(revert, reason("NotRegistered"));
}

#[tokio::test]
async fn what_is_no_source_has_no_providers() {
    let net = Net::start().await;
    let nowhere = net.stranger.address;
    let call = registration(nowhere, &net.provider, 1);
    let revert = net.reverts(&net.provider, net.nexus, call).await;
    assert_eq!(revert, reason("UnknownSource"));
    let call = unregistration(nowhere, &net.provider);
    let revert = net.reverts(&net.provider, net.nexus, call).await;
    assert_eq!(revert, reason("UnknownSource"));
}

fn unregistration(source: Address, provider: &Actor) -> UnregisterCall {
    UnregisterCall {
        source,
        provider: provider.address,
    }
}

/// A source that asks for no lockup of its own.
fn undemanding(net: &Net) -> SourceParams {
    SourceParams {
        min_available_lockup: 0.into(),
        ..net.source_params()
    }
}

async fn registrant_id(net: &Net, source: Address, provider: Address) -> u64 {
    let id = net.read(source, GetRegistrantIdCall { provider }).await.0;
    assert_eq!(net.read(source, RegistrantIdCall(provider)).await.0, id);
    id.as_u64()
}

/// All registrants, holes included, one by one.
async fn registrants(net: &Net, source: Address) -> Vec<Address> {
    let count = net.read(source, GetRegistrantCountCall).await.0.as_u64();
    let mut registrants = Vec::new();
    for index in 0..count {
        let call = RegistrantsCall(index.into());
        registrants.push(net.read(source, call).await.0);
    }
    registrants
}
