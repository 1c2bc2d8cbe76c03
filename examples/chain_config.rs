//! The chains that the SDK knows, and how to choose one. Needs no network.
#![allow(clippy::print_stdout, reason = "examples talk to their reader")]

use ogpu_client::{ChainConfig, ChainId, Client, chain::Registry};
use ogpu_examples::Result;

fn main() -> Result<()> {
    // The process-wide default, as the network's own SDK has it.
    for chain in ChainConfig::get_all_supported_chains() {
        println!("known     {chain} ({})", chain.get());
    }
    ChainConfig::set_chain(ChainId::OGPU_MAINNET)?;
    println!("current   {}", ChainConfig::get_current_chain()?);
    println!("nexus     {}", ChainConfig::get_contract_address("NEXUS")?);
    ChainConfig::set_chain(ChainId::OGPU_TESTNET)?;
    println!("current   {}", ChainConfig::get_current_chain()?);
    println!("nexus     {}", ChainConfig::get_contract_address("NEXUS")?);

    // A client of its own chain reads none of that.
    let client = Client::builder().chain(ChainId::OGPU_MAINNET).build()?;
    println!("client    {}", client.chain().name());

    for spec in Registry::builtin().iter() {
        let currency = spec.currency();
        println!(
            "{:<13} {} with {} decimals",
            spec.name(),
            currency.symbol,
            currency.decimals
        );
    }
    Ok(())
}
