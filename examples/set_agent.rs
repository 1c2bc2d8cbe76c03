//! Lets an agent sign for a client: it confirms a response, with a key that cannot spend.
#![allow(clippy::print_stdout, reason = "examples talk to their reader")]

use ogpu_examples::{Network, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let mut network = Network::connect().await?;
    let agent = network.agent()?;
    let source = network.published_source().await?;
    let task = network.published_task(source).await?;
    let (client, account) = (&network.client, network.account.address());

    let terminal = client.terminal();
    let receipt = terminal.set_agent(agent.address(), true).await?;
    println!(
        "agent     {} since block {}",
        agent.address(),
        receipt.block_number
    );
    let allowed = terminal.is_agent_of(account, agent.address()).await?;
    println!("allowed   {allowed}");

    let response = network.first_response(task).await?;
    let response = client.response(response.address);
    // The client's payment, the agent's signature and gas.
    let receipt = response.confirm().signer(&agent).await?;
    println!("confirmed {} by {}", response.address(), receipt.from);
    println!("task      {}", client.task(task).status().await?);

    terminal.revoke_agent(agent.address()).await?;
    let allowed = terminal.is_agent_of(account, agent.address()).await?;
    println!("allowed   {allowed}");
    Ok(())
}
