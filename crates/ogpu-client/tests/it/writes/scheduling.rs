use ogpu_client::{
    Address, DeliveryMethod, Error, Receipt, Signer, SourceAddress, TaskAddress, TaskStatus, Wei,
    types::Environment,
};
use ogpu_contracts::{event, nexus, source, task};

use super::{MIN_LOCKUP, done, idle_provider, refused, stranger};
use crate::network::{Network, source_info};

async fn registrant_id(network: &Network, source: SourceAddress, provider: Address) -> u64 {
    let call = source::GetRegistrantIdCall {
        provider: provider.into(),
    };
    network.read(source, call).await.0.as_u64()
}

async fn attempter_id(network: &Network, task: TaskAddress, provider: Address) -> u64 {
    let call = task::GetAttempterIdCall {
        provider: provider.into(),
    };
    network.read(task, call).await.0.as_u64()
}

/// A provider of the network's accounts that has a master, which has an agent.
async fn pair(network: &Network) -> (&Signer, &Signer, &Signer) {
    let accounts = network.devnet.accounts();
    let (provider, master, agent) = (accounts.provider(), accounts.master(), accounts.agent());
    let (as_provider, as_master) = (
        network.client.provider(provider.address()),
        network.client.master(master.address()),
    );
    let announced = as_master.announce_provider(provider.address(), Wei::from_ether(1));
    announced.signer(master).await.unwrap();
    let answered = as_provider.announce_master(master.address());
    answered.signer(provider).await.unwrap();
    let allowed = as_master.set_agent(agent.address(), true);
    allowed.signer(master).await.unwrap();
    (provider, master, agent)
}

#[tokio::test]
async fn a_provider_registers_attempts_and_unregisters() {
    let network = Network::start().await;
    let address = network.source(DeliveryMethod::ManualConfirmation).await;
    let simulated = idle_provider(&network).await;
    let (account, signer) = (simulated.address(), simulated.signer());
    let provider = network.client.provider(account);

    done(|| provider.register(address, Environment::CPU).signer(signer)).await;
    assert_eq!(registrant_id(&network, address, account).await, 1);
    let environment = source::PreferredEnvironmentOfCall(account.into());
    assert_eq!(
        network.read(address, environment).await.0,
        Environment::CPU.bits()
    );

    let task = network.task(address).await;
    let receipt = done(|| provider.attempt(task, Wei::from(5_u64)).signer(signer)).await;
    assert_eq!(attempter_id(&network, task, account).await, 1);
    let status = network.client.get_task_status(task).await.unwrap();
    assert_eq!(status, TaskStatus::Attempted);
    assert_eq!(suggested(&network, &receipt), Some(5));

    done(|| provider.unregister(address).signer(signer)).await;
    assert_eq!(registrant_id(&network, address, account).await, 0);
}

/// The payment that an attempt in this receipt suggests.
fn suggested(network: &Network, receipt: &Receipt) -> Option<u64> {
    let nexus = network.devnet.contracts().nexus;
    let event = event::find::<nexus::AttemptedFilter>(&receipt.logs, nexus)?;
    Some(event.suggested_payment.as_u64())
}

#[tokio::test]
async fn an_agent_of_the_master_acts_for_the_provider() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let (provider, master, agent) = pair(&network).await;
    let account = provider.address();
    let as_agent = network.client.agent();

    done(|| {
        as_agent
            .register_to(source, account, Environment::CPU)
            .signer(agent)
    })
    .await;
    assert_eq!(registrant_id(&network, source, account).await, 1);
    let task = network.task(source).await;
    done(|| as_agent.attempt(task, account, Wei::ZERO).signer(agent)).await;
    assert_eq!(attempter_id(&network, task, account).await, 1);
    done(|| as_agent.unregister_from(source, account).signer(agent)).await;
    assert_eq!(registrant_id(&network, source, account).await, 0);

    // The master needs no agent.
    let again = network.client.provider(account);
    done(|| again.register(source, Environment::CPU).signer(master)).await;
    assert_eq!(registrant_id(&network, source, account).await, 2);
}

#[tokio::test]
async fn a_stranger_is_refused_and_told_who_may() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let task = network.task(source).await;
    let (paired, master, _) = pair(&network).await;
    let alone = idle_provider(&network).await;
    let other = stranger(&network);
    for (provider, its_master) in [
        (paired.address(), Some(master.address())),
        (alone.address(), None),
    ] {
        let as_provider = network.client.provider(provider);
        let refusals = [
            refused(|| as_provider.register(source, Environment::CPU).signer(other)).await,
            refused(|| as_provider.unregister(source).signer(other)).await,
            refused(|| as_provider.attempt(task, Wei::ZERO).signer(other)).await,
        ];
        for error in refusals {
            assert!(
                matches!(error, Error::NotProvider { account, provider: named, master }
                    if account == other.address() && named == provider && master == its_master),
                "{error:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_lockup_that_is_too_small_is_refused_with_what_is_needed() {
    let network = Network::start().await;
    let mut demanding = source_info(DeliveryMethod::ManualConfirmation);
    demanding.min_available_lockup = Wei::from_ether(3);
    let demanding = network
        .client
        .publish_source(&demanding)
        .await
        .unwrap()
        .address;
    let undemanding = network.source(DeliveryMethod::ManualConfirmation).await;

    let provider = network.devnet.accounts().provider();
    let account = provider.address();
    let has = Wei::from(9_u64);
    let vault = network.client.vault();
    vault.deposit(account, has, provider).await.unwrap();
    vault.lock(has, provider).await.unwrap();
    for (source, needed) in [(demanding, Wei::from_ether(3)), (undemanding, MIN_LOCKUP)] {
        let as_provider = network.client.provider(account);
        let error = refused(|| {
            as_provider
                .register(source, Environment::CPU)
                .signer(provider)
        })
        .await;
        assert!(
            matches!(error, Error::InsufficientLockup { account: named, lockup, required }
                if named == account && lockup == has && required == needed),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_provider_that_has_unbonded_is_not_eligible() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let simulated = idle_provider(&network).await;
    simulated.serve(source).await.unwrap();
    let task = network.task(source).await;
    let left = Wei::from(3_u64);
    let unbonded = Wei::from_ether(100).checked_sub(left).unwrap();
    let vault = network.client.vault();
    vault.unbond(unbonded, simulated.signer()).await.unwrap();

    let provider = network.client.provider(simulated.address());
    let error = refused(|| provider.attempt(task, Wei::ZERO).signer(simulated.signer())).await;
    assert!(
        matches!(error, Error::NotEligible { provider, lockup, required, sanction }
            if provider == simulated.address()
                && lockup == left
                && required == MIN_LOCKUP
                && sanction == Wei::ZERO),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_inactive_source_and_a_task_that_is_over_take_no_provider() {
    let network = Network::start().await;
    let address = network.source(DeliveryMethod::FirstResponse).await;
    let _answering = network.echo(address).await;
    let task = network.task(address).await;
    network.responses(task, 1).await;
    let cancelled = {
        let unserved = network.source(DeliveryMethod::ManualConfirmation).await;
        let task = network.task(unserved).await;
        network.cancel(task).await;
        task
    };
    let late = idle_provider(&network).await;
    let provider = network.client.provider(late.address());
    let error = refused(|| provider.attempt(task, Wei::ZERO).signer(late.signer())).await;
    assert!(
        matches!(error, Error::TaskFinalized { task: named } if named == task),
        "{error:?}"
    );
    let error = refused(|| provider.attempt(cancelled, Wei::ZERO).signer(late.signer())).await;
    assert!(
        matches!(error, Error::WrongTaskStatus { task, status: TaskStatus::Canceled }
            if task == cancelled),
        "{error:?}"
    );

    network.inactivate(address).await;
    let register = || {
        provider
            .register(address, Environment::CPU)
            .signer(late.signer())
    };
    let error = refused(register).await;
    assert!(
        matches!(error, Error::SourceInactive { source_address } if source_address == address),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_not_there_is_named_and_unknown_words_are_kept() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let simulated = idle_provider(&network).await;
    let (signer, nothing) = (simulated.signer(), Address::new([7; 20]));
    let provider = network.client.provider(simulated.address());

    let error = refused(|| provider.register(nothing, Environment::CPU).signer(signer)).await;
    assert!(matches!(error, Error::SourceNotFound { address } if address == nothing));
    let error = refused(|| provider.unregister(nothing).signer(signer)).await;
    assert!(matches!(error, Error::SourceNotFound { address } if address == nothing));
    let error = refused(|| provider.attempt(nothing, Wei::ZERO).signer(signer)).await;
    assert!(matches!(error, Error::TaskNotFound { address } if address == nothing));

    let error = refused(|| provider.unregister(source).signer(signer)).await;
    assert!(matches!(error, Error::Transaction { .. }), "{error:?}");
    assert_eq!(error.revert().unwrap().to_string(), "NotRegistered");
    let error = refused(|| provider.register(source, Environment::AMD).signer(signer)).await;
    assert_eq!(error.revert().unwrap().to_string(), "InvalidEnvironment");
}
