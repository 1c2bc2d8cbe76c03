//! The ways to many reads in one call, and what becomes of reads where a node takes none of them.

use std::{
    future::IntoFuture as _,
    sync::{Arc, Mutex},
};

use ogpu_client::{Client, DeliveryMethod, Error, ReadCause, TaskAddress, types::TaskSnapshot};
use serde_json::{Value, json};

use crate::{
    network::Network,
    reads::Counted,
    tap::{Tap, error, result},
};

/// How a read travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Override,
    Creation,
    Reverting,
    /// A call of the contract itself.
    Plain,
}

/// How a read travels, if this is one. A creation's first instruction pushes the length of its
/// program, whose last one returns or reverts.
pub(crate) fn way_of(call: &Value) -> Option<Way> {
    if call["method"] != "eth_call" {
        return None;
    }
    let request = &call["params"][0];
    Some(if call["params"].as_array()?.len() == 3 {
        Way::Override
    } else if request["to"].is_null() {
        let code = hex::decode(&request["data"].as_str()?[2..]).ok()?;
        let length = usize::from(u16::from_be_bytes([code[1], code[2]]));
        match code[length - 1] {
            0xfd => Way::Reverting,
            _ => Way::Creation,
        }
    } else {
        Way::Plain
    })
}

/// What a node makes of a way.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// It takes it.
    Takes,
    /// It has an error for it.
    Refuses,
    /// It answers with nothing, as an account without code does.
    Ignores,
    /// It answers with something else.
    Garbage,
    /// Its answer is no text of bytes.
    NoBytes,
    /// It breaks the answer off.
    Cuts,
    /// It leaves the answer out.
    Drops,
}

/// A node with manners, and the ways in which it was asked.
pub(crate) struct Mannered {
    pub(crate) tap: Tap,
    asked: Arc<Mutex<Vec<Way>>>,
}

impl Mannered {
    pub(crate) async fn start(
        network: &Network,
        manner: impl Fn(Way) -> Manner + Clone + Send + 'static,
    ) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let manner_of_edit = manner.clone();
        let rule = move |call: &Value| {
            let way = way_of(call)?;
            seen.lock().unwrap().push(way);
            match manner(way) {
                Manner::Takes | Manner::Cuts | Manner::Drops => None,
                Manner::Refuses => error(-32602, "invalid params"),
                Manner::Ignores => result("0x"),
                Manner::Garbage => result(format!("0x{}", "ab".repeat(320))),
                Manner::NoBytes => result(12),
            }
        };
        let edit = move |call: &Value, answer: &mut Value| {
            let Some(way) = way_of(call) else { return };
            let place = match answer.get("error") {
                Some(_) => &mut answer["error"]["data"],
                None => &mut answer["result"],
            };
            match (manner_of_edit(way), place.as_str()) {
                (Manner::Cuts, Some(data)) => *place = json!(data[..data.len() - 66].to_owned()),
                (Manner::Drops, _) => *place = Value::Null,
                _ => {}
            }
        };
        Self {
            tap: Tap::editing(network, rule, edit).await,
            asked,
        }
    }

    /// The ways in which it was asked since this was last asked, each once.
    pub(crate) fn take(&self) -> Vec<Way> {
        let mut ways = std::mem::take(&mut *self.asked.lock().unwrap());
        ways.dedup();
        ways
    }
}

async fn snapshot(client: &Client, task: TaskAddress) -> TaskSnapshot {
    client.task(task).snapshot().await.unwrap()
}

#[tokio::test]
async fn whatever_a_node_makes_of_a_way_the_next_one_gives_the_same() {
    use Manner::{Cuts, Drops, Garbage, Ignores, NoBytes, Refuses, Takes};
    use Way::{Creation, Override, Plain, Reverting};

    let network = Network::start().await;
    let (task, _response, _runner) = network.answered(DeliveryMethod::ManualConfirmation).await;
    let truth = snapshot(&network.client, task).await;
    for (manners, found_out, then) in [
        ([Takes, Refuses, Refuses], &[Override][..], Override),
        ([Ignores, Takes, Refuses], &[Override, Creation], Creation),
        ([Refuses, Takes, Refuses], &[Override, Creation], Creation),
        ([Garbage, Takes, Refuses], &[Override, Creation], Creation),
        ([NoBytes, Takes, Refuses], &[Override, Creation], Creation),
        ([Cuts, Takes, Refuses], &[Override, Creation], Creation),
        ([Drops, Takes, Refuses], &[Override, Creation], Creation),
        (
            [Refuses, Cuts, Takes],
            &[Override, Creation, Reverting],
            Reverting,
        ),
        (
            [Ignores, Ignores, Takes],
            &[Override, Creation, Reverting],
            Reverting,
        ),
        (
            [Refuses, Refuses, Cuts],
            &[Override, Creation, Reverting, Plain],
            Plain,
        ),
        (
            [Refuses, Garbage, Drops],
            &[Override, Creation, Reverting, Plain],
            Plain,
        ),
        (
            [Ignores, NoBytes, Refuses],
            &[Override, Creation, Reverting, Plain],
            Plain,
        ),
    ] {
        let node = Mannered::start(&network, move |way| match way {
            Override => manners[0],
            Creation => manners[1],
            Reverting => manners[2],
            Plain => Takes,
        })
        .await;
        let client = node.tap.client(&network);
        assert_eq!(snapshot(&client, task).await, truth, "{manners:?}");
        assert_eq!(node.take(), found_out, "{manners:?}");
        assert_eq!(snapshot(&client, task).await, truth, "{manners:?}");
        assert_eq!(node.take(), [then], "{manners:?}: it is found out once");
    }
}

#[tokio::test]
async fn a_chain_whose_programs_see_other_block_numbers_is_read_by_calls() {
    let network = Network::start().await;
    let (task, _response, _runner) = network.answered(DeliveryMethod::ManualConfirmation).await;
    let truth = snapshot(&network.client, task).await;
    // The number is the last byte of the answer's first word.
    let last_digit = 2 + 64 - 1;
    let counted = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&counted);
    let node = Tap::editing(
        &network,
        move |call| {
            seen.lock().unwrap().extend(way_of(call));
            None
        },
        move |call, answer| {
            if way_of(call).is_none_or(|way| way == Way::Plain) {
                return;
            }
            let place = match answer.get("error") {
                Some(_) => &mut answer["error"]["data"],
                None => &mut answer["result"],
            };
            let mut data = place.as_str().unwrap().to_owned();
            let other = if data[last_digit..].starts_with('0') {
                "1"
            } else {
                "0"
            };
            data.replace_range(last_digit..=last_digit, other);
            *place = json!(data);
        },
    )
    .await;
    let client = node.client(&network);
    assert_eq!(snapshot(&client, task).await, truth);
    counted.lock().unwrap().clear();
    assert_eq!(snapshot(&client, task).await, truth);
    let asked = std::mem::take(&mut *counted.lock().unwrap());
    assert!(asked.len() <= 12, "{asked:?}");
}

#[tokio::test]
async fn a_block_without_state_says_nothing_about_the_ways() {
    let network = Network::start().await;
    let (task, _response, _runner) = network.answered(DeliveryMethod::ManualConfirmation).await;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let node = Tap::start(&network, move |call| {
        let way = way_of(call)?;
        if call["params"][1] == "0x1" {
            return error(-32000, "missing trie node");
        }
        seen.lock().unwrap().push(way);
        None
    })
    .await;
    let client = node.client(&network);
    let failure = client.task(task).snapshot().at(1).await.unwrap_err();
    assert!(
        matches!(&failure, Error::Read { source } if matches!(&source.cause, ReadCause::Rpc(_))),
        "{failure:?}"
    );
    snapshot(&client, task).await;
    assert_eq!(*asked.lock().unwrap(), [Way::Override]);
}

#[tokio::test]
async fn reads_made_at_one_moment_share_a_request_whatever_the_way() {
    let network = Network::start().await;
    let (task, _response, _runner) = network.answered(DeliveryMethod::ManualConfirmation).await;
    let counted = Counted::start(&network).await;
    let handle = counted.client.task(task);
    let statuses = futures::future::join_all((0..50).map(|_| handle.status().into_future())).await;
    assert!(statuses.iter().all(Result::is_ok));
    assert_eq!(counted.take(), 1);
}
