//! Publishing, updating and inactivating sources.

use ethers_core::types::Address;
use ogpu_contracts::{
    nexus::{
        GetSourceIdCall, InactivateSourceCall, PublishSourceCall, SourceIdCall, SourcesCall,
        UpdateSourceCall,
    },
    shared_types::SourceParams,
    source,
};
use ogpu_types::SourceStatus;

use crate::support::{Net, event, reason};

#[tokio::test]
async fn publishing_deploys_a_source_and_the_nexus_announces_it() {
    let net = Net::start().await;
    let source_params = net.source_params();
    let call = PublishSourceCall { source_params };
    let receipt = net.send(&net.client, net.nexus, call).await;

    let source = net.read(net.nexus, SourcesCall(0.into())).await.0;
    assert_eq!(
        net.events(&receipt),
        [
            net.deployed(source),
            event(net.nexus, "SourcePublished", (source,)),
        ]
    );
    assert_eq!(net.source_status(source).await, SourceStatus::Active);
    let params = net.read(source, source::GetSourceParamsCall).await.0;
    assert_eq!(params, net.source_params());
    for id in [
        net.read(net.nexus, GetSourceIdCall { source }).await.0,
        net.read(net.nexus, SourceIdCall(source)).await.0,
    ] {
        assert_eq!(id, 1.into());
    }
}

#[tokio::test]
async fn nobody_publishes_a_source_in_anothers_name() {
    let net = Net::start().await;
    let source_params = net.source_params();
    let call = PublishSourceCall { source_params };
    let revert = net.reverts(&net.stranger, net.nexus, call).await;
    assert_eq!(revert, reason("NotOwner"));
}

#[tokio::test]
async fn environments_are_any_of_three_bits_and_at_least_one() {
    let net = Net::start().await;
    for image_environments in 0..=8 {
        let call = PublishSourceCall {
            source_params: SourceParams {
                image_environments,
                ..net.source_params()
            },
        };
        if (1..=7).contains(&image_environments) {
            net.send(&net.client, net.nexus, call).await;
        } else {
            let revert = net.reverts(&net.client, net.nexus, call).await;
            assert_eq!(revert, reason("InvalidEnvironment"));
        }
    }
}

#[tokio::test]
async fn an_update_replaces_the_parameters_and_the_nexus_announces_them() {
    let (net, source) = Net::with_source().await;
    let source_params = SourceParams {
        image_metadata_url: "https://example.org/new.json".to_owned(),
        image_environments: 4,
        min_payment: 7.into(),
        min_available_lockup: 8.into(),
        max_expiry_duration: 9.into(),
        privacy_enabled: true,
        optional_params_url: "https://example.org/optional.json".to_owned(),
        delivery_method: 1,
        last_update_time: 10.into(),
        ..net.source_params()
    };
    let call = UpdateSourceCall {
        source,
        source_params: source_params.clone(),
    };
    let receipt = net.send(&net.client, net.nexus, call).await;
    assert_eq!(
        net.events(&receipt),
        [event(
            net.nexus,
            "SourceUpdated",
            (source, source_params.clone())
        )]
    );
    let params = net.read(source, source::GetSourceParamsCall).await.0;
    assert_eq!(params, source_params);
}

#[tokio::test]
async fn only_its_owner_updates_a_source() {
    let (net, source) = Net::with_source().await;
    // An agent signs for tasks alone.
    net.name_agent(&net.client).await;
    for somebody in [&net.stranger, &net.agent, &net.admin] {
        // Neither in the owner's name nor in its own.
        for client in [net.client.address, somebody.address] {
            let params = SourceParams {
                client,
                ..net.source_params()
            };
            let call = update(source, params);
            let revert = net.reverts(somebody, net.nexus, call).await;
            assert_eq!(revert, reason("NotOwner"));
        }
    }
}

#[tokio::test]
async fn an_update_does_not_give_a_source_away() {
    let (net, source) = Net::with_source().await;
    let params = SourceParams {
        client: net.stranger.address,
        ..net.source_params()
    };
    let call = update(source, params);
    let revert = net.reverts(&net.client, net.nexus, call).await;
    assert_eq!(revert, reason("NotOwner"));
}

#[tokio::test]
async fn an_update_must_name_known_environments() {
    let (net, source) = Net::with_source().await;
    for image_environments in [0, 8, 9] {
        let params = SourceParams {
            image_environments,
            ..net.source_params()
        };
        let call = update(source, params);
        let revert = net.reverts(&net.client, net.nexus, call).await;
        assert_eq!(revert, reason("InvalidEnvironment"));
    }
}

#[tokio::test]
async fn inactivating_closes_a_source_and_the_nexus_announces_it() {
    let (net, source) = Net::with_source().await;
    let call = InactivateSourceCall { source };
    let receipt = net.send(&net.client, net.nexus, call).await;
    assert_eq!(
        net.events(&receipt),
        [net.source_becomes(source, SourceStatus::Inactive)]
    );
    assert_eq!(net.source_status(source).await, SourceStatus::Inactive);
}

#[tokio::test]
async fn only_its_owner_inactivates_a_source() {
    let (net, source) = Net::with_source().await;
    for somebody in [&net.stranger, &net.admin] {
        let call = InactivateSourceCall { source };
        let revert = net.reverts(somebody, net.nexus, call).await;
        assert_eq!(revert, reason("NotOwner"));
    }
}

#[tokio::test]
async fn an_inactive_source_stays_inactive() {
    let (net, source) = Net::with_source().await;
    let inactivate = InactivateSourceCall { source };
    net.send(&net.client, net.nexus, inactivate.clone()).await;

    let revert = net.reverts(&net.client, net.nexus, inactivate).await;
    assert_eq!(revert, reason("SourceInactive"));
    let call = update(source, net.source_params());
    net.send(&net.client, net.nexus, call).await;
    assert_eq!(net.source_status(source).await, SourceStatus::Inactive);
}

#[tokio::test]
async fn what_is_no_source_is_neither_updated_nor_inactivated() {
    let net = Net::start().await;
    let source = net.stranger.address;
    let call = update(source, net.source_params());
    let revert = net.reverts(&net.client, net.nexus, call).await;
    assert_eq!(revert, reason("UnknownSource"));
    let call = InactivateSourceCall { source };
    let revert = net.reverts(&net.client, net.nexus, call).await;
    assert_eq!(revert, reason("UnknownSource"));
}

fn update(source: Address, source_params: SourceParams) -> UpdateSourceCall {
    UpdateSourceCall {
        source,
        source_params,
    }
}
