//! Events of the manager.

use super::define::contract_events;
use crate::{Address, Hash32};

contract_events! {
    /// An event of the manager: who has which role.
    ///
    /// The streams tell of the nexus, the terminal and the vault alone. This one is read out of a
    /// log, such as one of a receipt.
    ManagerEvent {
        /// Holders of another role give and take away a role from now on.
        RoleAdminChanged {
            /// The role.
            role: Hash32,
            /// The role whose holders gave it before.
            previous_admin_role: Hash32,
            /// The role whose holders give it now.
            new_admin_role: Hash32,
        }
        /// An account has a role.
        RoleGranted {
            /// The role.
            role: Hash32,
            /// The account.
            account: Address,
            /// Who gave it.
            sender: Address,
        }
        /// An account has a role no longer.
        RoleRevoked {
            /// The role.
            role: Hash32,
            /// The account.
            account: Address,
            /// Who took it away: the account itself if it gave the role up.
            sender: Address,
        }
    }
}
