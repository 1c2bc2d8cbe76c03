//! What the controller works with.
//!
//! Each is one round trip, and ends with [`Error::Read`](crate::Error::Read) or
//! [`Error::Rpc`](crate::Error::Rpc) when the node cannot answer.

use ogpu_chain::Contract;
use ogpu_contracts::controller;
use ogpu_types::Address;

use super::Controller;
use crate::{Read, handles::reader::Reader, read::Target};

impl Controller {
    /// The nexus's address. One round trip.
    pub fn nexus(&self) -> Read<Address> {
        self.reader()
            .value("controller.nexus", controller::NexusCall, |found| {
                found.0.into()
            })
    }

    /// The terminal's address. One round trip.
    pub fn terminal(&self) -> Read<Address> {
        self.reader()
            .value("controller.terminal", controller::TerminalCall, |found| {
                found.0.into()
            })
    }

    /// The vault's address. One round trip.
    pub fn vault(&self) -> Read<Address> {
        self.reader()
            .value("controller.vault", controller::VaultCall, |found| {
                found.0.into()
            })
    }

    /// The account that administers it. One round trip.
    pub fn owner(&self) -> Read<Address> {
        self.reader()
            .value("controller.owner", controller::OwnerCall, |found| {
                found.0.into()
            })
    }

    fn reader(&self) -> Reader<'_> {
        let at = self.client.contract(Contract::Controller);
        Reader::new(&self.client, Target::At(at))
    }
}
