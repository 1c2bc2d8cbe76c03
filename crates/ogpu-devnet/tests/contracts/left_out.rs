//! What the client leaves out, because nobody but administrators and other contracts may call it, is
//! refused to strangers as `docs/coverage.toml` says.

use ethers_core::{abi::Abi, types::Address};
use ogpu_contracts::{Revert, controller, manager, nexus, response, source, task, terminal, vault};
use ogpu_types::DeliveryMethod;

use crate::{permissions::call_data, support::Net};

const COVERAGE: &str = include_str!("../../../../docs/coverage.toml");

#[tokio::test]
async fn strangers_are_refused_whatever_the_client_leaves_out() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    let task = net.publish_task(source).await;
    net.attempt(task, &net.provider).await;
    let response = net.respond(task, &net.provider, "result").await;
    let contracts: [(&str, Address, &Abi); 8] = [
        ("Controller", net.controller, &controller::CONTROLLER_ABI),
        ("Manager", net.manager, &manager::MANAGER_ABI),
        ("Nexus", net.nexus, &nexus::NEXUS_ABI),
        ("Response", response, &response::RESPONSE_ABI),
        ("Source", source, &source::SOURCE_ABI),
        ("Task", task, &task::TASK_ABI),
        ("Terminal", net.terminal, &terminal::TERMINAL_ABI),
        ("Vault", net.vault, &vault::VAULT_ABI),
    ];
    let coverage: toml::Table = COVERAGE.parse().unwrap();
    assert_eq!(coverage.len(), contracts.len());
    for (name, address, abi) in contracts {
        let refused = coverage[name]["refused"].as_table().unwrap();
        assert!(!refused.is_empty(), "{name}");
        for (function, refusal) in refused {
            let data = call_data(abi.function(function).unwrap(), net.stranger.address);
            let answer = net
                .simulate(Some(net.stranger.address), address, data)
                .await;
            let said = match answer.unwrap_err() {
                Revert::Custom { name, .. } => name,
                Revert::Reason { text, .. } => text,
                other => panic!("{name}.{function}: {other:?}"),
            };
            assert_eq!(Some(said.as_str()), refusal.as_str(), "{name}.{function}");
        }
    }
}
