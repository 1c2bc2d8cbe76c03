//! A task from beginning to end as one call, with a judge for the responses.
#![allow(clippy::print_stdout, reason = "examples talk to their reader")]

use std::{sync::Arc, time::Duration};

use ogpu_client::{Candidate, IdempotencyKey};
use ogpu_examples::{Network, Result, example_task};
use serde_json::Value;

/// How good a response is: here, how much it says. What says nothing is not paid.
async fn judge(candidate: Arc<Candidate>) -> Option<f64> {
    let answer: Value = candidate.payload.json().ok()?;
    let length = answer["text"].as_str()?.len();
    (length > 0).then_some(f64::from(u32::try_from(length).unwrap_or(u32::MAX)))
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut network = Network::connect().await?;
    let source = network.published_source().await?;
    // A second provider, so that there is something to choose from.
    network.serve(source).await?;
    let client = network.client.clone();
    let task = example_task(source)?;
    let account = network.account.address();
    client
        .vault()
        .deposit(account, task.payment, &network.account)
        .await?;

    // The key names the job: made again, after a failure or a crash, the call goes on where it was.
    let key = IdempotencyKey::new(format!("run_task {account} {}", task.expiry_time))?;
    let run = client
        .run_task(&task)
        .idempotency_key(key)
        .judge(judge)
        .best_of(2.try_into()?, Duration::from_secs(30))
        .on_progress(|step| println!("- {step}"))
        .await;
    let run = match run {
        Ok(run) => run,
        Err(error) => {
            // What it takes to go on is in the error.
            println!("{error}: go on with the key {}", error.key);
            return Err(error.into());
        }
    };

    println!("task      {}", run.task.address);
    println!(
        "response  {} by {}",
        run.response.address, run.response.provider
    );
    println!("payload   {}", run.payload.as_text().unwrap_or("(binary)"));
    Ok(())
}
