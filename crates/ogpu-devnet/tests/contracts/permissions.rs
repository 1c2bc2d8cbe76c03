//! Every function that changes something is either meant for everybody, or refuses strangers: all
//! functions of all interfaces, one by one.

use std::collections::BTreeMap;

use ethers_core::{
    abi::{Abi, Function, ParamType, StateMutability, Token},
    types::Address,
};
use ogpu_contracts::{Revert, controller, manager, nexus, response, source, task, terminal, vault};
use ogpu_types::DeliveryMethod;

use crate::support::{Net, lacks_role, reason, unauthorized};

#[tokio::test]
async fn strangers_do_not_manage_the_nexus() {
    let net = Net::start().await;
    let open = [
        "attempt",
        "inactivateSource",
        "publishSource",
        "register",
        "submitResponse",
        "unregister",
        "updateSource",
    ];
    let owner = unauthorized(net.stranger.address);
    let controller = reason("NotController");
    assert_eq!(
        net.refusals(net.nexus, &nexus::NEXUS_ABI, &open).await,
        BTreeMap::from([
            ("emitTaskPublished", Some(controller.clone())),
            ("renounceOwnership", Some(owner.clone())),
            ("setManager", Some(owner.clone())),
            ("setResponseStatus", Some(controller.clone())),
            ("setSourceStatus", Some(controller.clone())),
            ("setTaskStatus", Some(controller)),
            ("setTerminal", Some(owner.clone())),
            ("setVault", Some(owner.clone())),
            ("transferOwnership", Some(owner)),
        ])
    );
}

#[tokio::test]
async fn strangers_do_not_manage_the_controller() {
    let net = Net::start().await;
    let open = ["cancelTask", "confirmResponse", "publishTask"];
    let owner = unauthorized(net.stranger.address);
    let abi = &controller::CONTROLLER_ABI;
    assert_eq!(
        net.refusals(net.controller, abi, &open).await,
        BTreeMap::from([
            ("renounceOwnership", Some(owner.clone())),
            ("setNexus", Some(owner.clone())),
            ("setTerminal", Some(owner.clone())),
            ("setVault", Some(owner.clone())),
            ("transferOwnership", Some(owner)),
        ])
    );
}

#[tokio::test]
async fn strangers_do_not_manage_the_terminal() {
    let net = Net::start().await;
    let open = [
        "announceMaster",
        "announceProvider",
        "setAgent",
        "setDefaultAgentDisabled",
    ];
    let owner = unauthorized(net.stranger.address);
    assert_eq!(
        net.refusals(net.terminal, &terminal::TERMINAL_ABI, &open)
            .await,
        BTreeMap::from([
            ("removeContainer", Some(reason("NotMaster"))),
            ("removeProvider", Some(reason("NotMaster"))),
            ("renounceOwnership", Some(owner.clone())),
            ("setBaseData", Some(reason("NotProvider"))),
            ("setLiveData", Some(reason("NotProvider"))),
            ("setManager", Some(owner.clone())),
            ("setVault", Some(owner.clone())),
            ("transferOwnership", Some(owner)),
        ])
    );
}

#[tokio::test]
async fn strangers_do_not_manage_the_vault() {
    let net = Net::start().await;
    let open = [
        "cancelUnbonding",
        "claim",
        "deposit",
        "lock",
        "unbond",
        "withdraw",
    ];
    let admin = reason("NotAdmin");
    let controller = reason("NotController");
    let judge = reason("NotJudge");
    assert_eq!(
        net.refusals(net.vault, &vault::VAULT_ABI, &open).await,
        BTreeMap::from([
            ("emergencyExit", Some(admin.clone())),
            ("forceReleasePayment", Some(admin.clone())),
            ("freezePayment", Some(controller.clone())),
            ("processPayment", Some(controller.clone())),
            ("releasePayment", Some(controller)),
            ("sanction", Some(judge.clone())),
            ("setMaxUnbondingPeriod", Some(admin.clone())),
            ("setMinLockupPerSource", Some(admin.clone())),
            ("setTerminal", Some(admin.clone())),
            ("setWhitelist", Some(admin.clone())),
            ("waive", Some(judge)),
            ("withdrawSanctionOf", Some(admin)),
        ])
    );
}

#[tokio::test]
async fn strangers_do_not_hand_out_roles() {
    let net = Net::start().await;
    // Everybody may renounce a role.
    let open = ["renounceRole"];
    // The walk names the role of all zeros, the administrator's.
    let refused = lacks_role(net.stranger.address, [0; 32]);
    assert_eq!(
        net.refusals(net.manager, &manager::MANAGER_ABI, &open)
            .await,
        BTreeMap::from([
            ("grantRole", Some(refused.clone())),
            ("revokeRole", Some(refused)),
        ])
    );
}

#[tokio::test]
async fn only_the_nexus_changes_sources_tasks_and_responses() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    let task = net.publish_task(source).await;
    net.attempt(task, &net.provider).await;
    let response = net.respond(task, &net.provider, "result").await;
    for (contract, abi, count) in [
        (source, &source::SOURCE_ABI, 7),
        (task, &task::TASK_ABI, 5),
        (response, &response::RESPONSE_ABI, 4),
    ] {
        for caller in [
            net.stranger.address,
            net.client.address,
            net.provider.address,
            net.admin.address,
            net.controller,
        ] {
            let refusals = net.refusals_of(caller, contract, abi, &[]).await;
            assert_eq!(refusals.len(), count);
            for (function, revert) in refusals {
                assert_eq!(revert, Some(unauthorized(caller)), "{function}");
            }
        }
    }
}

impl Net {
    /// What a stranger is told by each function that changes something and is not `open` to all.
    async fn refusals<'a>(
        &self,
        contract: Address,
        abi: &'a Abi,
        open: &[&str],
    ) -> BTreeMap<&'a str, Option<Revert>> {
        self.refusals_of(self.stranger.address, contract, abi, open)
            .await
    }

    /// `None` marks a function that took the call.
    async fn refusals_of<'a>(
        &self,
        caller: Address,
        contract: Address,
        abi: &'a Abi,
        open: &[&str],
    ) -> BTreeMap<&'a str, Option<Revert>> {
        let mut refusals = BTreeMap::new();
        for function in abi.functions() {
            let reads = function.state_mutability == StateMutability::View;
            if !reads && !open.contains(&function.name.as_str()) {
                let data = call_data(function, caller);
                let answer = self.simulate(Some(caller), contract, data).await;
                refusals.insert(function.name.as_str(), answer.err());
            }
        }
        refusals
    }
}

/// A call with the caller as every address, and zero as everything else, which every enum has.
pub(crate) fn call_data(function: &Function, caller: Address) -> Vec<u8> {
    let arguments: Vec<Token> = function
        .inputs
        .iter()
        .map(|input| argument(&input.kind, caller))
        .collect();
    let data = function.encode_input(&arguments);
    data.expect("the arguments have the function's types")
}

fn argument(kind: &ParamType, caller: Address) -> Token {
    match kind {
        ParamType::Address => Token::Address(caller),
        ParamType::Uint(_) => Token::Uint(0.into()),
        ParamType::Bool => Token::Bool(false),
        ParamType::String => Token::String(String::new()),
        ParamType::FixedBytes(length) => Token::FixedBytes(vec![0; *length]),
        ParamType::Tuple(fields) => {
            Token::Tuple(fields.iter().map(|field| argument(field, caller)).collect())
        }
        other => panic!("no function takes {other}"),
    }
}
