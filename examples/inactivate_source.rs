//! Closes a source for good: it takes no tasks and no providers any more.
#![allow(clippy::print_stdout, reason = "examples talk to their reader")]

use ogpu_client::Error;
use ogpu_examples::{Network, Result, example_source, example_task};

#[tokio::main]
async fn main() -> Result<()> {
    let network = Network::connect().await?;
    let (client, account) = (&network.client, network.account.address());
    let published = client.publish_source(&example_source()).await?;
    let source = client.source(published.address);
    println!(
        "source   {} is {}",
        source.address(),
        source.status().await?
    );

    source.inactivate().await?;
    println!("now it   is {}", source.status().await?);
    let open = client.nexus().active_source_count(account).await?;
    println!("open     {open} sources of {account}");

    // Refused before anything is uploaded or spent.
    match client.publish_task(&example_task(source.address())?).await {
        Err(error @ Error::SourceInactive { .. }) => println!("a task:  {error}"),
        other => return Err(format!("expected a refusal, not {other:?}").into()),
    }
    Ok(())
}
