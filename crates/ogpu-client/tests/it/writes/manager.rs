use ogpu_client::{
    Address, DeliveryMethod, decode_manager_event, decode_ownership_event,
    types::{Hash32, ManagerEvent, OwnershipEvent},
};
use ogpu_contracts::{manager, terminal};

use super::done;
use crate::network::{Network, source_info};

#[tokio::test]
async fn a_role_is_given_up_by_its_holder() {
    let network = Network::start().await;
    let contracts = *network.devnet.contracts();
    let provider = network.devnet.accounts().provider();
    let role = network
        .read(contracts.terminal, terminal::ProviderCall)
        .await
        .0;
    let has_role = async || {
        let call = manager::HasRoleCall {
            role,
            account: provider.address().into(),
        };
        network.read(contracts.manager, call).await.0
    };
    let announce = network.client.provider(provider.address());
    let announce = announce.announce_master(network.account.address());
    announce.signer(provider).await.unwrap();
    assert!(has_role().await);

    let manager = network.client.manager();
    let receipt = done(|| manager.renounce_role(Hash32::new(role), provider)).await;
    assert!(!has_role().await);
    let at = manager.address().await.unwrap();
    let events: Vec<_> = receipt
        .logs
        .iter()
        .filter_map(|log| decode_manager_event(log, at))
        .collect();
    let revoked = ManagerEvent::RoleRevoked {
        role: Hash32::new(role),
        account: provider.address(),
        sender: provider.address(),
    };
    assert_eq!(events, [revoked]);
    // What one does not have, one does not lose.
    done(|| manager.renounce_role(Hash32::new(role), provider)).await;
}

#[tokio::test]
async fn a_new_source_belongs_to_the_nexus() {
    let network = Network::start().await;
    let info = source_info(DeliveryMethod::ManualConfirmation);
    let published = network.client.publish_source(&info).await.unwrap();
    let events: Vec<_> = published
        .receipt
        .logs
        .iter()
        .filter_map(|log| decode_ownership_event(log, published.address.into()))
        .collect();
    let owned = OwnershipEvent::OwnershipTransferred {
        previous_owner: Address::ZERO,
        new_owner: network.devnet.contracts().nexus,
    };
    assert_eq!(events, [owned]);
}
