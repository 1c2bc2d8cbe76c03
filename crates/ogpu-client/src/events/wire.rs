//! Headers and logs as nodes write them, and what is believed of them.

use std::sync::Arc;

use ogpu_contracts::protocol_event::{self, Emitters};
use ogpu_types::{Address, Hash32, HexBytes, Log, LoggedEvent, TxHash};
use serde::Deserialize;

use super::{
    block::{Block, Mark},
    bloom,
};
use crate::rpc::as_u64;

/// More topics than this has no log.
const MOST_TOPICS: usize = 4;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Header {
    #[serde(deserialize_with = "as_u64::deserialize")]
    number: u64,
    hash: Hash32,
    pub(super) parent_hash: Hash32,
    #[serde(deserialize_with = "as_u64::deserialize")]
    pub(super) timestamp: u64,
    #[serde(default)]
    logs_bloom: Option<HexBytes>,
}

impl Header {
    pub(super) fn mark(&self) -> Mark {
        Mark {
            number: self.number,
            hash: self.hash,
        }
    }

    /// Whether a contract has logged something in the block that is not among these events, as far as
    /// the header tells.
    pub(super) fn tells_of_more_than(
        &self,
        events: &[Arc<LoggedEvent>],
        emitters: &Emitters,
    ) -> bool {
        let Some(logs_bloom) = &self.logs_bloom else {
            return false;
        };
        emitters.all().into_iter().any(|(_, address)| {
            events.iter().all(|event| event.log.address != address)
                && bloom::tells_of(logs_bloom.as_ref(), address)
        })
    }

    pub(super) fn into_block(self, events: Vec<Arc<LoggedEvent>>) -> Block {
        Block {
            mark: self.mark(),
            parent: self.parent_hash,
            timestamp: self.timestamp,
            events,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawLog {
    address: Address,
    topics: Vec<Hash32>,
    data: HexBytes,
    #[serde(deserialize_with = "as_u64::deserialize")]
    block_number: u64,
    block_hash: Hash32,
    transaction_hash: TxHash,
    #[serde(deserialize_with = "as_u64::deserialize")]
    log_index: u64,
    #[serde(default)]
    removed: bool,
}

impl RawLog {
    pub(super) fn address(&self) -> Address {
        self.address
    }
}

/// The logs of the emitters in these blocks, in order and once each; an error says what about the
/// answer cannot be.
pub(super) fn read_logs(
    raw: Vec<RawLog>,
    from: u64,
    to: u64,
    emitters: &Emitters,
) -> Result<Vec<LoggedEvent>, &'static str> {
    let mut events = Vec::new();
    for log in raw {
        let Some(contract) = emitters.contract_at(log.address) else {
            return Err("it has logs of other contracts");
        };
        if !(from..=to).contains(&log.block_number) {
            return Err("it has logs of other blocks");
        }
        if log.topics.len() > MOST_TOPICS {
            return Err("it has a log with too many topics");
        }
        if log.removed {
            return Err("it has logs that are removed");
        }
        let log = Log::new(
            log.address,
            log.topics,
            log.data,
            log.block_number,
            log.block_hash,
            log.transaction_hash,
            log.log_index,
        );
        let event = protocol_event::decode(&log, emitters);
        events.push(LoggedEvent::new(contract, event, log));
    }
    let place = |event: &LoggedEvent| (event.log.block_number, event.log.log_index);
    events.sort_by_key(place);
    // The same log twice is one; two at one place, or two blocks of one number, cannot be.
    events.dedup();
    for pair in events.windows(2) {
        let (first, second) = (&pair[0], &pair[1]);
        if place(first) == place(second) {
            return Err("it has two logs at one place");
        }
        if first.log.block_number == second.log.block_number
            && first.log.block_hash != second.log.block_hash
        {
            return Err("it has logs of two blocks of one number");
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const EMITTERS: Emitters = Emitters {
        nexus: Address::new([1; 20]),
        terminal: Address::new([2; 20]),
        vault: Address::new([3; 20]),
    };

    fn log(block: u64, index: u64) -> Value {
        json!({
            "address": EMITTERS.vault,
            "topics": [],
            "data": "0x",
            "blockNumber": format!("{block:#x}"),
            "blockHash": Hash32::new([7; 32]),
            "transactionHash": Hash32::new([8; 32]),
            "logIndex": format!("{index:#x}"),
        })
    }

    fn read(logs: Value) -> Result<Vec<(u64, u64)>, &'static str> {
        let raw = serde_json::from_value(logs).unwrap();
        let events = read_logs(raw, 5, 6, &EMITTERS)?;
        let place = |event: &LoggedEvent| (event.log.block_number, event.log.log_index);
        Ok(events.iter().map(place).collect())
    }

    #[test]
    fn logs_are_put_in_order_and_one_that_comes_twice_is_one() {
        let logs = json!([log(6, 0), log(5, 9), log(5, 1), log(6, 0)]);
        assert_eq!(read(logs), Ok(vec![(5, 1), (5, 9), (6, 0)]));
        assert_eq!(read(json!([])), Ok(vec![]));
    }

    #[test]
    fn an_answer_with_what_was_not_asked_for_is_none() {
        for (key, value) in [
            ("address", json!(Address::new([9; 20]))),
            ("blockNumber", json!("0x4")),
            ("blockNumber", json!("0x7")),
            ("topics", json!(vec![Hash32::new([0; 32]); 5])),
            ("removed", json!(true)),
        ] {
            let mut strange = log(5, 0);
            strange[key] = value;
            assert!(read(json!([log(6, 1), strange])).is_err(), "{key}");
        }
        for (key, value) in [
            ("data", json!("0x01")),
            ("blockHash", json!(Hash32::new([6; 32]))),
        ] {
            let mut other = log(5, 0);
            other[key] = value;
            assert!(read(json!([log(5, 0), other])).is_err(), "another {key}");
        }
    }
}
