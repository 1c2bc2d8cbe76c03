//! Publishes a task with typed input, paid from the vault.
#![allow(clippy::print_stdout, reason = "examples talk to their reader")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ogpu_client::{TaskInfo, TaskInput, Wei};
use ogpu_examples::{Network, Result};
use serde::Serialize;

#[derive(Serialize)]
struct Question {
    text: String,
    temperature: f64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut network = Network::connect().await?;
    let source = network.published_source().await?;
    let account = network.account.address();

    let payment = Wei::parse_ether("0.02")?;
    let question = Question {
        text: "what is a gpu?".into(),
        temperature: 0.3,
    };
    let expiry = SystemTime::now() + Duration::from_secs(30 * 60);
    let info = TaskInfo {
        source,
        config: TaskInput::new("shout", &question)?.with_extra("priority", "high")?,
        expiry_time: expiry.duration_since(UNIX_EPOCH)?.as_secs(),
        payment,
    };

    network
        .client
        .vault()
        .deposit(account, payment, &network.account)
        .await?;
    let task = network
        .client
        .publish_task(&info)
        .timeout(Duration::from_secs(60))
        .await?;

    println!("task        {}", task.address);
    println!("transaction {}", task.transaction_hash);
    println!(
        "status      {}",
        network.client.get_task_status(task.address).await?
    );
    let balance = network.client.vault().balance_of(account).await?;
    println!("vault       {} left", network.amount(balance));
    Ok(())
}
