//! Giving up a role.

use ogpu_contracts::manager;
use ogpu_types::{Hash32, Receipt};

use super::Manager;
use crate::{Signer, Write, contract_write::ContractWrite};

impl Manager {
    /// Gives up a role of the signer's own account, named by its 32 bytes. Only an administrator of
    /// the role can give it back. An account that does not have the role loses nothing.
    ///
    /// The receipt's logs tell of it, to [`decode_manager_event`](crate::decode_manager_event).
    ///
    /// It names its key: none is taken from the client or the environment. All other writes of the
    /// manager are its administrators' alone.
    ///
    /// # Errors
    ///
    /// [`Error::Transaction`](crate::Error::Transaction).
    pub fn renounce_role(&self, role: impl Into<Hash32>, signer: &Signer) -> Write<Receipt> {
        let call = manager::RenounceRoleCall {
            role: role.into().into(),
            caller_confirmation: signer.address().into(),
        };
        ContractWrite::of_manager("renounce_role", call)
            .only_by(signer.address())
            .write(&self.client)
            .signer(signer)
    }
}
