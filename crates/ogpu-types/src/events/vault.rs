//! Events of the vault.

use super::define::contract_events;
use crate::{Address, Wei};

contract_events! {
    /// An event of the vault: what became of an account's money.
    VaultEvent of Vault {
        /// Unbonded money that had matured became balance.
        Claimed {
            /// Whose it is.
            account: Address,
            /// How much.
            amount: Wei,
        }
        /// Money came in as balance.
        Deposited {
            /// Whose it is now.
            account: Address,
            /// How much.
            amount: Wei,
        }
        /// Balance became lockup.
        Locked {
            /// Whose it is.
            account: Address,
            /// How much.
            amount: Wei,
        }
        /// Money was taken as a sanction.
        Sanctioned {
            /// Who was sanctioned.
            account: Address,
            /// How much.
            amount: Wei,
        }
        /// Lockup began to unbond.
        Unbonded {
            /// Whose it is.
            account: Address,
            /// How much.
            amount: Wei,
        }
        /// Unbonding money became lockup again. Not on every chain.
        UnbondingCanceled {
            /// Whose it is.
            account: Address,
            /// How much.
            amount: Wei,
        }
        /// A sanction was waived.
        Waived {
            /// Who was sanctioned.
            account: Address,
            /// How much.
            amount: Wei,
        }
        /// Balance left the vault.
        Withdrawn {
            /// Whose it was.
            account: Address,
            /// How much.
            amount: Wei,
        }
    }
}
