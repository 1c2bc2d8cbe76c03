//! What a provider, its master, or an agent of the master has done for the provider.

use ogpu_chain::Contract;
use ogpu_contracts::nexus;
use ogpu_types::{Address, Environment, SourceAddress, TaskAddress, Wei};

use crate::{contract_write::ContractWrite, refusal::Subject};

pub(super) fn register(
    source: SourceAddress,
    provider: Address,
    environment: Environment,
) -> ContractWrite {
    let call = nexus::RegisterCall {
        source: source.into(),
        provider: provider.into(),
        preferred_environment: environment.bits(),
    };
    ContractWrite::new("register", Contract::Nexus, call)
        .about(Subject::source(source).with_provider(provider))
}

pub(super) fn unregister(source: SourceAddress, provider: Address) -> ContractWrite {
    let call = nexus::UnregisterCall {
        source: source.into(),
        provider: provider.into(),
    };
    ContractWrite::new("unregister", Contract::Nexus, call)
        .about(Subject::source(source).with_provider(provider))
}

pub(super) fn attempt(
    task: TaskAddress,
    provider: Address,
    suggested_payment: Wei,
) -> ContractWrite {
    let call = nexus::AttemptCall {
        task: task.into(),
        provider: provider.into(),
        suggested_payment: suggested_payment.into(),
    };
    ContractWrite::new("attempt", Contract::Nexus, call)
        .about(Subject::task(task).with_provider(provider))
}
