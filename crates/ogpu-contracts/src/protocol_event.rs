//! From a log to the protocol's event, for whatever contract and event it is.

use ethers_contract::EthEvent;
use ethers_core::{
    abi::{RawLog, Token, Tokenizable, encode},
    types::H256,
};
use ogpu_types::{
    Address, EventContract, Log, ManagerEvent, NexusEvent, OwnershipEvent, ProtocolEvent,
    TerminalEvent, VaultEvent,
};

use crate::{controller, manager, nexus, terminal, vault};

/// Where the contracts are that emit the protocol's events.
///
/// Any contract can emit a log that looks like the protocol's: only the address says who did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_structs,
    reason = "a contract that is added must be given by everybody"
)]
pub struct Emitters {
    /// The nexus.
    pub nexus: Address,
    /// The terminal.
    pub terminal: Address,
    /// The vault.
    pub vault: Address,
}

impl Emitters {
    /// The contract at an address; `None` for a stranger.
    pub fn contract_at(&self, address: Address) -> Option<EventContract> {
        self.all()
            .into_iter()
            .find(|(_, emitter)| *emitter == address)
            .map(|(contract, _)| contract)
    }

    /// Each contract with its address.
    pub fn all(&self) -> [(EventContract, Address); 3] {
        [
            (EventContract::Nexus, self.nexus),
            (EventContract::Terminal, self.terminal),
            (EventContract::Vault, self.vault),
        ]
    }
}

/// Reads a log of one of the emitters.
///
/// `None` for a stranger's log, for an event that this version does not know, and for one whose
/// values have no counterpart here: an unknown number of an enum, bits outside of a type, a text
/// that is not UTF-8. Whatever is decoded encodes to the same log again.
pub fn decode(log: &Log, emitters: &Emitters) -> Option<ProtocolEvent> {
    let raw = raw(log);
    match emitters.contract_at(log.address)? {
        EventContract::Nexus => nexus_event(&raw).map(ProtocolEvent::Nexus),
        EventContract::Terminal => terminal_event(&raw).map(ProtocolEvent::Terminal),
        EventContract::Vault => vault_event(&raw).map(ProtocolEvent::Vault),
        _ => None,
    }
}

/// Reads a log of the manager, which is at the address `manager`.
///
/// `None` as of [`decode`].
pub fn decode_manager_event(log: &Log, manager: Address) -> Option<ManagerEvent> {
    (log.address == manager).then(|| manager_event(&raw(log)))?
}

/// Reads the change of the owner of the contract at the address `owned`: of a source, a task, a
/// response or the controller.
///
/// `None` as of [`decode`].
pub fn decode_ownership_event(log: &Log, owned: Address) -> Option<OwnershipEvent> {
    (log.address == owned).then(|| ownership_event(&raw(log)))?
}

fn raw(log: &Log) -> RawLog {
    RawLog {
        topics: log.topics.iter().map(|topic| (*topic).into()).collect(),
        data: log.data.as_ref().to_vec(),
    }
}

/// Reads a log as the event `E`, and only one that `E` encodes to: the decoder cuts numbers to their
/// type and leaves out what it does not need, so that another event would come of it.
fn exact<E: EthEvent + Tokenizable + Clone>(log: &RawLog) -> Option<E> {
    if log.topics.first() != Some(&E::signature()) {
        return None;
    }
    let event = E::decode_log(log).ok()?;
    let Token::Tuple(mut fields) = event.clone().into_token() else {
        return None;
    };
    // In all events of the protocol the indexed fields come first.
    let indexed = log.topics.len() - 1;
    if indexed > fields.len() {
        return None;
    }
    let data = fields.split_off(indexed);
    let topics = fields.into_iter().map(|field| encode(&[field]));
    let is_exact = log.topics[1..]
        .iter()
        .map(H256::as_bytes)
        .eq(topics.collect::<Vec<_>>())
        && encode(&data) == log.data;
    is_exact.then_some(event)
}

/// The event of the log's topic among those named, made into the protocol's.
macro_rules! read {
    ($log:expr, { $($filter:ty as $event:ident => $made:expr,)+ }) => {{
        let topic = $log.topics.first()?;
        $(
            if *topic == <$filter>::signature() {
                let $event: $filter = exact($log)?;
                return Some($made);
            }
        )+
        None
    }};
}

fn nexus_event(log: &RawLog) -> Option<NexusEvent> {
    read!(log, {
        nexus::AttemptedFilter as event => NexusEvent::Attempted {
            task: event.task.into(),
            provider: event.provider.into(),
            suggested_payment: event.suggested_payment.into(),
        },
        nexus::OwnershipTransferredFilter as event => NexusEvent::OwnershipTransferred {
            previous_owner: event.previous_owner.into(),
            new_owner: event.new_owner.into(),
        },
        nexus::RegisteredFilter as event => NexusEvent::Registered {
            provider: event.provider.into(),
            registrant_id: event.registrant_id.try_into().ok()?,
            source: event.source.into(),
            preferred_environment: event.preferred_environment.try_into().ok()?,
        },
        nexus::ResponseStatusChangedFilter as event => NexusEvent::ResponseStatusChanged {
            response: event.response.into(),
            status: event.status.try_into().ok()?,
        },
        nexus::ResponseSubmittedFilter as event => NexusEvent::ResponseSubmitted {
            response: event.response.into(),
            task: event.task.into(),
        },
        nexus::SourcePublishedFilter as event => NexusEvent::SourcePublished {
            source: event.source.into(),
        },
        nexus::SourceStatusChangedFilter as event => NexusEvent::SourceStatusChanged {
            source: event.source.into(),
            status: event.status.try_into().ok()?,
        },
        nexus::SourceUpdatedFilter as event => NexusEvent::SourceUpdated {
            source: event.source.into(),
            source_params: event.source_params.try_into().ok()?,
        },
        nexus::TaskPublishedFilter as event => NexusEvent::TaskPublished {
            task: event.task.into(),
            source: event.source.into(),
        },
        nexus::TaskStatusChangedFilter as event => NexusEvent::TaskStatusChanged {
            task: event.task.into(),
            status: event.status.try_into().ok()?,
        },
    })
}

fn terminal_event(log: &RawLog) -> Option<TerminalEvent> {
    read!(log, {
        terminal::AgentSetFilter as event => TerminalEvent::AgentSet {
            account: event.account.into(),
            agent: event.agent.into(),
            value: event.value,
        },
        terminal::BaseDataUpdatedFilter as event => TerminalEvent::BaseDataUpdated {
            provider: event.provider.into(),
        },
        terminal::DefaultAgentDisabledFilter as event => TerminalEvent::DefaultAgentDisabled {
            master: event.master.into(),
            value: event.value,
        },
        terminal::LiveDataUpdatedFilter as event => TerminalEvent::LiveDataUpdated {
            provider: event.provider.into(),
        },
        terminal::MasterAnnouncedFilter as event => TerminalEvent::MasterAnnounced {
            provider: event.provider.into(),
            master: event.master.into(),
        },
        terminal::OwnershipTransferredFilter as event => TerminalEvent::OwnershipTransferred {
            previous_owner: event.previous_owner.into(),
            new_owner: event.new_owner.into(),
        },
        terminal::ProviderAnnouncedFilter as event => TerminalEvent::ProviderAnnounced {
            provider: event.provider.into(),
            master: event.master.into(),
        },
        terminal::ProviderRemovedFilter as event => TerminalEvent::ProviderRemoved {
            provider: event.provider.into(),
        },
        terminal::RemoveContainerFilter as event => TerminalEvent::RemoveContainer {
            provider: event.provider.into(),
            source: event.source.into(),
        },
    })
}

fn vault_event(log: &RawLog) -> Option<VaultEvent> {
    read!(log, {
        vault::ClaimedFilter as event => VaultEvent::Claimed {
            account: event.account.into(),
            amount: event.amount.into(),
        },
        vault::DepositedFilter as event => VaultEvent::Deposited {
            account: event.account.into(),
            amount: event.amount.into(),
        },
        vault::LockedFilter as event => VaultEvent::Locked {
            account: event.account.into(),
            amount: event.amount.into(),
        },
        vault::SanctionedFilter as event => VaultEvent::Sanctioned {
            account: event.account.into(),
            amount: event.amount.into(),
        },
        vault::UnbondedFilter as event => VaultEvent::Unbonded {
            account: event.account.into(),
            amount: event.amount.into(),
        },
        vault::UnbondingCanceledFilter as event => VaultEvent::UnbondingCanceled {
            account: event.account.into(),
            amount: event.amount.into(),
        },
        vault::WaivedFilter as event => VaultEvent::Waived {
            account: event.account.into(),
            amount: event.amount.into(),
        },
        vault::WithdrawnFilter as event => VaultEvent::Withdrawn {
            account: event.account.into(),
            amount: event.amount.into(),
        },
    })
}

fn manager_event(log: &RawLog) -> Option<ManagerEvent> {
    read!(log, {
        manager::RoleAdminChangedFilter as event => ManagerEvent::RoleAdminChanged {
            role: event.role.into(),
            previous_admin_role: event.previous_admin_role.into(),
            new_admin_role: event.new_admin_role.into(),
        },
        manager::RoleGrantedFilter as event => ManagerEvent::RoleGranted {
            role: event.role.into(),
            account: event.account.into(),
            sender: event.sender.into(),
        },
        manager::RoleRevokedFilter as event => ManagerEvent::RoleRevoked {
            role: event.role.into(),
            account: event.account.into(),
            sender: event.sender.into(),
        },
    })
}

/// The event is the same in every contract that has an owner.
fn ownership_event(log: &RawLog) -> Option<OwnershipEvent> {
    read!(log, {
        controller::OwnershipTransferredFilter as event => OwnershipEvent::OwnershipTransferred {
            previous_owner: event.previous_owner.into(),
            new_owner: event.new_owner.into(),
        },
    })
}
