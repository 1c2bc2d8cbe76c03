//! What the client that published a source does with it.

use ogpu_chain::Contract;
use ogpu_contracts::nexus;
use ogpu_types::{Receipt, SourceInfo};

use super::Source;
use crate::{Write, contract_write::ContractWrite, refusal::Subject};

impl Source {
    /// Replaces what the source says of itself: uploads the metadata, then has its parameters
    /// replaced on chain, all of them. Tasks that are published already keep the delivery method that
    /// they were published with.
    ///
    /// The signer is the client that published the source; defaults to `CLIENT_PRIVATE_KEY`.
    ///
    /// Round trips: one to look at the source, one upload, and one each to prepare and to send the
    /// transaction, then one for each look at its receipt.
    ///
    /// # Errors
    ///
    /// Before anything is uploaded or spent: [`Error::Invalid`](crate::Error::Invalid),
    /// [`Error::SourceNotFound`](crate::Error::SourceNotFound),
    /// [`Error::NotSourceOwner`](crate::Error::NotSourceOwner). Before anything is spent:
    /// [`Error::Service`](crate::Error::Service). After that
    /// [`Error::Transaction`](crate::Error::Transaction).
    pub fn update(&self, info: &SourceInfo) -> Write<Receipt> {
        self.client.update_source(self.address, info)
    }

    /// Closes the source to new tasks and new providers, for good: no call opens it again. Tasks that
    /// are published already go on.
    ///
    /// The signer is the client that published the source; defaults to `CLIENT_PRIVATE_KEY`.
    ///
    /// # Errors
    ///
    /// [`Error::SourceNotFound`](crate::Error::SourceNotFound),
    /// [`Error::NotSourceOwner`](crate::Error::NotSourceOwner),
    /// [`Error::SourceInactive`](crate::Error::SourceInactive) when it is closed already,
    /// [`Error::Transaction`](crate::Error::Transaction).
    pub fn inactivate(&self) -> Write<Receipt> {
        let call = nexus::InactivateSourceCall {
            source: self.address.into(),
        };
        ContractWrite::new("inactivate_source", Contract::Nexus, call)
            .about(Subject::source(self.address))
            .write(&self.client)
    }
}
