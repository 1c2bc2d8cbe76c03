//! Reads the responses of a task, and what they carry.
#![allow(clippy::print_stdout, reason = "examples talk to their reader")]

use ogpu_examples::{Network, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let mut network = Network::connect().await?;
    let source = network.published_source().await?;
    let task = network.published_task(source).await?;
    network.first_response(task).await?;

    // All of them; `0..10` would be those of the first ten providers that attempted the task.
    for response in network.client.get_task_responses(task, ..).await? {
        println!("response  {}", response.address);
        println!("provider  {}", response.provider);
        println!(
            "status    {}, confirmed: {}",
            response.status, response.confirmed
        );
        let payload: serde_json::Value = network.client.fetch(&response).await?.json()?;
        println!("payload   {payload}");
    }
    Ok(())
}
