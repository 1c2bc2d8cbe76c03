//! The vault: balances, lockups, and what is frozen for tasks.

mod reads;

use super::contract_handle;

contract_handle! {
    /// The vault: balances, lockups, and what is frozen for tasks.
    Vault
}
