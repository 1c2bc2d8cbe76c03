//! What an agent does for those who set it: clients and masters.

mod writes;

use super::contract_handle;

contract_handle! {
    /// What an agent does for those who set it: clients and masters.
    Agent
}
