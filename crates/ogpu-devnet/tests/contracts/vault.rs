//! Balances and lockups: putting money in, moving it, taking it out.

use ethers_core::types::U256;
use ogpu_contracts::{
    ContractCall, Revert,
    vault::{
        DepositCall, LockCall, MinLockupPerSourceCall, UnbondCall, UnbondingPeriodCall,
        WithdrawCall,
    },
};

use crate::support::{Books, MIN_LOCKUP, Net, ether, event, greedy, reason};

#[tokio::test]
async fn the_minimum_lockup_is_a_tenth_and_unbonding_takes_a_week() {
    let net = Net::start().await;
    let minimum = net.read(net.vault, MinLockupPerSourceCall).await.0;
    assert_eq!(minimum, ether("0.1"));
    let period = net.read(net.vault, UnbondingPeriodCall).await.0;
    assert_eq!(period, (7 * 24 * 60 * 60).into());
}

#[tokio::test]
async fn a_deposit_adds_to_the_balance() {
    let net = Net::start().await;
    net.deposit(&net.client, ether("1")).await;
    let receipt = net.deposit(&net.client, ether("2")).await;
    let args = (net.client.address, ether("2"));
    assert_eq!(net.events(&receipt), [event(net.vault, "Deposited", args)]);
    let expected = Books {
        balance: ether("3"),
        ..Books::default()
    };
    assert_eq!(net.books(net.client.address).await, expected);
    assert_eq!(net.coins(net.vault).await, ether("3"));
}

#[tokio::test]
async fn anybody_deposits_for_anybody() {
    let net = Net::start().await;
    let account = net.client.address;
    let call = DepositCall { account };
    net.pay(&net.stranger, net.vault, call, ether("2")).await;
    assert_eq!(net.books(account).await.balance, ether("2"));
    let payer = net.books(net.stranger.address).await;
    assert_eq!(payer, Books::default());
}

#[tokio::test]
async fn coins_without_a_deposit_are_refused() {
    let net = Net::start().await;
    let sent = net.transact(&net.client, net.vault, Vec::new(), 1.into());
    let error = sent.await.expect_err("the Vault takes deposits alone");
    assert_eq!(error.revert(), Some(&Revert::Empty));
}

#[tokio::test]
async fn a_withdrawal_pays_out_of_the_balance() {
    let net = Net::start().await;
    net.deposit(&net.client, ether("2")).await;
    let before = net.coins(net.client.address).await;
    let receipt = net.send(&net.client, net.vault, withdraw("0.5")).await;
    let args = (net.client.address, ether("0.5"));
    assert_eq!(net.events(&receipt), [event(net.vault, "Withdrawn", args)]);

    let fee: U256 = receipt.fee().expect("fees are small").into();
    let after = net.coins(net.client.address).await;
    assert_eq!(after, before + ether("0.5") - fee);
    let books = net.books(net.client.address).await;
    assert_eq!(books.balance, ether("1.5"));
    assert_eq!(net.coins(net.vault).await, ether("1.5"));
}

#[tokio::test]
async fn nobody_withdraws_more_than_its_balance() {
    let net = Net::start().await;
    net.deposit(&net.client, ether("2")).await;
    net.deposit(&net.other_client, ether("2")).await;
    let amount = ether("2") + 1;
    let revert = net.reverts(&net.client, net.vault, WithdrawCall { amount });
    assert_eq!(revert.await, reason("InsufficientBalance"));
    // The whole is not too much.
    net.send(&net.client, net.vault, withdraw("2")).await;
    let revert = net.reverts(&net.client, net.vault, WithdrawCall { amount: 1.into() });
    assert_eq!(revert.await, reason("InsufficientBalance"));
}

#[tokio::test]
async fn a_lockup_is_not_withdrawn() {
    let net = Net::start().await;
    net.lock(&net.provider, "1").await;
    let revert = net.reverts(&net.provider, net.vault, withdraw("1")).await;
    assert_eq!(revert, reason("InsufficientBalance"));
}

#[tokio::test]
async fn locking_moves_balance_into_the_lockup() {
    let net = Net::start().await;
    net.deposit(&net.provider, ether("2")).await;
    let call = LockCall {
        amount: ether("0.5"),
    };
    let receipt = net.send(&net.provider, net.vault, call).await;
    let args = (net.provider.address, ether("0.5"));
    assert_eq!(net.events(&receipt), [event(net.vault, "Locked", args)]);
    let expected = Books {
        balance: ether("1.5"),
        lockup: ether("0.5"),
        ..Books::default()
    };
    assert_eq!(net.books(net.provider.address).await, expected);
}

#[tokio::test]
async fn nobody_locks_more_than_its_balance() {
    let net = Net::start().await;
    net.deposit(&net.provider, ether("2")).await;
    let amount = ether("2") + 1;
    let revert = net.reverts(&net.provider, net.vault, LockCall { amount });
    assert_eq!(revert.await, reason("InsufficientBalance"));
}

#[tokio::test]
async fn who_has_the_minimum_locked_up_is_eligible() {
    let net = Net::start().await;
    assert!(!net.eligible(&net.provider).await);
    net.lock(&net.provider, MIN_LOCKUP).await;
    assert!(net.eligible(&net.provider).await);
    let call = UnbondCall { amount: 1.into() };
    net.send(&net.provider, net.vault, call).await;
    assert!(!net.eligible(&net.provider).await);
}

#[tokio::test]
async fn a_receiver_that_refuses_coins_keeps_its_balance() {
    let net = Net::start().await;
    let account = net.nexus;
    let call = DepositCall { account };
    net.pay(&net.client, net.vault, call, ether("1")).await;
    let data = withdraw("1").call_data();
    let answer = net.simulate(Some(account), net.vault, data).await;
    assert_eq!(answer, Err(reason("TransferFailed")));
}

#[tokio::test]
async fn a_receiver_that_calls_back_is_paid_once() {
    let net = Net::start().await;
    net.deposit(&net.client, ether("5")).await;
    let greedy = net.deploy(&net.stranger, greedy(net.vault)).await;
    let call = DepositCall { account: greedy };
    net.pay(&net.stranger, net.vault, call, ether("1")).await;

    let data = withdraw("1").call_data();
    let sent = net.transact(&net.stranger, greedy, data, 0.into());
    let receipt = sent.await.expect("the contract passes the call on");
    let args = (greedy, ether("1"));
    assert_eq!(net.events(&receipt), [event(net.vault, "Withdrawn", args)]);
    assert_eq!(net.coins(greedy).await, ether("1"));
    assert_eq!(net.books(greedy).await, Books::default());
    assert_eq!(net.coins(net.vault).await, ether("5"));
}

fn withdraw(amount: &str) -> WithdrawCall {
    WithdrawCall {
        amount: ether(amount),
    }
}
