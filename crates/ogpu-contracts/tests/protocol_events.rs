//! Logs of the contracts become the protocol's events, all of them and nothing else.

use std::collections::BTreeSet;

use ethers_core::abi::{Abi, ParamType, Token, encode};
use ogpu_contracts::{
    abi,
    protocol_event::{Emitters, decode, decode_manager_event, decode_ownership_event},
};
use ogpu_types::{Address, EventContract, Hash32, Log, NexusEvent, ProtocolEvent, Wei};
use proptest::{collection, prelude::*, sample::select};
use serde::Serialize;

const EMITTERS: Emitters = Emitters {
    nexus: Address::new([1; 20]),
    terminal: Address::new([2; 20]),
    vault: Address::new([3; 20]),
};

fn interface(contract: EventContract) -> Abi {
    let name = match contract {
        EventContract::Nexus => "Nexus",
        EventContract::Terminal => "Terminal",
        EventContract::Vault => "Vault",
        other => panic!("no interface of {other}"),
    };
    interface_of(name)
}

fn interface_of(name: &str) -> Abi {
    serde_json::from_str(abi::json(name).unwrap()).unwrap()
}

/// A value of a type, small enough for every enum.
fn token(kind: &ParamType) -> Token {
    match kind {
        ParamType::Address => Token::Address([0x11; 20].into()),
        ParamType::Bool => Token::Bool(true),
        ParamType::String => Token::String("https://example.org/ä".into()),
        ParamType::Uint(8) => Token::Uint(1.into()),
        ParamType::Uint(_) => Token::Uint(77.into()),
        ParamType::FixedBytes(length) => Token::FixedBytes(vec![0x22; *length]),
        ParamType::Tuple(parts) => Token::Tuple(parts.iter().map(token).collect()),
        other => panic!("no event has a {other}"),
    }
}

fn log(emitter: Address, topics: Vec<Hash32>, data: Vec<u8>) -> Log {
    let zero = Hash32::new([0; 32]);
    Log::new(emitter, topics, data.into(), 1, zero, zero, 0)
}

/// A log of each event in an interface, with its name.
fn every_log(abi: &Abi, emitter: Address) -> Vec<(String, Log)> {
    let mut logs = Vec::new();
    for event in abi.events() {
        let tokens = |indexed: bool| -> Vec<Token> {
            let wanted = event.inputs.iter().filter(|input| input.indexed == indexed);
            wanted.map(|input| token(&input.kind)).collect()
        };
        let mut topics = vec![Hash32::from(event.signature())];
        for indexed in tokens(true) {
            let topic: [u8; 32] = encode(&[indexed]).try_into().unwrap();
            topics.push(Hash32::new(topic));
        }
        logs.push((
            event.name.clone(),
            log(emitter, topics, encode(&tokens(false))),
        ));
    }
    logs
}

fn all_logs() -> Vec<(EventContract, String, Log)> {
    EMITTERS
        .all()
        .into_iter()
        .flat_map(|(contract, emitter)| {
            every_log(&interface(contract), emitter)
                .into_iter()
                .map(move |(name, log)| (contract, name, log))
        })
        .collect()
}

#[test]
fn every_event_of_the_interfaces_is_decoded_under_its_name_with_the_arguments_of_the_abi() {
    let logs = all_logs();
    assert_eq!(logs.len(), 27);
    let mut seen = BTreeSet::new();
    for (contract, name, log) in logs {
        let event = decode(&log, &EMITTERS).unwrap_or_else(|| panic!("{name} is not decoded"));
        assert_eq!(event.name(), name);
        assert_eq!(event.contract(), contract);
        assert_arguments(&event, &name, &interface(contract));
        seen.insert((contract, name));
    }
    assert_eq!(seen.len(), 27);
}

/// The event's JSON names its arguments as the ABI does.
fn assert_arguments(event: &impl Serialize, name: &str, abi: &Abi) {
    let json = serde_json::to_value(event).unwrap();
    let written = json["args"].as_object().unwrap().keys();
    let written: BTreeSet<&str> = written.map(String::as_str).collect();
    let inputs = &abi.event(name).unwrap().inputs;
    let expected: BTreeSet<&str> = inputs.iter().map(|input| &*input.name).collect();
    assert_eq!(written, expected, "{name}");
}

#[test]
fn every_event_of_the_manager_is_decoded_and_nobody_elses_is() {
    let (manager, other) = (Address::new([4; 20]), Address::new([5; 20]));
    let abi = interface_of("Manager");
    let logs = every_log(&abi, manager);
    assert_eq!(logs.len(), 3);
    for (name, log) in logs {
        let event = decode_manager_event(&log, manager).unwrap();
        assert_eq!(event.name(), name);
        assert_arguments(&event, &name, &abi);
        assert_eq!(decode_manager_event(&log, other), None);
        assert_eq!(decode_ownership_event(&log, manager), None);
        assert_eq!(decode(&log, &EMITTERS), None);
        let mut fewer_topics = log;
        fewer_topics.topics.pop();
        assert_eq!(decode_manager_event(&fewer_topics, manager), None);
    }
}

#[test]
fn every_contract_with_an_owner_and_no_other_events_tells_of_a_new_one() {
    let (owned, other) = (Address::new([4; 20]), Address::new([5; 20]));
    for contract in ["Controller", "Source", "Task", "Response"] {
        let abi = interface_of(contract);
        let logs = every_log(&abi, owned);
        let [(name, log)] = &logs[..] else {
            panic!("{contract} has other events: {logs:?}");
        };
        let event = decode_ownership_event(log, owned).unwrap();
        assert_eq!(event.name(), name);
        assert_arguments(&event, name, &abi);
        assert_eq!(decode_ownership_event(log, other), None);
        assert_eq!(decode_manager_event(log, owned), None);
        let mut dirty = log.clone();
        dirty.topics[1] = Hash32::new([0xff; 32]);
        assert_eq!(decode_ownership_event(&dirty, owned), None);
    }
}

#[test]
fn a_log_of_another_contract_is_no_event() {
    for (contract, name, mut log) in all_logs() {
        log.address = Address::new([9; 20]);
        assert_eq!(decode(&log, &EMITTERS), None, "{name}");
        for (other, emitter) in EMITTERS.all() {
            log.address = emitter;
            // All three may be owned.
            let is_known = other == contract
                || (name == "OwnershipTransferred" && other != EventContract::Vault);
            assert_eq!(
                decode(&log, &EMITTERS).is_some(),
                is_known,
                "{name} of {other}"
            );
        }
    }
}

#[test]
fn a_number_outside_of_its_type_or_enum_is_not_taken_for_another() {
    for (_, name, log) in all_logs() {
        let is_small = name.ends_with("StatusChanged") || name == "Registered";
        if !is_small {
            continue;
        }
        for dirt in [9_u8, 0xff] {
            for place in [1, 2] {
                let mut dirty = log.clone();
                let mut data = dirty.data.as_ref().to_vec();
                let end = data.len();
                data[end - place] = dirt;
                dirty.data = data.into();
                assert_eq!(decode(&dirty, &EMITTERS), None, "{name}: {dirt} at {place}");
            }
        }
    }
}

#[test]
fn dirt_in_an_address_and_bytes_too_many_or_too_few_are_no_event() {
    for (_, name, log) in all_logs() {
        let data = log.data.as_ref();
        let mut longer = data.to_vec();
        longer.push(0);
        let mut variants = vec![longer];
        if !data.is_empty() {
            variants.push(data[..data.len() - 1].to_vec());
            let mut dirty = data.to_vec();
            dirty[3] = 1;
            variants.push(dirty);
        }
        for variant in variants {
            let mut changed = log.clone();
            changed.data = variant.into();
            assert_eq!(decode(&changed, &EMITTERS), None, "{name}");
        }
        let mut more_topics = log.clone();
        more_topics.topics.push(Hash32::new([0; 32]));
        assert_eq!(decode(&more_topics, &EMITTERS), None, "{name}");
    }
}

#[test]
fn the_largest_amount_is_kept() {
    let mut attempted = all_logs()
        .into_iter()
        .find_map(|(_, name, log)| (name == "Attempted").then_some(log))
        .unwrap();
    let mut data = attempted.data.as_ref().to_vec();
    data[64..].fill(0xff);
    attempted.data = data.into();
    let event = decode(&attempted, &EMITTERS).unwrap();
    assert!(matches!(
        event,
        ProtocolEvent::Nexus(NexusEvent::Attempted { suggested_payment, .. })
            if suggested_payment == Wei::MAX
    ));
}

proptest! {
    #[test]
    fn any_log_is_an_event_or_none(
        (_, name, known) in select(all_logs()),
        emitter in 1_u8..4,
        topics in collection::vec(any::<[u8; 32]>(), 0..4),
        data in collection::vec(any::<u8>(), 0..600),
        keeps_data in any::<bool>(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let topics: Vec<Hash32> = known.topics[..1]
            .iter()
            .copied()
            .chain(topics.into_iter().map(Hash32::new))
            .collect();
        let data = if keeps_data && !known.data.as_ref().is_empty() {
            let mut data = known.data.as_ref().to_vec();
            let place = place.index(data.len());
            data[place] = byte;
            data
        } else {
            data
        };
        let log = log(Address::new([emitter; 20]), topics, data);
        if let Some(event) = decode(&log, &EMITTERS) {
            prop_assert_eq!(event.name(), name);
            prop_assert_eq!(Some(event.contract()), EMITTERS.contract_at(log.address));
        }
        // Without a topic there is nothing to go by.
        let mut anonymous = log;
        anonymous.topics.clear();
        prop_assert_eq!(decode(&anonymous, &EMITTERS), None);
    }
}
