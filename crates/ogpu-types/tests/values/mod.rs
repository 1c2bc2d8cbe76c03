//! Arbitrary values of every type.

use ogpu_types::{
    Address, ChainId, ConfirmedResponse, DeliveryMethod, Environment, EventContract, Hash32,
    HexBytes, ImageEnvironments, Json, Log, LoggedEvent, ManagerEvent, NexusEvent, OwnershipEvent,
    ProtocolEvent, Receipt, Response, ResponseParams, ResponseStatus, SourceInfo, SourceMetadata,
    SourceParams, SourceStatus, TaskInfo, TaskInput, TaskParams, TaskStatus, TerminalEvent,
    TransactionStatus, VaultEvent, Wei,
};
use proptest::{collection, option, prelude::*, sample::select};
use serde_json::Value;

pub(crate) fn address() -> impl Strategy<Value = Address> + Clone {
    any::<[u8; 20]>().prop_map(Address::new)
}

pub(crate) fn hash32() -> impl Strategy<Value = Hash32> + Clone {
    any::<[u8; 32]>().prop_map(Hash32::new)
}

pub(crate) fn hex_bytes() -> impl Strategy<Value = HexBytes> {
    collection::vec(any::<u8>(), 0..100).prop_map(HexBytes::from)
}

/// Amounts of every length, as most amounts of 32 random bytes are near the maximum.
pub(crate) fn wei() -> impl Strategy<Value = Wei> + Clone {
    (any::<[u8; 32]>(), 0_usize..=32).prop_map(|(mut bytes, zeros)| {
        bytes[..zeros].fill(0);
        Wei::from_be_bytes(bytes)
    })
}

pub(crate) fn chain_id() -> impl Strategy<Value = ChainId> {
    prop_oneof![
        any::<u64>().prop_map(ChainId::new),
        Just(ChainId::OGPU_MAINNET),
        Just(ChainId::OGPU_TESTNET),
    ]
}

pub(crate) fn environment() -> impl Strategy<Value = Environment> {
    (0_u8..8).prop_map(|mask| Environment::try_from(mask).unwrap())
}

pub(crate) fn delivery_method() -> impl Strategy<Value = DeliveryMethod> {
    select(DeliveryMethod::ALL)
}

pub(crate) fn source_status() -> impl Strategy<Value = SourceStatus> {
    select(SourceStatus::ALL)
}

pub(crate) fn task_status() -> impl Strategy<Value = TaskStatus> {
    select(TaskStatus::ALL)
}

pub(crate) fn response_status() -> impl Strategy<Value = ResponseStatus> {
    select(ResponseStatus::ALL)
}

pub(crate) fn transaction_status() -> impl Strategy<Value = TransactionStatus> {
    select(TransactionStatus::ALL)
}

/// JSON whose integers fit in 64 bits, so that a tree of values keeps them.
pub(crate) fn json_tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            collection::hash_map(any::<String>(), inner, 0..6).prop_map(Value::from_iter),
        ]
    })
}

pub(crate) fn task_input() -> impl Strategy<Value = TaskInput> {
    (
        any::<String>(),
        json_tree(),
        collection::btree_map(any::<String>(), json_tree(), 0..4),
    )
        .prop_map(|(name, data, extras)| {
            let input = TaskInput::new(name, &Json::from(data)).unwrap();
            extras.into_iter().fold(input, |input, (key, value)| {
                input.with_extra(format!("x{key}"), &value).unwrap()
            })
        })
}

fn images() -> impl Strategy<Value = ImageEnvironments> {
    any::<[String; 3]>().prop_map(|[cpu, nvidia, amd]| ImageEnvironments { cpu, nvidia, amd })
}

pub(crate) fn source_info() -> impl Strategy<Value = SourceInfo> {
    (
        any::<[String; 3]>(),
        images(),
        wei(),
        wei(),
        any::<u64>(),
        delivery_method(),
    )
        .prop_map(
            |(texts, image_envs, min_payment, min_available_lockup, duration, delivery_method)| {
                let [name, description, logo_url] = texts;
                SourceInfo {
                    name,
                    description,
                    logo_url,
                    image_envs,
                    min_payment,
                    min_available_lockup,
                    max_expiry_duration: duration,
                    delivery_method,
                }
            },
        )
}

pub(crate) fn source_metadata() -> impl Strategy<Value = SourceMetadata> {
    source_info().prop_map(|info| SourceMetadata::from(&info))
}

pub(crate) fn source_params() -> impl Strategy<Value = SourceParams> {
    (
        address(),
        any::<[String; 2]>(),
        environment(),
        [wei(), wei()],
        any::<[u64; 2]>(),
        any::<bool>(),
        delivery_method(),
    )
        .prop_map(
            |(
                client,
                urls,
                image_environments,
                amounts,
                times,
                privacy_enabled,
                delivery_method,
            )| {
                let [image_metadata_url, optional_params_url] = urls;
                SourceParams {
                    client,
                    image_metadata_url,
                    image_environments,
                    min_payment: amounts[0],
                    min_available_lockup: amounts[1],
                    max_expiry_duration: times[0],
                    privacy_enabled,
                    optional_params_url,
                    delivery_method,
                    last_update_time: times[1],
                }
            },
        )
}

pub(crate) fn task_info() -> impl Strategy<Value = TaskInfo> {
    (address(), task_input(), any::<u64>(), wei()).prop_map(
        |(source, config, expiry_time, payment)| TaskInfo {
            source: source.into(),
            config,
            expiry_time,
            payment,
        },
    )
}

pub(crate) fn task_params() -> impl Strategy<Value = TaskParams> {
    (address(), any::<String>(), any::<u64>(), wei()).prop_map(
        |(source, config, expiry_time, payment)| TaskParams {
            source: source.into(),
            config,
            expiry_time,
            payment,
        },
    )
}

pub(crate) fn response() -> impl Strategy<Value = Response> {
    (
        [address(), address(), address()],
        any::<String>(),
        wei(),
        response_status(),
        any::<u64>(),
        any::<bool>(),
    )
        .prop_map(
            |([address, task, provider], data, payment, status, timestamp, confirmed)| Response {
                address: address.into(),
                task: task.into(),
                provider,
                data,
                payment,
                status,
                timestamp,
                confirmed,
            },
        )
}

pub(crate) fn confirmed_response() -> impl Strategy<Value = ConfirmedResponse> {
    (address(), any::<String>()).prop_map(|(address, data)| ConfirmedResponse {
        address: address.into(),
        data,
    })
}

pub(crate) fn response_params() -> impl Strategy<Value = ResponseParams> {
    (address(), address(), any::<String>(), wei()).prop_map(|(task, provider, data, payment)| {
        ResponseParams {
            task: task.into(),
            provider,
            data,
            payment,
        }
    })
}

pub(crate) fn log() -> impl Strategy<Value = Log> {
    (
        address(),
        collection::vec(hash32(), 0..5),
        hex_bytes(),
        [hash32(), hash32()],
        any::<[u64; 2]>(),
    )
        .prop_map(
            |(address, topics, data, [hash, transaction], [block, index])| {
                Log::new(address, topics, data, block, hash, transaction, index)
            },
        )
}

pub(crate) fn receipt() -> impl Strategy<Value = Receipt> {
    (
        [hash32(), hash32()],
        address(),
        [option::of(address()), option::of(address())],
        any::<[u64; 3]>(),
        wei(),
        transaction_status(),
        (
            collection::vec(log(), 0..3),
            collection::vec(protocol_event(), 0..3),
        ),
    )
        .prop_map(
            |(hashes, from, [to, contract], numbers, price, status, (logs, events))| {
                let mut receipt = Receipt::new(hashes[0], numbers[0], hashes[1], from, status);
                receipt.transaction_index = numbers[1];
                receipt.gas_used = numbers[2];
                receipt.to = to;
                receipt.contract_address = contract;
                receipt.effective_gas_price = price;
                receipt.logs = logs;
                receipt.events = events;
                receipt
            },
        )
}

fn nexus_event() -> impl Strategy<Value = NexusEvent> {
    let names = || (address(), address());
    prop_oneof![
        (names(), wei()).prop_map(
            |((task, provider), suggested_payment)| NexusEvent::Attempted {
                task: task.into(),
                provider,
                suggested_payment,
            }
        ),
        names().prop_map(
            |(previous_owner, new_owner)| NexusEvent::OwnershipTransferred {
                previous_owner,
                new_owner,
            }
        ),
        (names(), any::<u64>(), environment()).prop_map(
            |((provider, source), registrant_id, preferred_environment)| NexusEvent::Registered {
                provider,
                registrant_id,
                source: source.into(),
                preferred_environment,
            }
        ),
        (address(), response_status()).prop_map(|(response, status)| {
            NexusEvent::ResponseStatusChanged {
                response: response.into(),
                status,
            }
        }),
        names().prop_map(|(response, task)| NexusEvent::ResponseSubmitted {
            response: response.into(),
            task: task.into(),
        }),
        address().prop_map(|source| NexusEvent::SourcePublished {
            source: source.into(),
        }),
        (address(), source_status()).prop_map(|(source, status)| {
            NexusEvent::SourceStatusChanged {
                source: source.into(),
                status,
            }
        }),
        (address(), source_params()).prop_map(|(source, source_params)| {
            NexusEvent::SourceUpdated {
                source: source.into(),
                source_params,
            }
        }),
        names().prop_map(|(task, source)| NexusEvent::TaskPublished {
            task: task.into(),
            source: source.into(),
        }),
        (address(), task_status()).prop_map(|(task, status)| NexusEvent::TaskStatusChanged {
            task: task.into(),
            status,
        }),
    ]
}

fn terminal_event() -> impl Strategy<Value = TerminalEvent> {
    let names = || (address(), address());
    prop_oneof![
        (names(), any::<bool>()).prop_map(|((account, agent), value)| TerminalEvent::AgentSet {
            account,
            agent,
            value,
        }),
        address().prop_map(|provider| TerminalEvent::BaseDataUpdated { provider }),
        (address(), any::<bool>())
            .prop_map(|(master, value)| TerminalEvent::DefaultAgentDisabled { master, value }),
        address().prop_map(|provider| TerminalEvent::LiveDataUpdated { provider }),
        names().prop_map(|(provider, master)| TerminalEvent::MasterAnnounced { provider, master }),
        names().prop_map(
            |(previous_owner, new_owner)| TerminalEvent::OwnershipTransferred {
                previous_owner,
                new_owner,
            }
        ),
        names()
            .prop_map(|(provider, master)| TerminalEvent::ProviderAnnounced { provider, master }),
        address().prop_map(|provider| TerminalEvent::ProviderRemoved { provider }),
        names().prop_map(|(provider, source)| TerminalEvent::RemoveContainer {
            provider,
            source: source.into(),
        }),
    ]
}

fn vault_event() -> impl Strategy<Value = VaultEvent> {
    let kinds: [fn(Address, Wei) -> VaultEvent; 8] = [
        |account, amount| VaultEvent::Claimed { account, amount },
        |account, amount| VaultEvent::Deposited { account, amount },
        |account, amount| VaultEvent::Locked { account, amount },
        |account, amount| VaultEvent::Sanctioned { account, amount },
        |account, amount| VaultEvent::Unbonded { account, amount },
        |account, amount| VaultEvent::UnbondingCanceled { account, amount },
        |account, amount| VaultEvent::Waived { account, amount },
        |account, amount| VaultEvent::Withdrawn { account, amount },
    ];
    (select(kinds.to_vec()), address(), wei())
        .prop_map(|(kind, account, amount)| kind(account, amount))
}

pub(crate) fn protocol_event() -> impl Strategy<Value = ProtocolEvent> {
    prop_oneof![
        nexus_event().prop_map(ProtocolEvent::from),
        terminal_event().prop_map(ProtocolEvent::from),
        vault_event().prop_map(ProtocolEvent::from),
    ]
}

pub(crate) fn manager_event() -> impl Strategy<Value = ManagerEvent> {
    let names = || (hash32(), address(), address());
    prop_oneof![
        [hash32(), hash32(), hash32()].prop_map(|[role, previous_admin_role, new_admin_role]| {
            ManagerEvent::RoleAdminChanged {
                role,
                previous_admin_role,
                new_admin_role,
            }
        }),
        names().prop_map(|(role, account, sender)| ManagerEvent::RoleGranted {
            role,
            account,
            sender,
        }),
        names().prop_map(|(role, account, sender)| ManagerEvent::RoleRevoked {
            role,
            account,
            sender,
        }),
    ]
}

pub(crate) fn ownership_event() -> impl Strategy<Value = OwnershipEvent> {
    (address(), address()).prop_map(|(previous_owner, new_owner)| {
        OwnershipEvent::OwnershipTransferred {
            previous_owner,
            new_owner,
        }
    })
}

pub(crate) fn logged_event() -> impl Strategy<Value = LoggedEvent> {
    (
        select(EventContract::ALL),
        option::of(protocol_event()),
        log(),
        option::of(any::<u64>()),
    )
        .prop_map(|(contract, event, log, timestamp)| {
            let mut logged = LoggedEvent::new(contract, event, log);
            logged.timestamp = timestamp;
            logged
        })
}
