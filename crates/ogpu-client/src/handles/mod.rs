//! Typed handles: what can be done with, and seen of, one part of the protocol.
//!
//! A handle is cheap: it holds an address and the client, and asks nothing when it is made. It has a
//! name that says what it stands for, so that the handle of a response is [`Response`] here, while
//! the data of one is [`types::Response`](crate::types::Response).

mod agent;
mod agents;
mod controller;
mod list;
mod load;
mod manager;
mod master;
mod nexus;
mod pages;
mod provider;
mod reader;
mod response;
mod scheduling;
mod source;
mod task;
mod terminal;
mod vault;

pub use agent::Agent;
pub use controller::Controller;
pub use list::List;
pub use manager::Manager;
pub use master::Master;
pub use nexus::Nexus;
pub use provider::Provider;
pub use response::Response;
pub use source::Source;
pub use task::{Attempt, Task};
pub use terminal::Terminal;
pub use vault::Vault;

use ogpu_types::{Address, ResponseAddress, SourceAddress, TaskAddress};

use crate::Client;

/// A handle of what is at an address: `handle!(Name: AddressType)`.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident: $address:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            client: $crate::Client,
            address: $address,
        }

        impl $name {
            pub(crate) fn new(client: &$crate::Client, address: $address) -> Self {
                Self {
                    client: client.clone(),
                    address,
                }
            }

            /// Where it is.
            pub fn address(&self) -> $address {
                self.address
            }

            /// The client that it works through.
            pub fn client(&self) -> &$crate::Client {
                &self.client
            }
        }
    };
}

/// A handle of one of the chain's own contracts: `contract_handle!(Name)`.
macro_rules! contract_handle {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            client: $crate::Client,
        }

        impl $name {
            pub(crate) fn new(client: &$crate::Client) -> Self {
                Self {
                    client: client.clone(),
                }
            }

            /// The client that it works through.
            pub fn client(&self) -> &$crate::Client {
                &self.client
            }
        }
    };
}

pub(crate) use task::into_response;
pub(crate) use {contract_handle, handle};

impl Client {
    /// The source at an address, whether or not there is one.
    pub fn source(&self, address: impl Into<SourceAddress>) -> Source {
        Source::new(self, address.into())
    }

    /// The task at an address, whether or not there is one.
    pub fn task(&self, address: impl Into<TaskAddress>) -> Task {
        Task::new(self, address.into())
    }

    /// The response at an address, whether or not there is one.
    pub fn response(&self, address: impl Into<ResponseAddress>) -> Response {
        Response::new(self, address.into())
    }

    /// The provider with an account, whether or not it is one.
    pub fn provider(&self, account: Address) -> Provider {
        Provider::new(self, account)
    }

    /// The master with an account, whether or not it is one.
    pub fn master(&self, account: Address) -> Master {
        Master::new(self, account)
    }

    /// What an agent does for clients and masters.
    pub fn agent(&self) -> Agent {
        Agent::new(self)
    }

    /// The vault: balances, lockups, and what is frozen for tasks.
    pub fn vault(&self) -> Vault {
        Vault::new(self)
    }

    /// The terminal: who is whose provider, master and agent.
    pub fn terminal(&self) -> Terminal {
        Terminal::new(self)
    }

    /// The nexus: all sources, and the events of the network.
    pub fn nexus(&self) -> Nexus {
        Nexus::new(self)
    }

    /// The controller, which publishes tasks and pays for them.
    pub fn controller(&self) -> Controller {
        Controller::new(self)
    }

    /// The manager: who has which role.
    pub fn manager(&self) -> Manager {
        Manager::new(self)
    }
}
