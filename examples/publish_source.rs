//! Publishes a source.
#![allow(clippy::print_stdout, reason = "examples talk to their reader")]

use ogpu_client::{DeliveryMethod, ImageEnvironments, SourceInfo, Wei};
use ogpu_examples::{Network, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let network = Network::connect().await?;
    let info = SourceInfo {
        name: "sentiment".into(),
        description: "Tells the mood of a text".into(),
        logo_url: "https://example.org/sentiment.png".into(),
        image_envs: ImageEnvironments {
            cpu: "https://example.org/sentiment/cpu.yml".into(),
            nvidia: "https://example.org/sentiment/nvidia.yml".into(),
            amd: String::new(),
        },
        min_payment: Wei::parse_ether("0.001")?,
        min_available_lockup: Wei::ZERO,
        max_expiry_duration: 24 * 60 * 60,
        delivery_method: DeliveryMethod::FirstResponse,
    };

    let source = network.client.publish_source(&info).await?;

    println!("source      {}", source.address);
    println!("transaction {}", source.transaction_hash);
    if let Some(fee) = source.receipt.fee() {
        println!("gas cost    {}", network.amount(fee));
    }
    if let Some(url) = network.client.chain().source_url(source.address) {
        println!("explorer    {url}");
    }
    println!(
        "status      {}",
        network.client.get_source_status(source.address).await?
    );
    Ok(())
}
