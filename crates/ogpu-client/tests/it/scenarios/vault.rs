//! An account's money: in, locked up, freed again after the wait, and out.

use ogpu_client::{
    Error,
    VaultEvent::{Claimed, Deposited, Locked, Unbonded, UnbondingCanceled, Withdrawn},
    Wei,
};

use super::{Holdings, Story};

#[tokio::test]
async fn money_is_locked_up_unbonded_waited_for_and_taken_home() {
    let mut story = Story::begin().await;
    let (vault, signer) = (story.network.client.vault(), story.signer());
    let account = signer.address();
    let ether = Wei::from_ether;
    let amount = ether(3);
    let period = vault.unbonding_period().await.unwrap();
    assert!(!vault.is_eligible(account).await.unwrap());

    let receipt = vault.deposit(account, amount, &signer).await.unwrap();
    story.tells(&receipt, [Deposited { account, amount }.into()]);
    assert_eq!(story.holds(account).await, Holdings::balance(amount));

    let receipt = vault.lock(amount, &signer).await.unwrap();
    story.tells(&receipt, [Locked { account, amount }.into()]);
    assert_eq!(story.holds(account).await, Holdings::lockup(amount));
    assert!(vault.is_eligible(account).await.unwrap());

    // A change of mind: what unbonds may be locked up again.
    let receipt = vault.unbond(ether(1), &signer).await.unwrap();
    let freed = Unbonded {
        account,
        amount: ether(1),
    };
    story.tells(&receipt, [freed.into()]);
    let unbonding = Holdings {
        lockup: ether(2),
        unbonding: ether(1),
        ..Holdings::default()
    };
    assert_eq!(story.holds(account).await, unbonding);
    let receipt = vault.cancel_unbonding(&signer).await.unwrap();
    let kept = UnbondingCanceled {
        account,
        amount: ether(1),
    };
    story.tells(&receipt, [kept.into()]);
    assert_eq!(story.holds(account).await, Holdings::lockup(amount));

    let receipt = vault.unbond(amount, &signer).await.unwrap();
    story.tells(&receipt, [Unbonded { account, amount }.into()]);
    assert!(!vault.is_eligible(account).await.unwrap());
    let matures = vault.unbonding_timestamp_of(account).await.unwrap();
    let now = story.network.chain_time().await;
    assert_eq!(matures, now + period);
    let error = vault.claim(&signer).await.unwrap_err();
    let Error::UnbondingNotElapsed {
        amount: waiting,
        seconds_left,
        matures_at,
        ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!((waiting, matures_at), (amount, matures));

    story
        .network
        .devnet
        .increase_time(seconds_left)
        .await
        .unwrap();
    let receipt = vault.claim(&signer).await.unwrap();
    story.tells(&receipt, [Claimed { account, amount }.into()]);
    assert_eq!(story.holds(account).await, Holdings::balance(amount));

    let receipt = vault.withdraw(amount, &signer).await.unwrap();
    story.tells(&receipt, [Withdrawn { account, amount }.into()]);
    assert_eq!(story.holds(account).await, Holdings::default());
    story.ends().await;
}
