//! The keys of the roles, each read when it is first needed.

use std::sync::OnceLock;

use super::{Role, Signer, SignerError};

/// The keys that the roles' variables held when they were first asked for.
#[derive(Debug, Default)]
pub(crate) struct RoleSigners {
    client: OnceLock<Signer>,
    provider: OnceLock<Signer>,
    master: OnceLock<Signer>,
    agent: OnceLock<Signer>,
}

impl RoleSigners {
    /// The role's key. A failure is not remembered: the variable may be set later.
    pub(crate) async fn get(&self, role: Role) -> Result<Signer, SignerError> {
        let known = self.of(role);
        if let Some(signer) = known.get() {
            return Ok(signer.clone());
        }
        // It may read a file, which waits for the disk.
        let signer = tokio::task::spawn_blocking(move || Signer::from_role(role))
            .await
            .unwrap_or(Err(SignerError::Missing {
                variable: role.variable(),
            }))?;
        Ok(known.get_or_init(|| signer).clone())
    }

    fn of(&self, role: Role) -> &OnceLock<Signer> {
        match role {
            Role::Client => &self.client,
            Role::Provider => &self.provider,
            Role::Master => &self.master,
            Role::Agent => &self.agent,
        }
    }
}
