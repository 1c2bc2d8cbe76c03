//! A master and its provider: two halves of one announcement.

use ogpu_client::{
    Error,
    TerminalEvent::{MasterAnnounced, ProviderAnnounced, ProviderRemoved, RemoveContainer},
    VaultEvent::{Deposited, Locked},
    Wei,
    types::Environment,
};

use super::{Story, registered};

#[tokio::test]
async fn a_master_funds_its_provider_runs_it_and_lets_it_go() {
    let mut story = Story::begin().await;
    let client = story.network.client.clone();
    let accounts = story.network.devnet.accounts().clone();
    let (owner, machine) = (accounts.master(), accounts.provider());
    let master = client.master(owner.address());
    let provider = client.provider(machine.address());
    let account = machine.address();
    let (source, _) = story.published().await;

    // The master's half: it pays the provider's lockup from its own coins.
    let amount = Wei::from_ether(2);
    let announce = master.announce_provider(account, amount).signer(owner);
    let announced = ProviderAnnounced {
        provider: account,
        master: owner.address(),
    };
    story.tells(
        &announce.await.unwrap(),
        [
            announced.into(),
            Deposited { account, amount }.into(),
            Locked { account, amount }.into(),
        ],
    );
    let half = provider.snapshot().await.unwrap();
    assert_eq!((half.lockup, half.balance), (amount, Wei::ZERO));
    assert_eq!((half.master, half.is_provider), (None, false));
    assert!(half.is_eligible);
    assert!(master.is_master().await.unwrap());
    assert!(master.provider().await.unwrap().is_none());
    let error = client.load_provider(account).await.unwrap_err();
    assert!(matches!(error, Error::ProviderNotFound { .. }), "{error:?}");

    // The provider's half makes it one.
    let announce = provider.announce_master(owner.address()).signer(machine);
    let announced = MasterAnnounced {
        provider: account,
        master: owner.address(),
    };
    story.tells(&announce.await.unwrap(), [announced.into()]);
    let paired = provider.snapshot().await.unwrap();
    assert_eq!(paired.master, Some(owner.address()));
    assert!(paired.is_provider);
    let masters = master.snapshot().await.unwrap();
    assert_eq!(
        (masters.provider, masters.lockup),
        (Some(account), Wei::ZERO)
    );
    let manager = client.manager();
    let role = manager.provider_role().await.unwrap();
    assert!(manager.has_role(role, account).await.unwrap());
    assert!(client.load_provider(account).await.is_ok());

    // The master acts for it.
    let register = provider.register(source, Environment::CPU).signer(owner);
    let receipt = register.await.unwrap();
    story.tells(&receipt, [registered(account, source)]);
    let served = client.source(source);
    assert_eq!(served.registrant_id(account).await.unwrap(), Some(1));
    let stop = master.remove_container(account, source).signer(owner);
    let stopped = RemoveContainer {
        provider: account,
        source,
    };
    story.tells(&stop.await.unwrap(), [stopped.into()]);
    // It is told to stop, and is registered all the same.
    assert_eq!(served.registrant_id(account).await.unwrap(), Some(1));
    let leave = provider.unregister(source).signer(owner);
    story.tells(&leave.await.unwrap(), []);
    assert_eq!(served.registrant_id(account).await.unwrap(), None);

    let remove = master.remove_provider(account).signer(owner);
    let removed = ProviderRemoved { provider: account };
    story.tells(&remove.await.unwrap(), [removed.into()]);
    let alone = provider.snapshot().await.unwrap();
    assert_eq!((alone.master, alone.is_provider), (None, false));
    assert_eq!(alone.lockup, amount, "the lockup stays the provider's");
    assert!(master.provider().await.unwrap().is_none());
    assert!(!manager.has_role(role, account).await.unwrap());
    let error = provider
        .register(source, Environment::CPU)
        .signer(owner)
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::NotProvider { master: None, .. }),
        "{error:?}"
    );
    story.ends().await;
}
