//! One signed transaction to several endpoints at once.

use std::{future::pending, time::Duration};

use futures::{StreamExt, stream::FuturesUnordered};
use ogpu_types::{HexBytes, TxHash};
use serde_json::json;
use tokio::time::Instant;

use super::{
    Rpc, RpcCause, RpcError,
    call::{Call, SEND_RAW},
    node::recipients,
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
            let other_chain = || self.error(SEND_RAW, 0, started, self.core.other_chain());
            made.push(Err(not_made.unwrap_or_else(other_chain)));
        }
        made
    }

    /// The endpoints to offer a transaction to.
    fn recipients(&self) -> Vec<usize> {
        let nodes = &self.core.nodes;
        let mut places = recipients(nodes, self.core.chain);
        let well = places.iter().filter(|&&place| nodes[place].is_well());
        // Somebody has to be asked, even if nobody is well.
        let count = well.count().clamp(1, ENDPOINTS);
        places.truncate(count);
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
    use serde_json::Value;

    use super::*;
    use crate::{
        Client,
        types::{ChainId, Hash32},
    };

    const CHAIN: ChainId = ChainId::OGPU_TESTNET;
    const HASH: TxHash = Hash32::new([0x11; 32]);

    /// What a node does with a transaction.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Takes {
        Well,
        Badly,
        Forever,
    }

    #[derive(Clone)]
    struct Node {
        chain: u64,
        takes: Takes,
        offers: Arc<Mutex<Vec<Value>>>,
        url: String,
    }

    impl Node {
        async fn start(chain: ChainId, takes: Takes) -> Self {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let node = Self {
                chain: chain.get(),
                takes,
                offers: Arc::default(),
                url: format!("http://{}", listener.local_addr().unwrap()),
            };
            let app = Router::new()
                .route("/", post(answer))
                .with_state(node.clone());
            tokio::spawn(async move { axum::serve(listener, app).await });
            node
        }

        fn offers(&self) -> usize {
            self.offers.lock().unwrap().len()
        }
    }

    async fn answer(
        State(node): State<Node>,
        Json(call): Json<Value>,
    ) -> Result<Json<Value>, StatusCode> {
        let mut result = json!(format!("{:#x}", node.chain));
        if call["method"] == SEND_RAW {
            node.offers.lock().unwrap().push(call["params"][0].clone());
            match node.takes {
                Takes::Well => result = json!(HASH),
                Takes::Badly => return Err(StatusCode::BAD_GATEWAY),
                Takes::Forever => pending().await,
            }
        }
        Ok(Json(
            json!({ "jsonrpc": "2.0", "id": call["id"], "result": result }),
        ))
    }

    fn client(nodes: &[Node]) -> Client {
        let urls = nodes.iter().map(|node| node.url.clone());
        Client::builder()
            .chain(CHAIN)
            .rpc_urls(urls)
            .rpc_timeout(Duration::from_secs(5))
            .build()
            .unwrap()
    }

    fn raw() -> HexBytes {
        vec![0xca, 0xfe, 0xba, 0xbe].into()
    }

    #[tokio::test]
    async fn the_same_bytes_go_once_to_each_of_three_endpoints_of_the_chain() {
        let mut nodes = vec![Node::start(ChainId::OGPU_MAINNET, Takes::Well).await];
        for _ in 0..4 {
            nodes.push(Node::start(CHAIN, Takes::Well).await);
        }
        let client = client(&nodes);
        client.check_chain().await.unwrap();
        // All have said by now which chain they serve.
        for node in &client.rpc().core.nodes {
            let once = RetryPolicy::ONCE;
            client.rpc().core.identify(node, once).await.unwrap();
        }
        let answers = client.rpc().broadcast(&raw()).await;
        let hashes: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(hashes, [HASH; 3]);
        assert_eq!(nodes[0].offers(), 0);
        let offered: usize = nodes.iter().map(Node::offers).sum();
        assert_eq!(offered, 3);
        for node in nodes {
            let offers = node.offers.lock().unwrap();
            assert!(offers.iter().all(|offer| *offer == json!(raw())));
        }
    }

    #[tokio::test]
    async fn one_endpoints_trouble_holds_nobody_up() {
        let nodes = [
            Node::start(CHAIN, Takes::Badly).await,
            Node::start(CHAIN, Takes::Well).await,
            Node::start(CHAIN, Takes::Forever).await,
        ];
        let client = client(&nodes);
        let started = Instant::now();
        let answers = client.rpc().broadcast(&raw()).await;
        assert!(started.elapsed() < Duration::from_secs(2));
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        let shown: Vec<String> = answers
            .iter()
            .filter_map(|answer| answer.as_ref().err())
            .map(|error| format!("{error:?}"))
            .collect();
        assert_eq!(shown.len(), 2, "{shown:?}");
        assert!(!shown.concat().contains("cafebabe"), "{shown:?}");
        assert!(nodes.iter().all(|node| node.offers() == 1));
    }

    #[tokio::test]
    async fn nothing_is_offered_to_endpoints_of_another_chain_or_of_none() {
        let wrong = Node::start(ChainId::OGPU_MAINNET, Takes::Well).await;
        let gone = Node {
            // Nobody listens on the discard port.
            url: "http://127.0.0.1:9".into(),
            ..wrong.clone()
        };
        for nodes in [vec![wrong.clone()], vec![wrong.clone(), gone]] {
            let answers = client(&nodes).rpc().broadcast(&raw()).await;
            assert_eq!(answers.len(), 1);
            assert!(answers[0].is_err());
        }
        assert_eq!(wrong.offers(), 0);
    }
}
