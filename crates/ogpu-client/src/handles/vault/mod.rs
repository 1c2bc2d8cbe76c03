//! The vault: balances, lockups, and what is frozen for tasks.

use super::contract_handle;

contract_handle! {
    /// The vault: balances, lockups, and what is frozen for tasks.
    Vault
}
