//! Changes what a source says of itself and asks for, and looks back at what it was.
#![allow(clippy::print_stdout, reason = "examples talk to their reader")]

use ogpu_client::{Wei, types::SourceSnapshot};
use ogpu_examples::{Network, Result, example_source};

#[tokio::main]
async fn main() -> Result<()> {
    let network = Network::connect().await?;
    let mut info = example_source();
    let published = network.client.publish_source(&info).await?;
    let source = network.client.source(published.address);
    let print = |when: &str, source: &SourceSnapshot| {
        let asks = network.amount(source.params.min_payment);
        println!("{when:<7} block {}: asks {asks}", source.block.number);
    };
    let before = source.snapshot().await?;
    print("before", &before);
    println!("named   {}", source.metadata().await?.name);

    // All of it is replaced: what is to stay is said again.
    info.name = "shout louder".into();
    info.min_payment = Wei::parse_ether("0.02")?;
    let receipt = source.update(&info).await?;
    println!("updated by {}", receipt.transaction_hash);

    print("after", &source.snapshot().await?);
    println!("named   {}", source.metadata().await?.name);
    // The past can be read as long as the node keeps it.
    print("then", &source.snapshot().at(before.block).await?);
    Ok(())
}
