//! Whose key signs.

use ogpu_client::{
    Address, Client, DeliveryMethod, Error, IdempotencyKey, Receipt, Role, SignerError, TxError,
    Wei, Write, types::Environment,
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

#[tokio::test]
async fn a_key_has_one_effect_and_stands_for_one_call() {
    let network = Network::start().await;
    let accounts = network.devnet.accounts();
    let [first, second] = [0, 1].map(|place| {
        let mut agents = accounts.of(ogpu_devnet::Role::Agent);
        agents.nth(place).unwrap().address()
    });
    let key = IdempotencyKey::new("my agent").unwrap();
    let set = |agent, allowed| {
        let write = network.client.set_agent(agent, allowed);
        write.idempotency_key(key.clone())
    };
    let receipt = set(first, true).await.unwrap();
    assert_eq!(set(first, true).await.unwrap(), receipt);
    for other in [set(second, true), set(first, false)] {
        let error = other.await.unwrap_err();
        assert!(
            matches!(&error, Error::Transaction { source }
                if matches!(**source, TxError::KeyReused { .. })),
            "{error:?}"
        );
    }
}
