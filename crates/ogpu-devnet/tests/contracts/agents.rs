//! Agents: who may name them, and for whom they act. What they may do is in the tests of each call.

use ethers_core::types::Address;
use ogpu_contracts::terminal::{
    DefaultAgentDisabledCall, GetIsAgentOfCall, IsAgentOfCall, SetAgentCall,
    SetDefaultAgentDisabledCall,
};

use crate::support::{Net, ZERO, event, reason};

#[tokio::test]
async fn clients_and_masters_name_agents_and_take_them_back() {
    let net = Net::start().await;
    net.pair(&net.provider, &net.master, "0").await;
    let agent = net.agent.address;
    for principal in [&net.client, &net.master] {
        for value in [true, false] {
            let call = SetAgentCall { agent, value };
            let receipt = net.send(principal, net.terminal, call).await;
            let args = (principal.address, agent, value);
            assert_eq!(
                net.events(&receipt),
                [event(net.terminal, "AgentSet", args)]
            );
            let named = IsAgentOfCall(principal.address, agent);
            assert_eq!(net.read(net.terminal, named).await.0, value);
            assert_eq!(net.acts_for(agent, principal.address).await, value);
        }
    }
}

#[tokio::test]
async fn a_provider_names_no_agent() {
    let net = Net::start().await;
    net.pair(&net.provider, &net.master, "0").await;
    let (agent, value) = (net.agent.address, true);
    let call = SetAgentCall { agent, value };
    let revert = net.reverts(&net.provider, net.terminal, call).await;
    assert_eq!(revert, reason("NotMaster"));
}

#[tokio::test]
async fn a_provider_that_is_its_own_master_names_agents() {
    let net = Net::start().await;
    net.pair(&net.provider, &net.provider, "0").await;
    let (agent, value) = (net.agent.address, true);
    let call = SetAgentCall { agent, value };
    net.send(&net.provider, net.terminal, call).await;
    assert!(net.acts_for(agent, net.provider.address).await);
}

#[tokio::test]
async fn an_agent_acts_for_those_alone_who_named_it() {
    let net = Net::start().await;
    net.name_agent(&net.client).await;
    let agent = net.agent.address;
    assert!(net.acts_for(agent, net.client.address).await);
    assert!(!net.acts_for(agent, net.master.address).await);
    assert!(!net.acts_for(net.client.address, agent).await);
}

#[tokio::test]
async fn the_scheduler_acts_for_masters_though_nobody_named_it() {
    let net = Net::start().await;
    net.pair(&net.provider, &net.master, "0").await;
    let scheduler = net.scheduler.address;
    assert!(net.acts_for(scheduler, net.master.address).await);
    // The zero address stands for the master of every unpaired provider.
    for nobody in [net.client.address, net.provider.address, ZERO] {
        assert!(!net.acts_for(scheduler, nobody).await);
    }
    // This getter, which decides for clients, knows of named agents alone.
    let named = IsAgentOfCall(net.master.address, scheduler);
    assert!(!net.read(net.terminal, named).await.0);
}

#[tokio::test]
async fn each_account_disables_the_scheduler_for_itself() {
    let net = Net::start().await;
    net.pair(&net.provider, &net.master, "0").await;
    net.pair(&net.rival, &net.other_master, "0").await;
    let (master, scheduler) = (net.master.address, net.scheduler.address);
    for value in [true, false] {
        let call = SetDefaultAgentDisabledCall { value };
        let receipt = net.send(&net.master, net.terminal, call).await;
        assert_eq!(
            net.events(&receipt),
            [event(net.terminal, "DefaultAgentDisabled", (master, value))]
        );
        let flag = DefaultAgentDisabledCall(master);
        assert_eq!(net.read(net.terminal, flag).await.0, value);
        assert_eq!(net.acts_for(scheduler, master).await, !value);
        assert!(net.acts_for(scheduler, net.other_master.address).await);
    }
}

#[tokio::test]
async fn a_providers_own_flag_does_not_bind_its_master() {
    let net = Net::start().await;
    net.pair(&net.provider, &net.master, "0").await;
    let call = SetDefaultAgentDisabledCall { value: true };
    net.send(&net.provider, net.terminal, call).await;
    let scheduler = net.scheduler.address;
    assert!(net.acts_for(scheduler, net.master.address).await);
}

#[tokio::test]
async fn a_scheduler_that_is_also_named_stays_when_it_is_disabled() {
    let net = Net::start().await;
    net.pair(&net.provider, &net.master, "0").await;
    let (agent, value) = (net.scheduler.address, true);
    net.send(&net.master, net.terminal, SetAgentCall { agent, value })
        .await;
    let call = SetDefaultAgentDisabledCall { value: true };
    net.send(&net.master, net.terminal, call).await;
    assert!(net.acts_for(agent, net.master.address).await);
}

impl Net {
    /// Whether an agent may act for a master's providers.
    async fn acts_for(&self, agent: Address, master: Address) -> bool {
        let call = GetIsAgentOfCall { master, agent };
        self.read(self.terminal, call).await.0
    }
}
