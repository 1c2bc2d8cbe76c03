//! Who may sign for an account.

use ogpu_chain::Contract;
use ogpu_contracts::terminal;
use ogpu_types::Address;

use crate::{
    contract_write::{ContractWrite, Fault},
    refusal::Subject,
};

/// Allows an agent to act for whoever signs this, or forbids it.
pub(super) fn set(agent: Address, allowed: bool) -> ContractWrite {
    let call = terminal::SetAgentCall {
        agent: agent.into(),
        value: allowed,
    };
    ContractWrite::new("set_agent", Contract::Terminal, call)
        .about(Subject::agents())
        .refuse_if(agent.is_zero(), Fault::ZeroAddress { field: "agent" })
}
