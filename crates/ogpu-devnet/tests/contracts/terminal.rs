//! Masters and providers: finding each other, and parting.

use ethers_core::types::Address;
use ogpu_contracts::terminal::{
    AnnounceMasterCall, AnnounceProviderCall, BaseDataOfCall, GetIsMasterCall, GetMasterOfCall,
    IsMasterCall, IsProviderCall, LiveDataOfCall, MasterOfCall, ProviderOfCall,
    RemoveContainerCall, RemoveProviderCall, SetBaseDataCall, SetLiveDataCall,
};

use crate::support::{Actor, Books, Net, ZERO, ether, event, reason, registration, role};

#[tokio::test]
async fn a_master_that_names_a_provider_pays_into_its_lockup() {
    let net = Net::start().await;
    let (provider, master) = (net.provider.address, net.master.address);
    let amount = ether("1.5");
    let call = announce(&net.provider, "1.5");
    let receipt = net.pay(&net.master, net.terminal, call, amount).await;
    assert_eq!(
        net.events(&receipt),
        [
            event(net.terminal, "ProviderAnnounced", (provider, master)),
            event(net.vault, "Deposited", (provider, amount)),
            event(net.vault, "Locked", (provider, amount)),
        ]
    );
    let expected = Books {
        lockup: amount,
        ..Books::default()
    };
    assert_eq!(net.books(provider).await, expected);
    assert!(net.read(net.terminal, IsMasterCall(master)).await.0);
    let call = GetIsMasterCall { master };
    assert!(net.read(net.terminal, call).await.0);
}

#[tokio::test]
async fn a_provider_answers_by_naming_its_master() {
    let net = Net::start().await;
    let (provider, master) = (net.provider.address, net.master.address);
    let call = answer(&net.master);
    let receipt = net.send(&net.provider, net.terminal, call).await;
    let args = (role("PROVIDER"), provider, net.terminal);
    assert_eq!(
        net.events(&receipt),
        [
            event(net.terminal, "MasterAnnounced", (provider, master)),
            event(net.manager, "RoleGranted", args),
        ]
    );
    assert!(net.read(net.terminal, IsProviderCall(provider)).await.0);
}

#[tokio::test]
async fn only_both_together_make_a_pair() {
    let net = Net::start().await;
    net.send(&net.master, net.terminal, announce(&net.provider, "0"))
        .await;
    assert_eq!(net.master_of(&net.provider).await, ZERO);
    // Naming another master than the one that asks is no answer.
    net.send(&net.provider, net.terminal, answer(&net.other_master))
        .await;
    assert_eq!(net.master_of(&net.provider).await, ZERO);
    net.send(&net.provider, net.terminal, answer(&net.master))
        .await;
    assert_eq!(net.master_of(&net.provider).await, net.master.address);
    let last = ProviderOfCall(net.master.address);
    let last = net.read(net.terminal, last).await.0;
    assert_eq!(last, net.provider.address);
}

#[tokio::test]
async fn who_comes_first_does_not_matter() {
    let net = Net::start().await;
    net.send(&net.provider, net.terminal, answer(&net.master))
        .await;
    assert_eq!(net.master_of(&net.provider).await, ZERO);
    let call = announce(&net.provider, "0");
    let receipt = net.send(&net.master, net.terminal, call).await;
    let args = (net.provider.address, net.master.address);
    // Without an amount nothing is deposited.
    assert_eq!(
        net.events(&receipt),
        [event(net.terminal, "ProviderAnnounced", args)]
    );
    assert_eq!(net.master_of(&net.provider).await, net.master.address);
}

#[tokio::test]
async fn a_master_owns_several_providers() {
    let net = Net::start().await;
    net.pair(&net.provider, &net.master, "0").await;
    net.pair(&net.rival, &net.master, "0").await;
    for provider in [&net.provider, &net.rival] {
        assert_eq!(net.master_of(provider).await, net.master.address);
    }
    // The single answer there is names the last one.
    let last = ProviderOfCall(net.master.address);
    let last = net.read(net.terminal, last).await.0;
    assert_eq!(last, net.rival.address);
}

#[tokio::test]
async fn naming_a_provider_again_adds_to_its_lockup() {
    let net = Net::start().await;
    net.pair(&net.provider, &net.master, "1").await;
    let call = announce(&net.provider, "0.5");
    net.pay(&net.master, net.terminal, call, ether("0.5")).await;
    let books = net.books(net.provider.address).await;
    assert_eq!(books.lockup, ether("1.5"));
}

#[tokio::test]
async fn the_amount_named_is_the_amount_sent() {
    let net = Net::start().await;
    for sent in ["0", "0.5", "2"] {
        let call = announce(&net.provider, "1");
        let revert = net
            .pay_reverts(&net.master, net.terminal, call, ether(sent))
            .await;
        assert_eq!(revert, reason("InvalidPayment"));
    }
}

#[tokio::test]
async fn a_paired_provider_names_no_other_master() {
    let net = Net::start().await;
    net.pair(&net.provider, &net.master, "0").await;
    for master in [&net.other_master, &net.master] {
        let call = answer(master);
        let revert = net.reverts(&net.provider, net.terminal, call).await;
        assert_eq!(revert, reason("AlreadyPaired"));
    }
}

#[tokio::test]
async fn another_masters_announcement_takes_no_provider_away() {
    let net = Net::start().await;
    net.pair(&net.provider, &net.master, "0").await;
    let other = &net.other_master;
    net.send(other, net.terminal, announce(&net.provider, "0"))
        .await;
    assert_eq!(net.master_of(&net.provider).await, net.master.address);

    let provider = net.provider.address;
    let receipt = net.send(other, net.terminal, remove(&net.provider)).await;
    assert_eq!(
        net.events(&receipt),
        [event(net.terminal, "ProviderRemoved", (provider,))]
    );
    assert_eq!(net.master_of(&net.provider).await, net.master.address);
    assert!(net.read(net.terminal, IsProviderCall(provider)).await.0);
}

#[tokio::test]
async fn removing_a_provider_breaks_the_pair() {
    let net = Net::start().await;
    net.pair(&net.provider, &net.master, "1").await;
    let call = remove(&net.provider);
    let receipt = net.send(&net.master, net.terminal, call).await;
    let provider = net.provider.address;
    let args = (role("PROVIDER"), provider, net.terminal);
    assert_eq!(
        net.events(&receipt),
        [
            event(net.manager, "RoleRevoked", args),
            event(net.terminal, "ProviderRemoved", (provider,)),
        ]
    );
    assert_eq!(net.master_of(&net.provider).await, ZERO);
    assert!(!net.read(net.terminal, IsProviderCall(provider)).await.0);
    let last = ProviderOfCall(net.master.address);
    assert_eq!(net.read(net.terminal, last).await.0, ZERO);
    // Its lockup stays its own.
    assert_eq!(net.books(provider).await.lockup, ether("1"));
}

#[tokio::test]
async fn a_former_master_has_no_say() {
    let (net, source) = Net::with_source().await;
    net.pair(&net.provider, &net.master, "1").await;
    net.send(&net.master, net.terminal, remove(&net.provider))
        .await;
    let call = registration(source, &net.provider, 1);
    let revert = net.reverts(&net.master, net.nexus, call).await;
    assert_eq!(revert, reason("NotProvider"));
    for revert in [
        net.reverts(&net.master, net.terminal, remove(&net.provider))
            .await,
        net.reverts(&net.master, net.terminal, stop(&net.provider))
            .await,
    ] {
        assert_eq!(revert, reason("NotMaster"));
    }
}

#[tokio::test]
async fn a_new_pair_needs_both_again() {
    let net = Net::start().await;
    net.pair(&net.provider, &net.master, "0").await;
    net.send(&net.master, net.terminal, remove(&net.provider))
        .await;
    net.send(&net.provider, net.terminal, answer(&net.master))
        .await;
    assert_eq!(net.master_of(&net.provider).await, ZERO);
    net.send(&net.master, net.terminal, announce(&net.provider, "0"))
        .await;
    assert_eq!(net.master_of(&net.provider).await, net.master.address);
}

#[tokio::test]
async fn only_who_named_a_provider_removes_it() {
    let net = Net::start().await;
    net.pair(&net.provider, &net.master, "0").await;
    for somebody in [&net.stranger, &net.other_master, &net.provider, &net.admin] {
        let call = remove(&net.provider);
        let revert = net.reverts(somebody, net.terminal, call).await;
        assert_eq!(revert, reason("NotMaster"));
    }
}

#[tokio::test]
async fn removing_a_container_only_emits_an_event() {
    let (net, source) = Net::serving(ogpu_types::DeliveryMethod::ManualConfirmation).await;
    let call = RemoveContainerCall {
        provider: net.provider.address,
        source,
    };
    let receipt = net.send(&net.master, net.terminal, call).await;
    let args = (net.provider.address, source);
    assert_eq!(
        net.events(&receipt),
        [event(net.terminal, "RemoveContainer", args)]
    );
    assert_eq!(net.master_of(&net.provider).await, net.master.address);
    let provider = net.provider.address;
    let id = ogpu_contracts::source::GetRegistrantIdCall { provider };
    assert_eq!(net.read(source, id).await.0, 1.into());
}

#[tokio::test]
async fn only_its_master_removes_a_providers_container() {
    let net = Net::start().await;
    // An announcement alone makes no master of this provider.
    net.send(
        &net.other_master,
        net.terminal,
        announce(&net.provider, "0"),
    )
    .await;
    net.pair(&net.provider, &net.master, "0").await;
    for somebody in [&net.stranger, &net.other_master, &net.provider] {
        let call = stop(&net.provider);
        let revert = net.reverts(somebody, net.terminal, call).await;
        assert_eq!(revert, reason("NotMaster"));
    }
}

#[tokio::test]
async fn providers_publish_data_about_themselves() {
    let net = Net::start().await;
    net.pair(&net.provider, &net.master, "0").await;
    let provider = net.provider.address;
    let base_data = "base".to_owned();
    let call = SetBaseDataCall { base_data };
    let receipt = net.send(&net.provider, net.terminal, call).await;
    assert_eq!(
        net.events(&receipt),
        [event(net.terminal, "BaseDataUpdated", (provider,))]
    );
    let live_data = "live".to_owned();
    let call = SetLiveDataCall { live_data };
    let receipt = net.send(&net.provider, net.terminal, call).await;
    assert_eq!(
        net.events(&receipt),
        [event(net.terminal, "LiveDataUpdated", (provider,))]
    );
    let base = net.read(net.terminal, BaseDataOfCall(provider)).await.0;
    let live = net.read(net.terminal, LiveDataOfCall(provider)).await.0;
    assert_eq!((base.as_str(), live.as_str()), ("base", "live"));
}

#[tokio::test]
async fn only_providers_publish_data() {
    let net = Net::start().await;
    net.pair(&net.provider, &net.master, "0").await;
    for somebody in [&net.stranger, &net.master, &net.rival] {
        let base_data = "base".to_owned();
        let call = SetBaseDataCall { base_data };
        let revert = net.reverts(somebody, net.terminal, call).await;
        assert_eq!(revert, reason("NotProvider"));
        let live_data = "live".to_owned();
        let call = SetLiveDataCall { live_data };
        let revert = net.reverts(somebody, net.terminal, call).await;
        assert_eq!(revert, reason("NotProvider"));
    }
}

fn announce(provider: &Actor, amount: &str) -> AnnounceProviderCall {
    AnnounceProviderCall {
        provider: provider.address,
        amount: ether(amount),
    }
}

fn answer(master: &Actor) -> AnnounceMasterCall {
    AnnounceMasterCall {
        master: master.address,
    }
}

fn remove(provider: &Actor) -> RemoveProviderCall {
    RemoveProviderCall {
        provider: provider.address,
    }
}

fn stop(provider: &Actor) -> RemoveContainerCall {
    RemoveContainerCall {
        provider: provider.address,
        source: ZERO,
    }
}

impl Net {
    async fn master_of(&self, provider: &Actor) -> Address {
        let provider = provider.address;
        let master = self.read(self.terminal, MasterOfCall(provider)).await.0;
        let call = GetMasterOfCall { provider };
        assert_eq!(self.read(self.terminal, call).await.0, master);
        master
    }
}
