//! Events as values to compare: every log of a transaction, in order, with its emitter.

use ethers_core::{
    abi::{Abi, RawLog, Token, Tokenize},
    types::Address,
};
use ogpu_contracts::{manager, nexus, source, terminal, vault};
use ogpu_types::{Log, Receipt, ResponseStatus, SourceStatus, TaskStatus};

use super::{Net, ZERO};

#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    emitter: Address,
    name: String,
    args: Vec<Token>,
}

/// The event that `emitter` should have emitted.
pub(crate) fn event(emitter: Address, name: &str, args: impl Tokenize) -> Event {
    Event {
        emitter,
        name: name.to_owned(),
        args: args.into_tokens(),
    }
}

impl Net {
    /// All events of a transaction.
    pub(crate) fn events(&self, receipt: &Receipt) -> Vec<Event> {
        let decode = |log: &Log| {
            let raw = RawLog {
                topics: log.topics.iter().map(|topic| (*topic).into()).collect(),
                data: log.data.as_ref().to_vec(),
            };
            self.decode(log.address.into(), raw)
        };
        receipt.logs.iter().map(decode).collect()
    }

    /// All events that a contract ever emitted.
    pub(crate) async fn history(&self, emitter: Address) -> Vec<Event> {
        let logs = self.logs(emitter).await.into_iter();
        logs.map(|log| self.decode(log.address, log.into()))
            .collect()
    }

    /// What a source, task or response emits when it is deployed.
    pub(crate) fn deployed(&self, contract: Address) -> Event {
        event(contract, "OwnershipTransferred", (ZERO, self.nexus))
    }

    pub(crate) fn source_becomes(&self, source: Address, status: SourceStatus) -> Event {
        let args = (source, u8::from(status));
        event(self.nexus, "SourceStatusChanged", args)
    }

    pub(crate) fn task_becomes(&self, task: Address, status: TaskStatus) -> Event {
        event(self.nexus, "TaskStatusChanged", (task, u8::from(status)))
    }

    pub(crate) fn response_becomes(&self, response: Address, status: ResponseStatus) -> Event {
        let args = (response, u8::from(status));
        event(self.nexus, "ResponseStatusChanged", args)
    }

    fn decode(&self, emitter: Address, raw: RawLog) -> Event {
        let mut known = self.abi_of(emitter).events();
        let event = known.find(|event| raw.topics.first() == Some(&event.signature()));
        let event = event.expect("contracts emit the events of their interfaces");
        let params = event.parse_log(raw);
        let params = params.expect("a log fits its event").params;
        Event {
            emitter,
            name: event.name.clone(),
            args: params.into_iter().map(|param| param.value).collect(),
        }
    }

    /// Sources, tasks and responses have the same only event.
    fn abi_of(&self, emitter: Address) -> &'static Abi {
        match emitter {
            nexus if nexus == self.nexus => &nexus::NEXUS_ABI,
            terminal if terminal == self.terminal => &terminal::TERMINAL_ABI,
            vault if vault == self.vault => &vault::VAULT_ABI,
            manager if manager == self.manager => &manager::MANAGER_ABI,
            _ => &source::SOURCE_ABI,
        }
    }
}
