//! Whom the Nexus, the Controller and the Terminal belong to, and what their owner may change.

use ethers_core::types::Address;
use ogpu_contracts::{ContractCall, controller, nexus, terminal};

use crate::support::{Net, ZERO, custom, event, unauthorized};

#[tokio::test]
async fn the_administrator_owns_the_contracts() {
    let net = Net::start().await;
    for contract in [net.nexus, net.controller, net.terminal] {
        assert_eq!(net.owner_of(contract).await, net.admin.address);
    }
}

#[tokio::test]
async fn ownership_is_handed_on_with_all_its_powers() {
    let net = Net::start().await;
    let new_owner = net.stranger.address;
    for contract in [net.nexus, net.controller, net.terminal] {
        let call = transfer(new_owner);
        let receipt = net.send(&net.admin, contract, call.clone()).await;
        let args = (net.admin.address, new_owner);
        assert_eq!(
            net.events(&receipt),
            [event(contract, "OwnershipTransferred", args)]
        );
        assert_eq!(net.owner_of(contract).await, new_owner);

        let revert = net.reverts(&net.admin, contract, call).await;
        assert_eq!(revert, unauthorized(net.admin.address));
        net.send(&net.stranger, contract, transfer(net.admin.address))
            .await;
    }
}

#[tokio::test]
async fn ownership_is_not_handed_to_nobody() {
    let net = Net::start().await;
    for contract in [net.nexus, net.controller, net.terminal] {
        let revert = net.reverts(&net.admin, contract, transfer(ZERO)).await;
        let nobody = ogpu_types::Address::ZERO.to_string();
        assert_eq!(revert, custom("OwnableInvalidOwner", &[("owner", nobody)]));
    }
}

#[tokio::test]
async fn renounced_ownership_is_gone_for_good() {
    let net = Net::start().await;
    for contract in [net.nexus, net.controller, net.terminal] {
        let call = nexus::RenounceOwnershipCall;
        net.send(&net.admin, contract, call).await;
        assert_eq!(net.owner_of(contract).await, ZERO);
        let call = transfer(net.admin.address);
        let revert = net.reverts(&net.admin, contract, call).await;
        assert_eq!(revert, unauthorized(net.admin.address));
    }
}

#[tokio::test]
async fn the_owner_points_the_contracts_at_others() {
    let net = Net::start().await;
    let new = net.stranger.address;

    let to = net.controller;
    net.administer(to, controller::SetNexusCall { nexus: new })
        .await;
    net.administer(to, controller::SetTerminalCall { terminal: new })
        .await;
    net.administer(to, controller::SetVaultCall { vault: new })
        .await;
    assert_eq!(net.read(to, controller::NexusCall).await.0, new);
    assert_eq!(net.read(to, controller::TerminalCall).await.0, new);
    assert_eq!(net.read(to, controller::VaultCall).await.0, new);

    let to = net.terminal;
    net.administer(to, terminal::SetManagerCall { manager: new })
        .await;
    net.administer(to, terminal::SetVaultCall { vault: new })
        .await;
    assert_eq!(net.read(to, terminal::ManagerCall).await.0, new);
    assert_eq!(net.read(to, terminal::VaultCall).await.0, new);

    let to = net.nexus;
    net.administer(to, nexus::SetManagerCall { manager: new })
        .await;
    net.administer(to, nexus::SetTerminalCall { terminal: new })
        .await;
    net.administer(to, nexus::SetVaultCall { vault: new }).await;
    assert_eq!(net.read(to, nexus::ManagerCall).await.0, new);
    assert_eq!(net.read(to, nexus::TerminalCall).await.0, new);
    assert_eq!(net.read(to, nexus::VaultCall).await.0, new);
}

fn transfer(new_owner: Address) -> nexus::TransferOwnershipCall {
    nexus::TransferOwnershipCall { new_owner }
}

impl Net {
    /// All owned contracts have the same functions for it.
    async fn owner_of(&self, contract: Address) -> Address {
        self.read(contract, nexus::OwnerCall).await.0
    }

    async fn administer(&self, contract: Address, call: impl ContractCall) {
        self.send(&self.admin, contract, call).await;
    }
}
