//! One signed transaction to several endpoints at once.

use std::{future::pending, time::Duration};

use futures::{StreamExt, stream::FuturesUnordered};
use ogpu_types::{HexBytes, TxHash};
use serde_json::json;
use tokio::time::Instant;

use super::{
    Rpc, RpcCause, RpcError,
    call::{Call, SEND_RAW},
    node::Node,
    tick::{Lane, submit},
};
use crate::{http::HttpError, retry::RetryPolicy};

/// To how many endpoints a transaction goes at once.
const ENDPOINTS: usize = 3;
/// How long the other endpoints are waited for after one has taken it.
const GRACE: Duration = Duration::from_millis(250);

/// What became of an offer to one endpoint.
enum Offer {
    /// It was made.
    Made(Result<TxHash, RpcError>),
    /// The endpoint did not say which chain it serves, so that it was not made.
    NotMade(RpcError),
    /// The endpoint serves another chain.
    OtherChain,
}

impl Rpc {
    /// Offers the same bytes to every endpoint that is well and serves the chain, at most three,
    /// each once. There is one entry for each that was asked, and at least one; an endpoint that
    /// has not answered soon after another took them has a time-out.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "what sends transactions is to use it")
    )]
    pub(crate) async fn broadcast(&self, raw: &HexBytes) -> Vec<Result<TxHash, RpcError>> {
        let started = Instant::now();
        let call = Call::new(SEND_RAW, &json!([raw]));
        let places = self.recipients();
        let mut offers: FuturesUnordered<_> = places
            .iter()
            .map(|&place| {
                let call = call.clone();
                async move { (place, self.offer_to(place, call, raw).await) }
            })
            .collect();
        let mut made = Vec::new();
        let mut not_made = None;
        let mut silent = places.clone();
        let mut grace_ends = None;
        loop {
            let grace = async move {
                match grace_ends {
                    Some(moment) => tokio::time::sleep_until(moment).await,
                    None => pending().await,
                }
            };
            let (place, offer) = tokio::select! {
                offer = offers.next() => match offer {
                    Some(offer) => offer,
                    None => break,
                },
                () = grace => break,
            };
            silent.retain(|&other| other != place);
            match offer {
                Offer::Made(result) => {
                    if result.is_ok() {
                        grace_ends = grace_ends.or(Some(Instant::now() + GRACE));
                    }
                    made.push(result);
                }
                Offer::NotMade(error) => not_made = Some(error),
                Offer::OtherChain => {}
            }
        }
        for place in silent {
            let cause = RpcCause::Http(HttpError::Timeout { limit: GRACE });
            let node = &self.core.nodes[place];
            made.push(Err(self.core.error(node, SEND_RAW, 1, started, cause)));
        }
        if made.is_empty() {
            let other_chain = || self.error(SEND_RAW, 0, started, RpcCause::other_chain());
            made.push(Err(not_made.unwrap_or_else(other_chain)));
        }
        made
    }

    /// The endpoints to offer a transaction to, those that are known to serve the chain first.
    fn recipients(&self) -> Vec<usize> {
        let core = &self.core;
        let mut places: Vec<usize> = (0..core.nodes.len())
            .filter(|&place| core.nodes[place].chain().is_none_or(|c| c == core.chain))
            .collect();
        places.sort_by_key(|&place| {
            let node = &core.nodes[place];
            (node.chain().is_none(), node.rank())
        });
        let is_well = |node: &Node| !node.is_cooling() && node.blocked().is_none();
        let well = places
            .iter()
            .filter(|&&place| is_well(&core.nodes[place]))
            .count();
        // Somebody has to be asked, even if nobody is well.
        if well > 0 {
            places.retain(|&place| is_well(&core.nodes[place]));
            places.truncate(ENDPOINTS);
        } else {
            places.truncate(1);
        }
        places
    }

    async fn offer_to(&self, place: usize, call: Call, raw: &HexBytes) -> Offer {
        let core = &self.core;
        match core.identify(&core.nodes[place], RetryPolicy::ONCE).await {
            Ok(chain) if chain == core.chain => {}
            Ok(_) => return Offer::OtherChain,
            Err(error) => return Offer::NotMade(error),
        }
        let started = Instant::now();
        let mut replies = submit(core, Lane::Offer(Some(place)), vec![call]);
        let answer = match replies.pop() {
            Some(reply) => self.reply(SEND_RAW, started, reply).await,
            None => Err(self.interrupted(SEND_RAW, started)),
        };
        Offer::Made(
            self.parse(SEND_RAW, answer)
                // A server may echo what it was sent.
                .map_err(|error| error.without(&raw.to_string())),
        )
    }
}
