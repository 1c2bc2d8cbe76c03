//! Moves money through the vault: deposit, lock, unbond, wait, claim, withdraw.
//!
//! On a live network the wait takes days; here the chain's clock is moved.
#![allow(clippy::print_stdout, reason = "examples talk to their reader")]

use ogpu_client::{Address, Error, Wei, handles::Vault};
use ogpu_devnet::Devnet;
use ogpu_examples::Result;

#[tokio::main]
async fn main() -> Result<()> {
    let devnet = Devnet::start().await?;
    let vault = devnet.client().vault();
    // Vault writes name their signer, always.
    let signer = devnet.accounts().provider();
    let account = signer.address();
    let amount = Wei::from_ether(5);

    vault.deposit(account, amount, signer).await?;
    print("deposited", &vault, account).await?;
    vault.lock(amount, signer).await?;
    print("locked", &vault, account).await?;
    println!("may serve sources: {}", vault.is_eligible(account).await?);

    vault.unbond(amount, signer).await?;
    print("unbonding", &vault, account).await?;
    match vault.claim(signer).await {
        Err(Error::UnbondingNotElapsed { seconds_left, .. }) => {
            println!("claimed    too early by {seconds_left} s");
            devnet.increase_time(seconds_left).await?;
        }
        other => return Err(format!("expected a refusal, not {other:?}").into()),
    }
    vault.claim(signer).await?;
    print("claimed", &vault, account).await?;

    vault.withdraw(amount, signer).await?;
    print("withdrawn", &vault, account).await
}

async fn print(what: &str, vault: &Vault, account: Address) -> Result<()> {
    println!(
        "{what:<10} balance {}, lockup {}, unbonding {}",
        vault.balance_of(account).await?.format_ether(),
        vault.lockup_of(account).await?.format_ether(),
        vault.unbonding_of(account).await?.format_ether(),
    );
    Ok(())
}
