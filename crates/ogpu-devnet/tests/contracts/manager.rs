//! Roles: who has them, and who hands them out.

use ogpu_contracts::{
    manager::{
        ControllerCall, DefaultAdminRoleCall, GetRoleAdminCall, GrantRoleCall, HasRoleCall,
        JudgeCall, ProviderCall, RenounceRoleCall, RevokeRoleCall, SupportsInterfaceCall,
    },
    nexus, terminal,
};

use crate::support::{Actor, Net, custom, event, lacks_role, role};

const ADMIN: [u8; 32] = [0; 32];

#[tokio::test]
async fn roles_are_the_hashes_of_their_names() {
    let net = Net::start().await;
    let to = net.manager;
    assert_eq!(net.read(to, ControllerCall).await.0, role("CONTROLLER"));
    assert_eq!(net.read(to, DefaultAdminRoleCall).await.0, ADMIN);
    assert_eq!(net.read(to, JudgeCall).await.0, role("JUDGE"));
    assert_eq!(net.read(to, ProviderCall).await.0, role("PROVIDER"));

    let to = net.nexus;
    assert_eq!(
        net.read(to, nexus::ControllerCall).await.0,
        role("CONTROLLER")
    );
    assert_eq!(net.read(to, nexus::ProviderCall).await.0, role("PROVIDER"));
    let read = net.read(net.terminal, terminal::ProviderCall).await.0;
    assert_eq!(read, role("PROVIDER"));
}

#[tokio::test]
async fn the_log_tells_which_roles_a_new_network_gives_out() {
    let net = Net::start().await;
    let (admin, manager) = (net.admin.address, net.manager);
    let granted = |role, account| event(manager, "RoleGranted", (role, account, admin));
    let administered = (role("PROVIDER"), ADMIN, role("CONTROLLER"));
    assert_eq!(
        net.history(manager).await,
        [
            granted(ADMIN, admin),
            granted(role("JUDGE"), admin),
            event(manager, "RoleAdminChanged", administered),
            granted(role("CONTROLLER"), net.controller),
            granted(role("CONTROLLER"), net.terminal),
        ]
    );
}

#[tokio::test]
async fn the_administrator_is_also_the_judge_and_nobody_else_is() {
    let net = Net::start().await;
    for role in [ADMIN, role("JUDGE")] {
        assert!(net.has_role(role, &net.admin).await);
        assert!(!net.has_role(role, &net.stranger).await);
    }
}

#[tokio::test]
async fn the_controller_and_the_terminal_have_the_controllers_role() {
    let net = Net::start().await;
    for account in [net.controller, net.terminal] {
        let call = nexus::CheckControllerCall { account };
        assert!(net.read(net.nexus, call).await.0);
        let role = role("CONTROLLER");
        let call = HasRoleCall { role, account };
        assert!(net.read(net.manager, call).await.0);
    }
    assert!(!net.has_role(role("CONTROLLER"), &net.admin).await);
    let account = net.admin.address;
    let call = nexus::CheckControllerCall { account };
    assert!(!net.read(net.nexus, call).await.0);
}

#[tokio::test]
async fn controllers_administer_the_providers_role_and_the_administrator_all_others() {
    let net = Net::start().await;
    for (role, admin) in [
        (ADMIN, ADMIN),
        (role("CONTROLLER"), ADMIN),
        (role("JUDGE"), ADMIN),
        (role("PROVIDER"), role("CONTROLLER")),
    ] {
        let call = GetRoleAdminCall { role };
        assert_eq!(net.read(net.manager, call).await.0, admin);
        let revert = net
            .reverts(&net.stranger, net.manager, net.grant(role))
            .await;
        assert_eq!(revert, lacks_role(net.stranger.address, admin));
        let revert = net
            .reverts(&net.stranger, net.manager, net.revoke(role))
            .await;
        assert_eq!(revert, lacks_role(net.stranger.address, admin));
    }
    // Not even the administrator, unless it takes the controllers' role.
    let call = net.grant(role("PROVIDER"));
    let revert = net.reverts(&net.admin, net.manager, call).await;
    assert_eq!(revert, lacks_role(net.admin.address, role("CONTROLLER")));
}

#[tokio::test]
async fn a_role_is_granted_and_revoked_with_an_event_each() {
    let net = Net::start().await;
    let (agent, admin) = (net.agent.address, net.admin.address);
    let args = (role("JUDGE"), agent, admin);

    let receipt = net
        .send(&net.admin, net.manager, net.grant(role("JUDGE")))
        .await;
    assert_eq!(
        net.events(&receipt),
        [event(net.manager, "RoleGranted", args)]
    );
    assert!(net.has_role(role("JUDGE"), &net.agent).await);

    let receipt = net
        .send(&net.admin, net.manager, net.revoke(role("JUDGE")))
        .await;
    assert_eq!(
        net.events(&receipt),
        [event(net.manager, "RoleRevoked", args)]
    );
    assert!(!net.has_role(role("JUDGE"), &net.agent).await);
}

#[tokio::test]
async fn granting_or_revoking_again_changes_nothing_and_says_so() {
    let net = Net::start().await;
    let receipt = net
        .send(&net.admin, net.manager, net.revoke(role("JUDGE")))
        .await;
    assert_eq!(net.events(&receipt), []);
    net.send(&net.admin, net.manager, net.grant(role("JUDGE")))
        .await;
    let receipt = net
        .send(&net.admin, net.manager, net.grant(role("JUDGE")))
        .await;
    assert_eq!(net.events(&receipt), []);
    assert!(net.has_role(role("JUDGE"), &net.agent).await);
}

#[tokio::test]
async fn a_role_is_renounced_by_its_holder_alone() {
    let net = Net::start().await;
    net.send(&net.admin, net.manager, net.grant(role("JUDGE")))
        .await;
    let renounce = RenounceRoleCall {
        role: role("JUDGE"),
        caller_confirmation: net.agent.address,
    };
    let revert = net.reverts(&net.admin, net.manager, renounce.clone()).await;
    assert_eq!(revert, custom("AccessControlBadConfirmation", &[]));
    net.send(&net.agent, net.manager, renounce).await;
    assert!(!net.has_role(role("JUDGE"), &net.agent).await);
}

#[tokio::test]
async fn a_provider_gets_its_role_when_it_names_a_master_and_loses_it_with_the_master() {
    let net = Net::start().await;
    net.pair(&net.provider, &net.master, "0").await;
    assert!(net.has_role(role("PROVIDER"), &net.provider).await);
    let call = terminal::RemoveProviderCall {
        provider: net.provider.address,
    };
    net.send(&net.master, net.terminal, call).await;
    assert!(!net.has_role(role("PROVIDER"), &net.provider).await);
}

#[tokio::test]
async fn the_manager_names_the_interfaces_that_it_has() {
    let net = Net::start().await;
    // Interface detection and access control, by their published identifiers.
    for (interface_id, supported) in [
        ([0x01, 0xff, 0xc9, 0xa7], true),
        ([0x79, 0x65, 0xdb, 0x0b], true),
        ([0xff; 4], false),
        ([0; 4], false),
    ] {
        let call = SupportsInterfaceCall { interface_id };
        assert_eq!(net.read(net.manager, call).await.0, supported);
    }
}

impl Net {
    async fn has_role(&self, role: [u8; 32], account: &Actor) -> bool {
        let account = account.address;
        let call = HasRoleCall { role, account };
        self.read(self.manager, call).await.0
    }

    fn grant(&self, role: [u8; 32]) -> GrantRoleCall {
        let account = self.agent.address;
        GrantRoleCall { role, account }
    }

    fn revoke(&self, role: [u8; 32]) -> RevokeRoleCall {
        let account = self.agent.address;
        RevokeRoleCall { role, account }
    }
}
