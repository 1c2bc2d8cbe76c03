//! What judge and administrator may do with the accounts of others.

use ethers_core::types::U256;
use ogpu_contracts::{
    manager::GrantRoleCall,
    vault::{
        EmergencyExitCall, IsWhitelistedCall, MinLockupPerSourceCall, SanctionCall,
        SanctionedAmountCall, SetMinLockupPerSourceCall, SetTerminalCall, SetWhitelistCall,
        TerminalCall, UnbondCall, UnbondingTimestampCall, WaiveCall, WithdrawSanctionOfCall,
    },
};

use crate::support::{Actor, Books, Net, ether, event, reason, role};

#[tokio::test]
async fn a_sanction_takes_from_the_lockup_and_the_eligibility() {
    let net = Net::with_lockup().await;
    let account = net.provider.address;
    assert!(net.eligible(&net.provider).await);
    let receipt = net.sanction(&net.provider, "0.25").await;
    let args = (account, ether("0.25"));
    assert_eq!(net.events(&receipt), [event(net.vault, "Sanctioned", args)]);
    let expected = Books {
        lockup: ether("0.75"),
        sanction: ether("0.25"),
        ..Books::default()
    };
    assert_eq!(net.books(account).await, expected);
    // Enough is left, but the sanction counts.
    assert!(!net.eligible(&net.provider).await);
}

#[tokio::test]
async fn the_sanctions_of_all_accounts_are_added_up() {
    let net = Net::with_lockup().await;
    net.lock(&net.rival, "1").await;
    net.sanction(&net.provider, "0.25").await;
    net.sanction(&net.rival, "0.5").await;
    net.sanction(&net.rival, "0.125").await;
    assert_eq!(net.sanctioned().await, ether("0.875"));
    let books = net.books(net.rival.address).await;
    assert_eq!(books.sanction, ether("0.625"));
}

#[tokio::test]
async fn nobody_is_sanctioned_beyond_its_lockup() {
    let net = Net::with_lockup().await;
    net.deposit(&net.provider, ether("5")).await;
    let call = SanctionCall {
        account: net.provider.address,
        amount: ether("1") + 1,
    };
    let revert = net.reverts(&net.admin, net.vault, call).await;
    assert_eq!(revert, reason("InsufficientLockup"));
}

#[tokio::test]
async fn a_waived_sanction_returns_to_the_lockup() {
    let net = Net::with_lockup().await;
    let account = net.provider.address;
    net.sanction(&net.provider, "0.25").await;
    let receipt = net.send(&net.admin, net.vault, waive(&net, "0.125")).await;
    let args = (account, ether("0.125"));
    assert_eq!(net.events(&receipt), [event(net.vault, "Waived", args)]);
    let expected = Books {
        lockup: ether("0.875"),
        sanction: ether("0.125"),
        ..Books::default()
    };
    assert_eq!(net.books(account).await, expected);
    assert_eq!(net.sanctioned().await, ether("0.125"));
    assert!(!net.eligible(&net.provider).await);

    net.send(&net.admin, net.vault, waive(&net, "0.125")).await;
    assert!(net.eligible(&net.provider).await);
}

#[tokio::test]
async fn no_more_is_waived_than_was_sanctioned() {
    let net = Net::with_lockup().await;
    net.lock(&net.rival, "1").await;
    net.sanction(&net.provider, "0.25").await;
    net.sanction(&net.rival, "0.25").await;
    let call = waive(&net, "0.5");
    let revert = net.reverts(&net.admin, net.vault, call).await;
    assert_eq!(revert, reason("InsufficientBalance"));
}

#[tokio::test]
async fn judging_is_a_role_of_its_own() {
    let net = Net::with_lockup().await;
    let call = GrantRoleCall {
        role: role("JUDGE"),
        account: net.agent.address,
    };
    net.send(&net.admin, net.manager, call).await;
    let call = SanctionCall {
        account: net.provider.address,
        amount: 1.into(),
    };
    net.send(&net.agent, net.vault, call).await;
    let account = net.provider.address;
    let revert = net.reverts(&net.agent, net.vault, WithdrawSanctionOfCall { account });
    assert_eq!(revert.await, reason("NotAdmin"));
}

#[tokio::test]
async fn a_sanction_withdrawn_for_good_goes_to_the_administrator() {
    let net = Net::with_lockup().await;
    let account = net.provider.address;
    net.sanction(&net.provider, "0.25").await;
    let before = net.coins(net.admin.address).await;
    let call = WithdrawSanctionOfCall { account };
    let receipt = net.send(&net.admin, net.vault, call).await;
    let args = (net.admin.address, ether("0.25"));
    assert_eq!(net.events(&receipt), [event(net.vault, "Withdrawn", args)]);

    let fee: U256 = receipt.fee().expect("fees are small").into();
    let after = net.coins(net.admin.address).await;
    assert_eq!(after, before + ether("0.25") - fee);
    let expected = Books {
        lockup: ether("0.75"),
        ..Books::default()
    };
    assert_eq!(net.books(account).await, expected);
    assert_eq!(net.sanctioned().await, 0.into());
    assert!(net.eligible(&net.provider).await);
}

#[tokio::test]
async fn an_emergency_exit_pays_out_all_but_sanctions() {
    let net = Net::with_lockup().await;
    let account = net.provider.address;
    net.deposit(&net.provider, ether("3")).await;
    net.sanction(&net.provider, "0.25").await;
    let call = UnbondCall {
        amount: ether("0.5"),
    };
    net.send(&net.provider, net.vault, call).await;
    let before = net.coins(account).await;

    let call = EmergencyExitCall { account };
    let receipt = net.send(&net.admin, net.vault, call).await;
    let amount = ether("3.75");
    assert_eq!(
        net.events(&receipt),
        [event(net.vault, "Withdrawn", (account, amount))]
    );
    assert_eq!(net.coins(account).await, before + amount);
    let expected = Books {
        sanction: ether("0.25"),
        ..Books::default()
    };
    assert_eq!(net.books(account).await, expected);
    let matures = net.read(net.vault, UnbondingTimestampCall(account)).await;
    assert_eq!(matures.0, 0.into());
}

#[tokio::test]
async fn the_administrator_sets_the_minimum_lockup() {
    let net = Net::with_lockup().await;
    for (minimum, eligible) in [("1", true), ("1.5", false)] {
        let call = SetMinLockupPerSourceCall {
            amount: ether(minimum),
        };
        net.send(&net.admin, net.vault, call).await;
        let read = net.read(net.vault, MinLockupPerSourceCall).await.0;
        assert_eq!(read, ether(minimum));
        assert_eq!(net.eligible(&net.provider).await, eligible);
    }
}

#[tokio::test]
async fn the_administrator_keeps_a_list_that_grants_nothing() {
    let net = Net::start().await;
    let account = net.provider.address;
    for value in [true, false] {
        let call = SetWhitelistCall { account, value };
        net.send(&net.admin, net.vault, call).await;
        let listed = net.read(net.vault, IsWhitelistedCall(account)).await.0;
        assert_eq!(listed, value);
        assert!(!net.eligible(&net.provider).await);
    }
}

#[tokio::test]
async fn only_the_vaults_terminal_pays_into_lockups() {
    let net = Net::start().await;
    let call = SetTerminalCall {
        terminal: net.stranger.address,
    };
    net.send(&net.admin, net.vault, call).await;
    let terminal = net.read(net.vault, TerminalCall).await.0;
    assert_eq!(terminal, net.stranger.address);

    // What the former terminal brings is a deposit like any other.
    net.pair(&net.provider, &net.master, "1").await;
    let expected = Books {
        balance: ether("1"),
        ..Books::default()
    };
    assert_eq!(net.books(net.provider.address).await, expected);
}

/// Waives a part of the provider's sanction.
fn waive(net: &Net, amount: &str) -> WaiveCall {
    WaiveCall {
        account: net.provider.address,
        amount: ether(amount),
    }
}

impl Net {
    /// Sanctions an account, as the administrator, who is the judge.
    async fn sanction(&self, account: &Actor, amount: &str) -> ogpu_types::Receipt {
        let call = SanctionCall {
            account: account.address,
            amount: ether(amount),
        };
        self.send(&self.admin, self.vault, call).await
    }

    async fn sanctioned(&self) -> U256 {
        self.read(self.vault, SanctionedAmountCall).await.0
    }
}
