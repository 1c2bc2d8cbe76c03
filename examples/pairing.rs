//! Pairs a master with its provider, runs the provider for it, and parts them again.
#![allow(clippy::print_stdout, reason = "examples talk to their reader")]

use ogpu_client::{Environment, Wei};
use ogpu_devnet::Devnet;
use ogpu_examples::{Result, example_source};

#[tokio::main]
async fn main() -> Result<()> {
    let devnet = Devnet::start().await?;
    let client = devnet.client();
    let source = client.publish_source(&example_source()).await?.address;
    // Without `signer`, these calls sign with MASTER_PRIVATE_KEY and PROVIDER_PRIVATE_KEY.
    let (owner, machine) = (devnet.accounts().master(), devnet.accounts().provider());
    let master = client.master(owner.address());
    let provider = client.provider(machine.address());

    // The master's half pays the provider's lockup; both halves make the pair.
    let lockup = Wei::from_ether(1);
    let announce = master.announce_provider(provider.address(), lockup);
    announce.signer(owner).await?;
    let announce = provider.announce_master(master.address());
    announce.signer(machine).await?;

    let paired = provider.snapshot().await?;
    println!("provider {}", paired.address);
    println!("master   {:?}", paired.master);
    println!("lockup   {}", paired.lockup.format_ether());
    println!("eligible {}", paired.is_eligible);

    // From now on the master's key does for the provider.
    let register = provider.register(source, Environment::CPU);
    register.signer(owner).await?;
    for provider in client.source(source).registrants(..).await? {
        println!("serves   {} on {source}", provider.address());
    }

    let remove = master.remove_provider(provider.address());
    remove.signer(owner).await?;
    println!(
        "master   {:?}",
        client.terminal().master_of(provider.address()).await?
    );
    Ok(())
}
