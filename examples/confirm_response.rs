//! Confirms a response, which pays its provider, and shows what an error says.
#![allow(clippy::print_stdout, reason = "examples talk to their reader")]

use ogpu_client::Error;
use ogpu_examples::{Network, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let mut network = Network::connect().await?;
    let source = network.published_source().await?;
    let task = network.published_task(source).await?;
    let response = network.first_response(task).await?;

    let transaction = network.client.confirm_response(response.address).await?;
    println!("confirmed {} by {transaction}", response.address);

    // Once is enough: a second confirmation is refused before it costs anything.
    match network.client.confirm_response(response.address).await {
        Err(error @ Error::AlreadyConfirmed { .. }) => println!("again: {error}"),
        other => return Err(format!("expected a refusal, not {other:?}").into()),
    }
    match network.client.get_confirmed_response(task).await? {
        Some(confirmed) => println!("result    {}", confirmed.data),
        None => return Err("no response is confirmed".into()),
    }
    Ok(())
}
