//! Who has which role.
//!
//! Each is one round trip, and the first of a client one more, which asks the nexus where the manager
//! is. It ends with [`Error::Read`] or [`Error::Rpc`] when the node cannot answer.

use ogpu_contracts::manager;
use ogpu_types::{Address, Hash32};

use super::Manager;
use crate::{Client, Error, Read, handles::reader::Reader, read::Target};

impl Client {
    /// Where the manager is: the nexus knows, and is asked once.
    pub(crate) async fn manager_address(&self) -> Result<Address, Error> {
        if let Some(manager) = self.known_manager().get() {
            return Ok(*manager);
        }
        let manager = self.nexus().manager().await?;
        Ok(*self.known_manager().get_or_init(|| manager))
    }
}

impl Manager {
    /// Whether an account has a role.
    pub fn has_role(&self, role: Hash32, account: Address) -> Read<bool> {
        self.reader().value(
            "manager.has_role",
            manager::HasRoleCall {
                role: role.into(),
                account: account.into(),
            },
            |flag| flag.0,
        )
    }

    /// The role whose accounts may give a role and take it away.
    pub fn role_admin(&self, role: Hash32) -> Read<Hash32> {
        self.reader().value(
            "manager.role_admin",
            manager::GetRoleAdminCall { role: role.into() },
            |found| found.0.into(),
        )
    }

    /// The role of administrators: 32 zeros.
    pub fn default_admin_role(&self) -> Read<Hash32> {
        self.reader().value(
            "manager.default_admin_role",
            manager::DefaultAdminRoleCall,
            |found| found.0.into(),
        )
    }

    /// The role of controllers.
    pub fn controller_role(&self) -> Read<Hash32> {
        self.reader().value(
            "manager.controller_role",
            manager::ControllerCall,
            |found| found.0.into(),
        )
    }

    /// The role of judges, who sanction.
    pub fn judge_role(&self) -> Read<Hash32> {
        self.reader()
            .value("manager.judge_role", manager::JudgeCall, |found| {
                found.0.into()
            })
    }

    /// The role of providers.
    pub fn provider_role(&self) -> Read<Hash32> {
        self.reader()
            .value("manager.provider_role", manager::ProviderCall, |found| {
                found.0.into()
            })
    }

    /// Whether it has an interface, by its ERC-165 id.
    pub fn supports_interface(&self, interface_id: [u8; 4]) -> Read<bool> {
        self.reader().value(
            "manager.supports_interface",
            manager::SupportsInterfaceCall { interface_id },
            |flag| flag.0,
        )
    }

    fn reader(&self) -> Reader<'_> {
        Reader::new(&self.client, Target::Manager)
    }

    /// Where it is. No round trip, but for the first of a client.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] when the node cannot answer.
    pub async fn address(&self) -> Result<Address, Error> {
        self.client.manager_address().await
    }
}
