//! The whole way of a task: publish a source and a task, read the responses, confirm one, pay.
//!
//! `cargo run --example quickstart` needs no setup; see the crate's documentation for live networks.
#![allow(clippy::print_stdout, reason = "examples talk to their reader")]

use ogpu_examples::{Network, Result, example_source, example_task};

#[tokio::main]
async fn main() -> Result<()> {
    let mut network = Network::connect().await?;
    let client = network.client.clone();
    let account = network.account.clone();
    println!("network   {}", client.chain().name());
    println!("account   {}", account.address());

    let source = client.publish_source(&example_source()).await?;
    println!("source    {}", source.address);
    network.serve(source.address).await?;

    let task = example_task(source.address)?;
    client
        .vault()
        .deposit(account.address(), task.payment, &account)
        .await?;
    println!("deposited {}", network.amount(task.payment));

    let task = client.publish_task(&task).await?;
    println!(
        "task      {} in block {}",
        task.address, task.receipt.block_number
    );

    let response = network.first_response(task.address).await?;
    println!("response  {} by {}", response.address, response.provider);
    let payload = client.fetch(&response).await?;
    println!("payload   {}", payload.as_text().unwrap_or("(binary)"));

    let transaction = client.confirm_response(response.address).await?;
    println!("confirmed by transaction {transaction}");

    let confirmed = client.get_confirmed_response(task.address).await?;
    let confirmed = confirmed.ok_or("the confirmed response is gone")?;
    println!("result    {} at {}", confirmed.data, confirmed.address);
    println!("status    {}", client.get_task_status(task.address).await?);
    let earnings = client.vault().total_earnings_of(response.provider).await?;
    println!("earned    {} by the provider", network.amount(earnings));
    Ok(())
}
