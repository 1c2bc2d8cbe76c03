//! Calls that are made within one tick of the runtime leave together.
//!
//! The first call of a tick starts a task that lets everything else run once and then takes what has
//! gathered. The task belongs to the runtime, not to any caller, so that dropping a caller's future
//! loses nobody; each runtime gathers for itself, so that one which stands still or ends delays no
//! other.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    runtime::{Handle, Id},
    sync::oneshot,
};

use super::{
    call::{Answer, Call},
    core::Core,
    node::BATCH_SIZE,
    offer, reading,
};

/// A call whose caller waits, or has gone.
pub(super) struct Item {
    pub(super) call: Call,
    pub(super) reply: oneshot::Sender<Reply>,
}

/// An answer, and the place of the endpoint that was asked last for it.
pub(super) struct Reply {
    pub(super) answer: Answer,
    pub(super) place: usize,
}

impl Item {
    /// Hands the answer to whoever waits for it: nobody may be left.
    pub(super) fn answer(self, place: usize, answer: Answer) {
        let _ = self.reply.send(Reply { answer, place });
    }
}

/// Which way calls go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// To any endpoint, repeated where that helps.
    Read,
    /// The same, in a request of its own: it is as large as a request should be.
    Bulk,
    /// To one endpoint of the right chain, once: the best, or the one at this place.
    Offer(Option<usize>),
    /// To the first endpoint, once, each call by itself.
    Single,
}

struct Group {
    lane: Lane,
    items: Vec<Item>,
}

/// What has gathered in each runtime; an entry means that its task is on the way.
#[derive(Default)]
pub(super) struct Ticks(Mutex<HashMap<Id, Vec<Group>>>);

impl Ticks {
    fn gathered(&self) -> MutexGuard<'_, HashMap<Id, Vec<Group>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends calls with everything else of this tick; those given together stay together.
pub(super) fn submit(
    core: &Arc<Core>,
    lane: Lane,
    calls: Vec<Call>,
) -> Vec<oneshot::Receiver<Reply>> {
    let (items, replies) = calls
        .into_iter()
        .map(|call| {
            let (reply, receiver) = oneshot::channel();
            (Item { call, reply }, receiver)
        })
        .unzip();
    let group = Group { lane, items };
    let runtime = Handle::current().id();
    let is_first = {
        let mut gathered = core.ticks.gathered();
        let is_first = !gathered.contains_key(&runtime);
        gathered.entry(runtime).or_default().push(group);
        is_first
    };
    if is_first {
        core.introduce();
        let tick = Tick {
            core: Arc::clone(core),
            runtime,
            is_over: false,
        };
        tokio::spawn(tick.run());
    }
    replies
}

/// The task that ends a tick.
struct Tick {
    core: Arc<Core>,
    runtime: Id,
    is_over: bool,
}

impl Tick {
    async fn run(mut self) {
        tokio::task::yield_now().await;
        let groups = self.end();
        if self.core.batching {
            let (reads, rest): (Vec<_>, Vec<_>) = groups
                .into_iter()
                .partition(|group| group.lane == Lane::Read);
            for items in pack(reads) {
                reading::start(&self.core, items);
            }
            let (bulks, rest): (Vec<_>, Vec<_>) =
                rest.into_iter().partition(|group| group.lane == Lane::Bulk);
            for group in bulks {
                reading::start(&self.core, group.items);
            }
            self.start_sending(rest);
        } else {
            for group in groups {
                for item in group.items {
                    match group.lane {
                        Lane::Read | Lane::Bulk => reading::start(&self.core, vec![item]),
                        lane => offer::start(&self.core, lane, vec![item]),
                    }
                }
            }
        }
    }

    fn start_sending(&self, groups: Vec<Group>) {
        let mut offers: Vec<Group> = Vec::new();
        for group in groups {
            if group.lane == Lane::Single {
                for item in group.items {
                    offer::start(&self.core, Lane::Single, vec![item]);
                }
            } else if let Some(known) = offers.iter_mut().find(|known| known.lane == group.lane) {
                known.items.extend(group.items);
            } else {
                offers.push(group);
            }
        }
        for group in offers {
            offer::start(&self.core, group.lane, group.items);
        }
    }

    fn end(&mut self) -> Vec<Group> {
        self.is_over = true;
        self.core
            .ticks
            .gathered()
            .remove(&self.runtime)
            .unwrap_or_default()
    }
}

impl Drop for Tick {
    /// The runtime has ended: whoever waits learns it from the channel.
    fn drop(&mut self) {
        if !self.is_over {
            self.end();
        }
    }
}

/// Puts whole groups together into requests of the usual size.
fn pack(groups: Vec<Group>) -> Vec<Vec<Item>> {
    let mut packs: Vec<Vec<Item>> = Vec::new();
    for group in groups {
        match packs.last_mut() {
            Some(pack) if pack.len() + group.items.len() <= BATCH_SIZE => pack.extend(group.items),
            _ => packs.push(group.items),
        }
    }
    packs
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn group(calls: usize) -> Group {
        let items = (0..calls).map(|n| Item {
            call: Call::new("eth_call", &json!([n])),
            reply: oneshot::channel().0,
        });
        Group {
            lane: Lane::Read,
            items: items.collect(),
        }
    }

    #[test]
    fn calls_given_together_stay_together() {
        let sizes = |groups: &[usize]| -> Vec<usize> {
            let groups = groups.iter().map(|&calls| group(calls)).collect();
            pack(groups).iter().map(Vec::len).collect()
        };
        assert_eq!(sizes(&[1, 6, 1]), [8]);
        assert_eq!(sizes(&[60, 60, 40]), [60, 100]);
        assert_eq!(sizes(&[150]), [150], "split where the endpoint is known");
    }
}
