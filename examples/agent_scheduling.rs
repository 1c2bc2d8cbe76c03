//! Has an agent schedule a provider: it registers the provider, and attempts a task for it.
#![allow(clippy::print_stdout, reason = "examples talk to their reader")]

use ogpu_client::{Environment, Wei};
use ogpu_devnet::Devnet;
use ogpu_examples::{Result, example_source, example_task};

#[tokio::main]
async fn main() -> Result<()> {
    let devnet = Devnet::start().await?;
    let (client, accounts) = (devnet.client(), devnet.accounts());
    let (owner, machine, key) = (accounts.master(), accounts.provider(), accounts.agent());
    let (master, provider) = (owner.address(), machine.address());

    // A paired provider, whose master allows the agent.
    let announce = client
        .master(master)
        .announce_provider(provider, Wei::from_ether(1));
    announce.signer(owner).await?;
    let announce = client.provider(provider).announce_master(master);
    announce.signer(machine).await?;
    let allow = client.master(master).set_agent(key.address(), true);
    allow.signer(owner).await?;

    let source = client.publish_source(&example_source()).await?.address;
    // Without `signer`, an agent's calls sign with AGENT_PRIVATE_KEY.
    let agent = client.agent();
    let register = agent.register_to(source, provider, Environment::CPU);
    register.signer(key).await?;
    println!("registered {provider} with {source}");

    let info = example_task(source)?;
    let payer = accounts.client();
    client
        .vault()
        .deposit(payer.address(), info.payment, payer)
        .await?;
    let task = client.task(client.publish_task(&info).await?.address);
    let attempt = agent.attempt(task.address(), provider, info.payment);
    for event in attempt.signer(key).await?.events {
        println!("event      {event:?}");
    }
    // The answer is up to the provider's own machine.
    println!("task       {} is {}", task.address(), task.status().await?);
    for attempt in task.attempts(..).await? {
        println!(
            "attempt    by {} at {}",
            attempt.provider.address(),
            attempt.timestamp
        );
    }
    Ok(())
}
