use ogpu_client::{Address, Error, Signer, Wei, types::ValidationError};
use ogpu_contracts::{event, terminal, vault};

use super::{done, refused, stranger};
use crate::network::Network;

async fn master_of(network: &Network, provider: &Signer) -> Address {
    let call = terminal::MasterOfCall(provider.address().into());
    let terminal = network.devnet.contracts().terminal;
    network.read(terminal, call).await.0.into()
}

async fn is_agent(network: &Network, account: &Signer, agent: Address) -> bool {
    let call = terminal::IsAgentOfCall(account.address().into(), agent.into());
    network
        .read(network.devnet.contracts().terminal, call)
        .await
        .0
}

#[tokio::test]
async fn a_master_and_a_provider_pair_and_part() {
    let network = Network::start().await;
    let accounts = network.devnet.accounts();
    let (provider, master) = (accounts.provider(), accounts.master());
    let as_master = network.client.master(master.address());
    let as_provider = network.client.provider(provider.address());

    let amount = Wei::from_ether(2);
    let announce = || {
        as_master
            .announce_provider(provider.address(), amount)
            .signer(master)
    };
    assert_eq!(announce().simulate().await.unwrap().value, amount);
    done(announce).await;
    let lockup = vault::LockupOfCall(provider.address().into());
    let lockup = network.read(network.devnet.contracts().vault, lockup).await;
    assert_eq!(Wei::from(lockup.0), amount);
    assert!(master_of(&network, provider).await.is_zero());

    done(|| {
        as_provider
            .announce_master(master.address())
            .signer(provider)
    })
    .await;
    assert_eq!(master_of(&network, provider).await, master.address());

    let source = Address::new([5; 20]);
    let receipt = done(|| {
        as_master
            .remove_container(provider.address(), source)
            .signer(master)
    })
    .await;
    let terminal = network.devnet.contracts().terminal;
    let event = event::find::<terminal::RemoveContainerFilter>(&receipt.logs, terminal).unwrap();
    assert_eq!(Address::from(event.provider), provider.address());
    assert_eq!(Address::from(event.source), source);

    done(|| as_master.remove_provider(provider.address()).signer(master)).await;
    assert!(master_of(&network, provider).await.is_zero());
}

#[tokio::test]
async fn another_master_is_refused_and_told_whose_the_provider_is() {
    let network = Network::start().await;
    let accounts = network.devnet.accounts();
    let (provider, master) = (accounts.provider(), accounts.master());
    let other = stranger(&network);
    let as_other = network.client.master(other.address());
    let both = || {
        [
            as_other.remove_provider(provider.address()).signer(other),
            as_other
                .remove_container(provider.address(), Address::new([5; 20]))
                .signer(other),
        ]
    };
    let refusals = async |expected: Option<Address>| {
        for write in both() {
            let error = write.await.unwrap_err();
            assert!(
                matches!(error, Error::NotMaster { account, provider: named, master }
                    if account == other.address()
                        && named == provider.address()
                        && master == expected),
                "{error:?}"
            );
        }
    };
    refusals(None).await;
    let announce = network.client.master(master.address());
    let announce = announce.announce_provider(provider.address(), Wei::ZERO);
    announce.signer(master).await.unwrap();
    let answer = network.client.provider(provider.address());
    let answer = answer.announce_master(master.address());
    answer.signer(provider).await.unwrap();
    refusals(Some(master.address())).await;
}

#[tokio::test]
async fn a_call_that_acts_for_its_caller_is_signed_by_nobody_else() {
    let network = Network::start().await;
    let accounts = network.devnet.accounts();
    let (provider, master) = (accounts.provider(), accounts.master());
    let as_master = network.client.master(master.address());
    let as_provider = network.client.provider(provider.address());
    let source = Address::new([5; 20]);
    for (write, expected) in [
        (
            as_master.announce_provider(provider.address(), Wei::ZERO),
            master,
        ),
        (as_master.remove_provider(provider.address()), master),
        (
            as_master.remove_container(provider.address(), source),
            master,
        ),
        (as_master.set_agent(provider.address(), true), master),
        (as_provider.announce_master(master.address()), provider),
    ] {
        let error = write.await.unwrap_err();
        assert!(
            matches!(error, Error::WrongSigner { account, expected: named }
                if account == network.account.address() && named == expected.address()),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn nobody_is_announced_or_set_at_the_zero_address() {
    let network = Network::start().await;
    let account = network.account.address();
    for (write, field) in [
        (
            network
                .client
                .master(account)
                .announce_provider(Address::ZERO, Wei::ZERO),
            "provider",
        ),
        (
            network
                .client
                .provider(account)
                .announce_master(Address::ZERO),
            "master",
        ),
        (network.client.set_agent(Address::ZERO, true), "agent"),
    ] {
        let error = write.await.unwrap_err();
        assert!(
            matches!(&error, Error::Invalid { source: ValidationError::ZeroAddress { field: named } }
                if *named == field),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn agents_are_set_and_revoked_by_clients_and_masters() {
    let network = Network::start().await;
    let agent = network.devnet.accounts().agent().address();
    let terminal = network.client.terminal();
    done(|| network.client.set_agent(agent, true)).await;
    assert!(is_agent(&network, &network.account, agent).await);
    done(|| terminal.revoke_agent(agent)).await;
    assert!(!is_agent(&network, &network.account, agent).await);

    let master = network.devnet.accounts().master();
    let as_master = network.client.master(master.address());
    done(|| as_master.set_agent(agent, true).signer(master)).await;
    assert!(is_agent(&network, master, agent).await);
    done(|| as_master.set_agent(agent, false).signer(master)).await;
    assert!(!is_agent(&network, master, agent).await);
}

#[tokio::test]
async fn a_provider_sets_no_agents() {
    let network = Network::start().await;
    let accounts = network.devnet.accounts();
    let provider = accounts.provider();
    let announce = network.client.provider(provider.address());
    let announce = announce.announce_master(accounts.master().address());
    announce.signer(provider).await.unwrap();
    let agent = accounts.agent().address();
    let error = refused(|| network.client.set_agent(agent, true).signer(provider)).await;
    assert!(
        matches!(error, Error::MayNotSetAgents { account } if account == provider.address()),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_default_agent_is_disabled_and_enabled_again() {
    let network = Network::start().await;
    let provider = network.devnet.accounts().provider();
    let terminal = network.client.terminal();
    for value in [true, false] {
        done(|| terminal.set_default_agent_disabled(value).signer(provider)).await;
        let call = terminal::DefaultAgentDisabledCall(provider.address().into());
        let flag = network
            .read(network.devnet.contracts().terminal, call)
            .await;
        assert_eq!(flag.0, value);
    }
}
