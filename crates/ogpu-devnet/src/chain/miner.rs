//! Mining at an interval.

use std::sync::Arc;

use super::config::Mining;
use super::shared::Shared;

/// Mines blocks for as long as the mode asks for it; ends only by being aborted.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut mining = shared.mining();
    loop {
        let mode = *mining.borrow_and_update();
        let Mining::Interval(period) = mode else {
            if mining.changed().await.is_err() {
                return;
            }
            continue;
        };
        tokio::select! {
            changed = mining.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            () = tokio::time::sleep(period) => {
                let shared = Arc::clone(&shared);
                let mined = tokio::task::spawn_blocking(move || shared.ledger().mine().number()).await;
                if let Err(error) = mined {
                    tracing::error!(%error, "mining at an interval failed");
                }
            }
        }
    }
}
