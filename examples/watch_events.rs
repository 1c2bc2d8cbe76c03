//! Follows the events of a source, and goes on from a saved place as a restarted program does.
#![allow(clippy::print_stdout, reason = "examples talk to their reader")]

use futures::StreamExt;
use ogpu_client::{Cursor, EventUpdate, LoggedEvent, NexusEvent, ProtocolEvent};
use ogpu_examples::{Network, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let mut network = Network::connect().await?;
    let source = network.published_source().await?;
    let client = network.client.clone();

    let mut events = client.events().source(source).stream();
    // Whatever is mined from here on is in the stream.
    events.started().await;
    let task = network.published_task(source).await?;

    // The first program sees the task, and keeps its place with what it did.
    let first = events.next().await.ok_or("the stream has ended")??;
    println!("first  {:?}", first.event().event);
    let saved = first.cursor().to_string();
    drop(events);

    let response = network.first_response(task).await?;
    client.confirm_response(response.address).await?;

    // The next one goes on behind it: nothing is lost, and nothing comes twice.
    let cursor: Cursor = saved.parse()?;
    let mut events = client.events().source(source).resume(cursor).stream();
    while let Some(update) = events.next().await {
        let update = update?;
        let place = update.event().log.block_number;
        match update {
            EventUpdate::Added { event, .. } => {
                println!("{place:>5}  {:?}", event.event);
                if is_end(&event) {
                    break;
                }
            }
            // A reorganisation took it back; what replaces it comes next.
            EventUpdate::Removed { event, .. } => println!("{place:>5}  not {:?}", event.event),
        }
    }
    Ok(())
}

/// Whether a task ended.
fn is_end(event: &LoggedEvent) -> bool {
    let Some(ProtocolEvent::Nexus(NexusEvent::TaskStatusChanged { status, .. })) = event.event
    else {
        return false;
    };
    status.is_final()
}
