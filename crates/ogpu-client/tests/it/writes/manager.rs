use ogpu_client::types::Hash32;
use ogpu_contracts::{manager, terminal};

use super::done;
use crate::network::Network;

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
    done(|| manager.renounce_role(Hash32::new(role), provider)).await;
    assert!(!has_role().await);
    // What one does not have, one does not lose.
    done(|| manager.renounce_role(Hash32::new(role), provider)).await;
}
