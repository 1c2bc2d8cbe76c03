use ogpu_client::{Address, ChainSpec, Error, TxError, Wei, types::ValidationError};
use ogpu_contracts::vault::{LockupOfCall, UnbondingOfCall, UnbondingTimestampCall};
use serde_json::json;

use super::{done, refused, stranger};
use crate::network::Network;

const DAY: u64 = 24 * 60 * 60;
/// The unbonding period that the network starts with, in seconds.
const UNBONDING_PERIOD: u64 = 7 * DAY;

/// An account's balance, lockup and unbonding, in wei.
async fn holdings(network: &Network, account: Address) -> [u64; 3] {
    let vault = network.devnet.contracts().vault;
    let balance = network.client.vault().balance_of(account).await.unwrap();
    let lockup = network.read(vault, LockupOfCall(account.into())).await.0;
    let unbonding = network.read(vault, UnbondingOfCall(account.into())).await.0;
    [
        balance.to_string().parse().unwrap(),
        lockup.as_u64(),
        unbonding.as_u64(),
    ]
}

async fn coins(network: &Network, account: Address) -> Wei {
    let params = (account, "latest");
    let coins: String = network
        .client
        .rpc()
        .call("eth_getBalance", params)
        .await
        .unwrap();
    coins.parse().unwrap()
}

fn wei(amount: u64) -> Wei {
    Wei::from(amount)
}

#[tokio::test]
async fn money_goes_in_through_the_lockup_and_out_again() {
    let network = Network::start().await;
    let (vault, signer) = (network.client.vault(), &network.account);
    let account = signer.address();
    done(|| vault.deposit(account, wei(100), signer)).await;
    assert_eq!(holdings(&network, account).await, [100, 0, 0]);
    done(|| vault.lock(wei(60), signer)).await;
    assert_eq!(holdings(&network, account).await, [40, 60, 0]);
    done(|| vault.unbond(wei(50), signer)).await;
    assert_eq!(holdings(&network, account).await, [40, 10, 50]);
    done(|| vault.cancel_unbonding(signer)).await;
    assert_eq!(holdings(&network, account).await, [40, 60, 0]);
    done(|| vault.unbond(wei(60), signer)).await;

    network
        .devnet
        .increase_time(UNBONDING_PERIOD)
        .await
        .unwrap();
    network.devnet.mine().await.unwrap();
    done(|| vault.claim(signer)).await;
    assert_eq!(holdings(&network, account).await, [100, 0, 0]);

    let before = coins(&network, account).await;
    let receipt = done(|| vault.withdraw(wei(100), signer)).await;
    assert_eq!(holdings(&network, account).await, [0, 0, 0]);
    let gas = receipt
        .effective_gas_price
        .checked_mul(receipt.gas_used)
        .unwrap();
    let after = coins(&network, account).await;
    assert_eq!(after.checked_add(gas), before.checked_add(wei(100)));
}

#[tokio::test]
async fn a_deposit_may_be_for_somebody_else() {
    let network = Network::start().await;
    let (signer, other) = (&network.account, stranger(&network).address());
    let vault = network.client.vault();
    done(|| vault.deposit(other, wei(5), signer)).await;
    assert_eq!(holdings(&network, other).await, [5, 0, 0]);
}

#[tokio::test]
async fn more_than_there_is_is_refused_with_both_numbers() {
    let network = Network::start().await;
    let (vault, signer) = (network.client.vault(), &network.account);
    vault
        .deposit(signer.address(), wei(10), signer)
        .await
        .unwrap();
    vault.lock(wei(4), signer).await.unwrap();
    for error in [
        refused(|| vault.withdraw(wei(7), signer)).await,
        refused(|| vault.lock(wei(7), signer)).await,
    ] {
        assert!(
            matches!(error, Error::InsufficientVaultBalance { account, balance, required }
                if account == signer.address() && balance == wei(6) && required == wei(7)),
            "{error:?}"
        );
    }
    let error = refused(|| vault.unbond(wei(5), signer)).await;
    assert!(
        matches!(error, Error::InsufficientLockup { account, lockup, required }
            if account == signer.address() && lockup == wei(4) && required == wei(5)),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_early_claim_is_told_how_long_to_wait() {
    let network = Network::start().await;
    let (vault, signer) = (network.client.vault(), &network.account);
    let account = signer.address();
    vault.deposit(account, wei(10), signer).await.unwrap();
    vault.lock(wei(10), signer).await.unwrap();
    vault.unbond(wei(8), signer).await.unwrap();
    network.devnet.increase_time(2 * DAY).await.unwrap();
    network.devnet.mine().await.unwrap();

    let call = UnbondingTimestampCall(account.into());
    let matures = network
        .read(network.devnet.contracts().vault, call)
        .await
        .0
        .as_u64();
    let now = network.chain_time().await;
    let error = vault.claim(signer).await.unwrap_err();
    assert!(
        matches!(error, Error::UnbondingNotElapsed { account: named, amount, matures_at, seconds_left }
            if named == account
                && amount == wei(8)
                && matures_at == matures
                && seconds_left == matures - now),
        "{error:?}"
    );
    assert!(error.outcome().is_not_sent());
    assert!(matches!(
        vault.claim(signer).simulate().await,
        Err(Error::UnbondingNotElapsed { .. })
    ));
}

#[tokio::test]
async fn with_nothing_unbonding_the_vaults_own_words_are_kept() {
    let network = Network::start().await;
    let (vault, signer) = (network.client.vault(), &network.account);
    for error in [
        refused(|| vault.claim(signer)).await,
        refused(|| vault.cancel_unbonding(signer)).await,
    ] {
        assert_eq!(error.revert().unwrap().to_string(), "NothingUnbonding");
        let Error::Transaction { source } = error else {
            panic!("{error:?}");
        };
        assert!(matches!(*source, TxError::WouldRevert { .. }));
    }
}

#[tokio::test]
async fn nothing_is_moved_and_nothing_goes_to_nobody() {
    let network = Network::start().await;
    let (vault, signer) = (network.client.vault(), &network.account);
    for write in [
        vault.deposit(signer.address(), Wei::ZERO, signer),
        vault.withdraw(Wei::ZERO, signer),
        vault.lock(Wei::ZERO, signer),
        vault.unbond(Wei::ZERO, signer),
    ] {
        let error = write.await.unwrap_err();
        assert!(matches!(error, Error::ZeroAmount), "{error:?}");
    }
    let error = vault
        .deposit(Address::ZERO, wei(1), signer)
        .await
        .unwrap_err();
    assert!(
        matches!(
            &error,
            Error::Invalid {
                source: ValidationError::ZeroAddress { field: "account" }
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_vault_without_the_function_is_not_asked_to_cancel() {
    let network = Network::start().await;
    let mut spec = serde_json::to_value(network.devnet.chain_spec()).unwrap();
    spec["vault_can_cancel_unbonding"] = json!(false);
    let spec: ChainSpec = serde_json::from_value(spec).unwrap();
    let client = network.client_with(|builder| builder.chain(&spec));
    let error = refused(|| client.vault().cancel_unbonding(&network.account)).await;
    assert!(
        matches!(error, Error::NotOnThisChain { function: "cancelUnbonding", chain }
            if chain == spec.id()),
        "{error:?}"
    );
}
