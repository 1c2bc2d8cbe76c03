//! Which events a watcher is told of.

use std::collections::BTreeSet;

use ogpu_types::{
    Address, EventContract, LoggedEvent, NexusEvent, ProtocolEvent, ResponseAddress, SourceAddress,
    TaskAddress, TerminalEvent, VaultEvent,
};

use super::relations::Relations;
use crate::{Client, ReadError};

/// Each kind that is not empty has to match.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    pub(super) contracts: BTreeSet<EventContract>,
    pub(super) sources: BTreeSet<SourceAddress>,
    pub(super) tasks: BTreeSet<TaskAddress>,
    pub(super) responses: BTreeSet<ResponseAddress>,
    pub(super) providers: BTreeSet<Address>,
    pub(super) accounts: BTreeSet<Address>,
}

/// What an event is about.
#[derive(Debug, Default)]
struct Subject {
    source: Option<SourceAddress>,
    task: Option<TaskAddress>,
    response: Option<ResponseAddress>,
    accounts: Vec<Address>,
}

impl Filter {
    /// Whether an event matches; what it belongs to is read from the contracts where it is not known.
    pub(super) async fn matches(
        &self,
        logged: &LoggedEvent,
        relations: &Relations,
        client: &Client,
    ) -> Result<bool, ReadError> {
        if !(self.contracts.is_empty() || self.contracts.contains(&logged.contract)) {
            return Ok(false);
        }
        if self.names_nothing() {
            return Ok(true);
        }
        let Some(event) = &logged.event else {
            return Ok(false);
        };
        relations.learn(event);
        let mut subject = Subject::of(event);
        if !self.may_match(&subject) {
            return Ok(false);
        }
        self.complete(&mut subject, relations, client).await?;
        Ok(self.is_met_by(&subject))
    }

    fn names_nothing(&self) -> bool {
        self.sources.is_empty()
            && self.tasks.is_empty()
            && self.responses.is_empty()
            && self.providers.is_empty()
            && self.accounts.is_empty()
    }

    /// Whether it can match without anything more being read, or because of it.
    fn may_match(&self, subject: &Subject) -> bool {
        let has_task = subject.task.is_some() || subject.response.is_some();
        (self.responses.is_empty() || subject.response.is_some())
            && (self.tasks.is_empty() || has_task)
            && (self.sources.is_empty() || has_task || subject.source.is_some())
            && (self.responses.is_empty()
                || subject
                    .response
                    .is_some_and(|at| self.responses.contains(&at)))
    }

    async fn complete(
        &self,
        subject: &mut Subject,
        relations: &Relations,
        client: &Client,
    ) -> Result<(), ReadError> {
        let wants_source = !(self.sources.is_empty() && self.accounts.is_empty());
        let wants_task = !self.tasks.is_empty() || wants_source;
        let wants_provider = !(self.providers.is_empty() && self.accounts.is_empty());
        if let Some(response) = subject.response
            && (wants_provider || (wants_task && subject.task.is_none()))
            && let Some((task, provider)) = relations.origin_of(client, response).await?
        {
            subject.task = Some(task);
            subject.accounts.push(provider);
        }
        if wants_source
            && subject.source.is_none()
            && let Some(task) = subject.task
        {
            subject.source = relations.source_of(client, task).await?;
        }
        if !self.accounts.is_empty()
            && let Some(source) = subject.source
        {
            subject
                .accounts
                .extend(relations.client_of(client, source).await?);
        }
        Ok(())
    }

    fn is_met_by(&self, subject: &Subject) -> bool {
        fn has<T: Ord>(wanted: &BTreeSet<T>, value: Option<T>) -> bool {
            wanted.is_empty() || value.is_some_and(|value| wanted.contains(&value))
        }
        let names = |wanted: &BTreeSet<Address>| {
            wanted.is_empty() || subject.accounts.iter().any(|named| wanted.contains(named))
        };
        has(&self.sources, subject.source)
            && has(&self.tasks, subject.task)
            && has(&self.responses, subject.response)
            && names(&self.providers)
            && names(&self.accounts)
    }
}

impl Subject {
    fn of(event: &ProtocolEvent) -> Self {
        match event {
            ProtocolEvent::Nexus(event) => Self::of_nexus(event),
            ProtocolEvent::Terminal(event) => Self::of_terminal(event),
            ProtocolEvent::Vault(event) => Self::of_vault(event),
            _ => Self::default(),
        }
    }

    fn of_nexus(event: &NexusEvent) -> Self {
        let mut subject = Self::default();
        match event {
            NexusEvent::Attempted { task, provider, .. } => {
                subject.task = Some(*task);
                subject.accounts.push(*provider);
            }
            NexusEvent::OwnershipTransferred {
                previous_owner,
                new_owner,
            } => subject.accounts.extend([*previous_owner, *new_owner]),
            NexusEvent::Registered {
                provider, source, ..
            } => {
                subject.source = Some(*source);
                subject.accounts.push(*provider);
            }
            NexusEvent::ResponseStatusChanged { response, .. } => {
                subject.response = Some(*response);
            }
            NexusEvent::ResponseSubmitted { response, task } => {
                subject.response = Some(*response);
                subject.task = Some(*task);
            }
            NexusEvent::SourcePublished { source }
            | NexusEvent::SourceStatusChanged { source, .. } => subject.source = Some(*source),
            NexusEvent::SourceUpdated {
                source,
                source_params,
            } => {
                subject.source = Some(*source);
                subject.accounts.push(source_params.client);
            }
            NexusEvent::TaskPublished { task, source } => {
                subject.task = Some(*task);
                subject.source = Some(*source);
            }
            NexusEvent::TaskStatusChanged { task, .. } => subject.task = Some(*task),
            _ => {}
        }
        subject
    }

    fn of_terminal(event: &TerminalEvent) -> Self {
        let mut subject = Self::default();
        match event {
            TerminalEvent::AgentSet { account, agent, .. } => {
                subject.accounts.extend([*account, *agent]);
            }
            TerminalEvent::BaseDataUpdated { provider }
            | TerminalEvent::LiveDataUpdated { provider }
            | TerminalEvent::ProviderRemoved { provider } => subject.accounts.push(*provider),
            TerminalEvent::DefaultAgentDisabled { master, .. } => subject.accounts.push(*master),
            TerminalEvent::MasterAnnounced { provider, master }
            | TerminalEvent::ProviderAnnounced { provider, master } => {
                subject.accounts.extend([*provider, *master]);
            }
            TerminalEvent::OwnershipTransferred {
                previous_owner,
                new_owner,
            } => subject.accounts.extend([*previous_owner, *new_owner]),
            TerminalEvent::RemoveContainer { provider, source } => {
                subject.source = Some(*source);
                subject.accounts.push(*provider);
            }
            _ => {}
        }
        subject
    }

    fn of_vault(event: &VaultEvent) -> Self {
        let account = match event {
            VaultEvent::Claimed { account, .. }
            | VaultEvent::Deposited { account, .. }
            | VaultEvent::Locked { account, .. }
            | VaultEvent::Sanctioned { account, .. }
            | VaultEvent::Unbonded { account, .. }
            | VaultEvent::UnbondingCanceled { account, .. }
            | VaultEvent::Waived { account, .. }
            | VaultEvent::Withdrawn { account, .. } => Some(*account),
            _ => None,
        };
        Self {
            accounts: account.into_iter().collect(),
            ..Self::default()
        }
    }
}
