//! Typed events: out of a transaction's logs, by type and emitter.

use ethers_contract::EthEvent;
use ethers_core::abi::RawLog;
use ogpu_types::{Address, Hash32, Log};

/// The first topic of every log of the event `E`: the hash of its signature.
pub fn topic<E: EthEvent>() -> Hash32 {
    E::signature().into()
}

/// Reads one log as the event `E`; `None` when it is another event or does not decode as this one.
pub fn decode<E: EthEvent>(log: &Log) -> Option<E> {
    let raw = RawLog {
        topics: log.topics.iter().map(|topic| (*topic).into()).collect(),
        data: log.data.as_ref().to_vec(),
    };
    // The signature first: an event without indexed fields decodes from any log of fitting data.
    if raw.topics.first() != Some(&E::signature()) {
        return None;
    }
    E::decode_log(&raw).ok()
}

/// The first event `E` that `emitter` itself emitted.
///
/// Any contract can emit a log that looks like the protocol's: only the address says who did.
pub fn find<E: EthEvent>(logs: &[Log], emitter: Address) -> Option<E> {
    logs.iter()
        .filter(|log| log.address == emitter)
        .find_map(decode)
}
