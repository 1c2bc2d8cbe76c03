//! Takes back a task that nobody has attempted, and its payment with it.
#![allow(clippy::print_stdout, reason = "examples talk to their reader")]

use ogpu_client::Error;
use ogpu_examples::{Network, Result, example_source};

#[tokio::main]
async fn main() -> Result<()> {
    let network = Network::connect().await?;
    let (client, account) = (&network.client, &network.account);
    let vault = client.vault();
    // Nobody serves the source, so that nobody is faster.
    let source = client.publish_source(&example_source()).await?;
    let task = client.task(network.published_task(source.address).await?);

    let frozen = vault.frozen_payment_of(account.address()).await?;
    println!("task      {} is {}", task.address(), task.status().await?);
    println!("frozen    {} for it", network.amount(frozen));

    let receipt = task.cancel().await?;
    println!("cancelled in block {}", receipt.block_number);
    for event in &receipt.events {
        println!("event     {event:?}");
    }
    let balance = vault.balance_of(account.address()).await?;
    println!("balance   {} in the vault", network.amount(balance));

    // What is over stays over.
    match task.cancel().await {
        Err(Error::WrongTaskStatus { status, .. }) => println!("again     refused: it is {status}"),
        other => return Err(format!("expected a refusal, not {other:?}").into()),
    }

    let payment = task.payment().await?;
    vault.withdraw(payment, account).await?;
    println!("withdrawn {}", network.amount(payment));
    Ok(())
}
