//! From the lockup back to the balance, and the wait between them.

use ethers_core::types::{Address, U256};
use ogpu_contracts::vault::{
    CancelUnbondingCall, ClaimCall, SetMaxUnbondingPeriodCall, UnbondCall, UnbondingPeriodCall,
    UnbondingTimestampCall,
};

use crate::support::{Books, Net, ether, event, reason};

/// The unbonding period, in seconds.
const WEEK: u64 = 7 * 24 * 60 * 60;
/// In seconds; far longer than a test takes.
const MINUTE: u64 = 60;

#[tokio::test]
async fn unbonding_moves_lockup_aside_for_a_week() {
    let net = Net::with_lockup().await;
    let account = net.provider.address;
    let receipt = net.send(&net.provider, net.vault, unbond("0.75")).await;
    let args = (account, ether("0.75"));
    assert_eq!(net.events(&receipt), [event(net.vault, "Unbonded", args)]);
    let expected = Books {
        lockup: ether("0.25"),
        unbonding: ether("0.75"),
        ..Books::default()
    };
    assert_eq!(net.books(account).await, expected);
    assert_eq!(net.matures(account).await, net.now().await + WEEK);
}

#[tokio::test]
async fn nobody_unbonds_more_than_its_lockup() {
    let net = Net::with_lockup().await;
    net.deposit(&net.provider, ether("5")).await;
    let amount = ether("1") + 1;
    let revert = net.reverts(&net.provider, net.vault, UnbondCall { amount });
    assert_eq!(revert.await, reason("InsufficientLockup"));
    net.send(&net.provider, net.vault, unbond("1")).await;
}

#[tokio::test]
async fn a_claim_waits_for_the_whole_period() {
    let net = Net::with_lockup().await;
    net.send(&net.provider, net.vault, unbond("0.75")).await;
    let revert = net.reverts(&net.provider, net.vault, ClaimCall).await;
    assert_eq!(revert, reason("UnbondingNotElapsed"));
    net.wait(WEEK - MINUTE).await;
    let revert = net.reverts(&net.provider, net.vault, ClaimCall).await;
    assert_eq!(revert, reason("UnbondingNotElapsed"));
}

#[tokio::test]
async fn a_claim_in_time_moves_it_to_the_balance() {
    let net = Net::with_lockup().await;
    let account = net.provider.address;
    net.send(&net.provider, net.vault, unbond("0.75")).await;
    net.wait_until(net.matures(account).await).await;
    let receipt = net.send(&net.provider, net.vault, ClaimCall).await;
    let args = (account, ether("0.75"));
    assert_eq!(net.events(&receipt), [event(net.vault, "Claimed", args)]);
    let expected = Books {
        balance: ether("0.75"),
        lockup: ether("0.25"),
        ..Books::default()
    };
    assert_eq!(net.books(account).await, expected);
    assert_eq!(net.matures(account).await, 0.into());

    let revert = net.reverts(&net.provider, net.vault, ClaimCall).await;
    assert_eq!(revert, reason("NothingUnbonding"));
}

#[tokio::test]
async fn unbonding_more_starts_the_wait_anew_for_all_of_it() {
    let net = Net::with_lockup().await;
    let account = net.provider.address;
    net.send(&net.provider, net.vault, unbond("0.5")).await;
    let first = net.matures(account).await;
    net.wait(WEEK - MINUTE).await;
    net.send(&net.provider, net.vault, unbond("0.25")).await;
    assert_eq!(net.matures(account).await, net.now().await + WEEK);

    net.wait_until(first + MINUTE).await;
    let revert = net.reverts(&net.provider, net.vault, ClaimCall).await;
    assert_eq!(revert, reason("UnbondingNotElapsed"));
    net.wait(WEEK).await;
    net.send(&net.provider, net.vault, ClaimCall).await;
    assert_eq!(net.books(account).await.balance, ether("0.75"));
}

#[tokio::test]
async fn cancelling_moves_it_back_to_the_lockup_before_and_after_it_matures() {
    let net = Net::with_lockup().await;
    let account = net.provider.address;
    for wait in [0, WEEK] {
        net.send(&net.provider, net.vault, unbond("0.75")).await;
        net.wait(wait).await;
        let call = CancelUnbondingCall;
        let receipt = net.send(&net.provider, net.vault, call).await;
        let args = (account, ether("0.75"));
        assert_eq!(
            net.events(&receipt),
            [event(net.vault, "UnbondingCanceled", args)]
        );
        let expected = Books {
            lockup: ether("1"),
            ..Books::default()
        };
        assert_eq!(net.books(account).await, expected);
        assert_eq!(net.matures(account).await, 0.into());
    }
}

#[tokio::test]
async fn without_unbonding_there_is_nothing_to_claim_or_cancel() {
    let net = Net::with_lockup().await;
    for revert in [
        net.reverts(&net.provider, net.vault, ClaimCall).await,
        net.reverts(&net.provider, net.vault, CancelUnbondingCall)
            .await,
    ] {
        assert_eq!(revert, reason("NothingUnbonding"));
    }
}

#[tokio::test]
async fn the_administrator_sets_the_period_of_later_unbondings() {
    let net = Net::with_lockup().await;
    let account = net.provider.address;
    net.send(&net.provider, net.vault, unbond("0.5")).await;
    let before = net.matures(account).await;

    let call = SetMaxUnbondingPeriodCall {
        period: MINUTE.into(),
    };
    net.send(&net.admin, net.vault, call).await;
    let period = net.read(net.vault, UnbondingPeriodCall).await.0;
    assert_eq!(period, MINUTE.into());
    assert_eq!(net.matures(account).await, before);

    net.send(&net.provider, net.vault, unbond("0.25")).await;
    assert_eq!(net.matures(account).await, net.now().await + MINUTE);
}

fn unbond(amount: &str) -> UnbondCall {
    UnbondCall {
        amount: ether(amount),
    }
}

impl Net {
    /// When what an account unbonds can be claimed, in unix seconds.
    async fn matures(&self, account: Address) -> U256 {
        let call = UnbondingTimestampCall(account);
        self.read(self.vault, call).await.0
    }
}
