//! What an agent does for those who set it: clients and masters.

use super::contract_handle;

contract_handle! {
    /// What an agent does for those who set it: clients and masters.
    Agent
}
