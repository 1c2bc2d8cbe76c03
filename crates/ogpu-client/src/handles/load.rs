//! Handles of what is certainly there.
//!
//! Sources, tasks and responses share most of their functions. Each kind has one that no other has,
//! and that is what is read.

use ogpu_chain::Contract;
use ogpu_contracts::{response, source, task, terminal};
use ogpu_types::{Address, ResponseAddress, SourceAddress, TaskAddress};

use super::{Master, Provider, Response, Source, Task};
use crate::{Client, Error, Read, read::Target};

impl Client {
    /// The source at an address, if there is one. One round trip.
    ///
    /// # Errors
    ///
    /// [`Error::SourceNotFound`] when there is none, also when something else is there;
    /// [`Error::Read`] and [`Error::Rpc`] when the node cannot answer.
    pub fn load_source(&self, address: impl Into<SourceAddress>) -> Read<Source> {
        let source = self.source(address);
        source
            .clone()
            .reader()
            .value("load_source", source::GetRegistrantCountCall, |_| source)
    }

    /// The task at an address, if there is one. One round trip.
    ///
    /// # Errors
    ///
    /// [`Error::TaskNotFound`] when there is none, also when something else is there;
    /// [`Error::Read`] and [`Error::Rpc`] when the node cannot answer.
    pub fn load_task(&self, address: impl Into<TaskAddress>) -> Read<Task> {
        let task = self.task(address);
        task.clone()
            .reader()
            .value("load_task", task::GetAttemptCountCall, |_| task)
    }

    /// The response at an address, if there is one. One round trip.
    ///
    /// # Errors
    ///
    /// [`Error::ResponseNotFound`] when there is none, also when something else is there;
    /// [`Error::Read`] and [`Error::Rpc`] when the node cannot answer.
    pub fn load_response(&self, address: impl Into<ResponseAddress>) -> Read<Response> {
        let response = self.response(address);
        response
            .clone()
            .reader()
            .value("load_response", response::ResponseTimestampCall, |_| {
                response
            })
    }

    /// The provider with an account, if it is one: if it has announced a master. One round trip.
    ///
    /// # Errors
    ///
    /// [`Error::ProviderNotFound`] when it is none; [`Error::Read`] and [`Error::Rpc`] when the node
    /// cannot answer.
    pub fn load_provider(&self, account: Address) -> Read<Provider> {
        let provider = self.provider(account);
        let terminal = Target::At(self.contract(Contract::Terminal));
        Read::new(self, "load_provider", terminal, move |set, terminal| {
            let is_one = set.add(terminal, terminal::IsProviderCall(account.into()));
            Box::new(move |answers| {
                let is_one = answers.take(is_one).map_err(Error::read)?.0;
                is_one
                    .then_some(provider)
                    .ok_or(Error::ProviderNotFound { account })
            })
        })
    }

    /// The master with an account, if it is one: if it has announced a provider. One round trip.
    ///
    /// # Errors
    ///
    /// [`Error::MasterNotFound`] when it is none; [`Error::Read`] and [`Error::Rpc`] when the node
    /// cannot answer.
    pub fn load_master(&self, account: Address) -> Read<Master> {
        let master = self.master(account);
        let terminal = Target::At(self.contract(Contract::Terminal));
        Read::new(self, "load_master", terminal, move |set, terminal| {
            let is_one = set.add(terminal, terminal::IsMasterCall(account.into()));
            Box::new(move |answers| {
                let is_one = answers.take(is_one).map_err(Error::read)?.0;
                is_one
                    .then_some(master)
                    .ok_or(Error::MasterNotFound { account })
            })
        })
    }
}
