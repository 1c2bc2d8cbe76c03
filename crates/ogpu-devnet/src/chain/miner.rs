//! Mining at an interval.

use std::sync::Arc;
use std::time::Duration;

use super::config::Mining;
use super::shared::Shared;

/// An interval is at least this long, so that mining leaves time for everything else.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);

/// Mines blocks whenever the mode asks for it, until it is aborted.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut mining = shared.mining();
    loop {
        let mode = *mining.borrow_and_update();
        let tick = async {
            match mode {
                Mining::Interval(period) => tokio::time::sleep(period.max(SHORTEST_INTERVAL)).await,
                Mining::Instant | Mining::Manual => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = mining.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            () = tick => {
                let shared = Arc::clone(&shared);
                let mined = tokio::task::spawn_blocking(move || shared.ledger().mine().number()).await;
                if let Err(error) = mined {
                    tracing::error!(%error, "mining at an interval failed");
                }
            }
        }
    }
}
