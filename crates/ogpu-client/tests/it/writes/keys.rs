//! Whose key signs.

use ogpu_client::{
    Address, Client, DeliveryMethod, Error, Receipt, Role, SignerError, Wei, Write,
    types::Environment,
};

use crate::network::{Network, source_info};

#[tokio::test]
async fn a_write_without_a_key_names_the_variable_of_its_role() {
    let network = Network::start().await;
    let spec = network.devnet.chain_spec();
    let client = Client::builder().chain(spec).build().unwrap();
    let (somebody, none) = (Address::new([7; 20]), Wei::ZERO);
    let (source, task) = (client.source(somebody), client.task(somebody));
    let (provider, master) = (client.provider(somebody), client.master(somebody));
    let (terminal, agent) = (client.terminal(), client.agent());
    let info = source_info(DeliveryMethod::ManualConfirmation);
    let cpu = Environment::CPU;
    let writes: [(Write<Receipt>, Role); 18] = [
        (source.update(&info), Role::Client),
        (source.inactivate(), Role::Client),
        (task.cancel(), Role::Client),
        (client.response(somebody).confirm(), Role::Client),
        (terminal.set_agent(somebody, true), Role::Client),
        (terminal.revoke_agent(somebody), Role::Client),
        (provider.register(somebody, cpu), Role::Provider),
        (provider.unregister(somebody), Role::Provider),
        (provider.attempt(somebody, none), Role::Provider),
        (provider.announce_master(somebody), Role::Provider),
        (terminal.set_default_agent_disabled(true), Role::Provider),
        (master.announce_provider(somebody, none), Role::Master),
        (master.remove_provider(somebody), Role::Master),
        (master.remove_container(somebody, somebody), Role::Master),
        (master.set_agent(somebody, true), Role::Master),
        (agent.register_to(somebody, somebody, cpu), Role::Agent),
        (agent.unregister_from(somebody, somebody), Role::Agent),
        (agent.attempt(somebody, somebody, none), Role::Agent),
    ];
    for (write, role) in writes {
        let error = write.await.unwrap_err();
        assert!(
            matches!(&error, Error::Signer { source: SignerError::Missing { variable } }
                if *variable == role.variable()),
            "{role}: {error:?}"
        );
    }
}
