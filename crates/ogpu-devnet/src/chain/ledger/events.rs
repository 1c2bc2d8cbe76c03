//! News of the chain, for filters and subscriptions.

use std::sync::Arc;

use alloy_rpc_types_eth::{Filter, Log};
use tokio::sync::mpsc;

use super::block::Block;
use super::tx::SignedTx;

/// How many events wait for one listener before it counts as gone, as in geth.
const BACKLOG: usize = 20_000;

/// One change of the chain.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// A block was added on top.
    Added(Arc<Block>),
    /// The topmost block was taken back.
    Removed(Arc<Block>),
    /// A transaction can be executed and waits for a block.
    Pending(Arc<SignedTx>),
}

impl Event {
    /// The logs in it that `filter` asks for, those of a block taken back marked as removed.
    pub(crate) fn logs(&self, filter: &Filter) -> Vec<Log> {
        let mut logs = Vec::new();
        match self {
            Self::Added(block) => block.collect_logs(filter, false, &mut logs),
            Self::Removed(block) => block.collect_logs(filter, true, &mut logs),
            Self::Pending(_) => {}
        }
        logs
    }
}

/// The receiving end: closed when its backlog overflowed or the chain is gone.
pub(crate) type Events = mpsc::Receiver<Event>;

/// Everyone who listens.
#[derive(Debug, Default)]
pub(crate) struct Listeners(Vec<mpsc::Sender<Event>>);

impl Listeners {
    pub(crate) fn listen(&mut self) -> Events {
        let (sender, events) = mpsc::channel(BACKLOG);
        self.0.push(sender);
        events
    }

    pub(crate) fn tell(&mut self, event: &Event) {
        self.0
            .retain(|listener| listener.try_send(event.clone()).is_ok());
    }
}
