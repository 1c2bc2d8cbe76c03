//! `eth_subscribe` over WebSocket.

use std::sync::Arc;

use alloy_rpc_types_eth::Filter;
use alloy_rpc_types_eth::pubsub::{Params as Options, SubscriptionKind};
use jsonrpsee_server::types::{ErrorObjectOwned, Params};
use jsonrpsee_server::{PendingSubscriptionSink, RpcModule};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::failure::invalid_params;
use super::format;
use super::register::{Answer, Arguments};
use crate::chain::ledger::{Event, hash};
use crate::chain::shared::Shared;

/// What a subscriber wants to hear.
enum Topic {
    NewHeads,
    Logs(Box<Filter>),
    PendingTransactions { full: bool },
}

/// Adds the subscription methods.
///
/// # Panics
///
/// If their names are taken: the set of methods is fixed in the code.
pub(super) fn register(module: &mut RpcModule<Shared>) {
    module
        .register_subscription(
            "eth_subscribe",
            "eth_subscription",
            "eth_unsubscribe",
            |params, pending, shared, _| subscribe(params, pending, shared),
        )
        .expect("every method has a name of its own");
}

async fn subscribe(params: Params<'static>, pending: PendingSubscriptionSink, shared: Arc<Shared>) {
    let topic = match topic(&params) {
        Ok(topic) => topic,
        Err(error) => return pending.reject(error).await,
    };
    // Listening starts before the subscriber knows, so that it misses nothing.
    let Ok(mut events) = tokio::task::spawn_blocking(move || shared.ledger().listen()).await else {
        return;
    };
    let Ok(sink) = pending.accept().await else {
        return;
    };
    loop {
        let event = tokio::select! {
            () = sink.closed() => return,
            event = events.recv() => event,
        };
        // A backlog that overflowed ends the subscription, as in geth.
        let Some(event) = event else { return };
        for news in topic.news(&event) {
            if sink.send(news).await.is_err() {
                return;
            }
        }
    }
}

fn topic(params: &Params<'_>) -> Answer<Topic> {
    let mut arguments = Arguments::new(params);
    let kind: SubscriptionKind = arguments.required()?;
    let options: Value = arguments.optional()?.unwrap_or_default();
    let options = Options::from_json_value(options).map_err(|error| invalid(&error))?;
    match (kind, options) {
        (SubscriptionKind::NewHeads, _) => Ok(Topic::NewHeads),
        (SubscriptionKind::Logs, Options::Logs(filter)) => Ok(Topic::Logs(filter)),
        (SubscriptionKind::Logs, Options::None) => Ok(Topic::Logs(Box::default())),
        (SubscriptionKind::NewPendingTransactions, Options::Bool(full)) => {
            Ok(Topic::PendingTransactions { full })
        }
        (SubscriptionKind::NewPendingTransactions, Options::None) => {
            Ok(Topic::PendingTransactions { full: false })
        }
        (kind, _) => Err(invalid(&format_args!(
            "no \"{kind}\" subscription with these options"
        ))),
    }
}

fn invalid(reason: &dyn std::fmt::Display) -> ErrorObjectOwned {
    invalid_params(format!("invalid subscription: {reason}"))
}

impl Topic {
    /// What an event means to a subscriber of the topic, as the JSON to send.
    fn news(&self, event: &Event) -> Vec<Box<RawValue>> {
        let news: Vec<_> = match (self, event) {
            (Self::NewHeads, Event::Added(block)) => vec![to_raw_value(&format::header(block))],
            (Self::Logs(filter), event) => event.logs(filter).iter().map(to_raw_value).collect(),
            (Self::PendingTransactions { full: true }, Event::Pending(tx)) => {
                vec![to_raw_value(&format::waiting(tx))]
            }
            (Self::PendingTransactions { full: false }, Event::Pending(tx)) => {
                vec![to_raw_value(&hash(tx))]
            }
            _ => Vec::new(),
        };
        news.into_iter().flatten().collect()
    }
}
