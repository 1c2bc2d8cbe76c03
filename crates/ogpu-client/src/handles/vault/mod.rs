//! The vault: balances, lockups, and what is frozen for tasks.

mod reads;
mod writes;

use super::contract_handle;

contract_handle! {
    /// The vault: balances, lockups, and what is frozen for tasks.
    Vault
}
