//! Agents: who signs for a client, and for a master's providers.

use ogpu_client::{
    Address, Error, ProtocolEvent, TaskStatus,
    TerminalEvent::{AgentSet, DefaultAgentDisabled, MasterAnnounced, ProviderAnnounced},
    VaultEvent::{Deposited, Locked},
    Wei,
    types::Environment,
};

use super::{Holdings, Story, attempted, changed, confirmed, registered};
use crate::network::PAYMENT;

fn agent_set(account: Address, agent: Address, value: bool) -> ProtocolEvent {
    AgentSet {
        account,
        agent,
        value,
    }
    .into()
}

#[tokio::test]
async fn a_clients_agent_acts_on_its_tasks_until_it_is_revoked() {
    let mut story = Story::begin().await;
    let client = story.network.client.clone();
    let account = story.account();
    let accounts = story.network.devnet.accounts().clone();
    let agent = accounts.agent();
    let terminal = client.terminal();
    let (source, task) = story.published().await;
    let is_agent = async || {
        let asked = terminal.is_agent_of(account, agent.address());
        asked.await.unwrap()
    };

    let error = client.task(task).cancel().signer(agent).await.unwrap_err();
    assert!(matches!(error, Error::NotTaskOwner { .. }), "{error:?}");
    assert!(!is_agent().await);
    let receipt = terminal.set_agent(agent.address(), true).await.unwrap();
    story.tells(&receipt, [agent_set(account, agent.address(), true)]);
    assert!(is_agent().await);

    // What is freed is the client's, whoever signs.
    let receipt = client.task(task).cancel().signer(agent).await.unwrap();
    story.tells(&receipt, [changed(task, TaskStatus::Canceled)]);
    assert_eq!(story.holds(account).await, Holdings::balance(PAYMENT));
    assert_eq!(story.holds(agent.address()).await, Holdings::default());

    let withdraw = client.vault().withdraw(PAYMENT, &story.signer()).await;
    let withdrawn = ogpu_client::VaultEvent::Withdrawn {
        account,
        amount: PAYMENT,
    };
    story.tells(&withdraw.unwrap(), [withdrawn.into()]);
    let receipt = terminal.revoke_agent(agent.address()).await.unwrap();
    story.tells(&receipt, [agent_set(account, agent.address(), false)]);
    assert!(!is_agent().await);
    let next = story.paid_task(source).await;
    let error = client.task(next).cancel().signer(agent).await.unwrap_err();
    assert!(matches!(error, Error::NotTaskOwner { .. }), "{error:?}");
    story.ends().await;
}

#[tokio::test]
async fn an_agent_schedules_a_masters_provider_from_registration_to_payment() {
    let mut story = Story::begin().await;
    let client = story.network.client.clone();
    let accounts = story.network.devnet.accounts().clone();
    let (owner, machine, agent) = (accounts.master(), accounts.provider(), accounts.agent());
    let (master, provider) = (
        client.master(owner.address()),
        client.provider(machine.address()),
    );
    let (account, scheduler) = (machine.address(), client.agent());

    let amount = Wei::from_ether(1);
    let announce = master.announce_provider(account, amount).signer(owner);
    let announced = ProviderAnnounced {
        provider: account,
        master: owner.address(),
    };
    story.tells(
        &announce.await.unwrap(),
        [
            announced.into(),
            Deposited { account, amount }.into(),
            Locked { account, amount }.into(),
        ],
    );
    let answer = provider.announce_master(owner.address()).signer(machine);
    let answered = MasterAnnounced {
        provider: account,
        master: owner.address(),
    };
    story.tells(&answer.await.unwrap(), [answered.into()]);

    // The master lets its own agent schedule, and not the network's.
    let terminal = client.terminal();
    let allow = master.set_agent(agent.address(), true).signer(owner);
    story.tells(
        &allow.await.unwrap(),
        [agent_set(owner.address(), agent.address(), true)],
    );
    let may = terminal.is_agent_of_master(owner.address(), agent.address());
    assert!(may.await.unwrap());
    let disable = terminal.set_default_agent_disabled(true).signer(owner);
    let disabled = DefaultAgentDisabled {
        master: owner.address(),
        value: true,
    };
    story.tells(&disable.await.unwrap(), [disabled.into()]);
    assert!(master.is_default_agent_disabled().await.unwrap());

    let (source, task) = story.published().await;
    let register = scheduler.register_to(source, account, Environment::CPU);
    let receipt = register.signer(agent).await.unwrap();
    story.tells(&receipt, [registered(account, source)]);
    let served = client.source(source);
    assert_eq!(served.registrant_id(account).await.unwrap(), Some(1));
    let runs_on = served.preferred_environment_of(account).await.unwrap();
    assert_eq!(runs_on, Environment::CPU);

    let attempt = scheduler.attempt(task, account, PAYMENT);
    let receipt = attempt.signer(agent).await.unwrap();
    story.tells(&receipt, attempted(task, account, PAYMENT));
    let handle = client.task(task);
    assert_eq!(handle.status().await.unwrap(), TaskStatus::Attempted);
    assert_eq!(handle.attempter_id(account).await.unwrap(), Some(1));
    assert_eq!(handle.attempter_id(agent.address()).await.unwrap(), None);

    // The answer is the provider's own, and so is the payment.
    let response = story.respond(task, machine).await;
    let receipt = client.response(response).confirm().await.unwrap();
    story.tells(&receipt, confirmed(task, response));
    let earned = Holdings {
        balance: PAYMENT,
        earned: PAYMENT,
        ..Holdings::lockup(amount)
    };
    assert_eq!(story.holds(account).await, earned);
    for other in [agent.address(), owner.address(), story.account()] {
        assert_eq!(story.holds(other).await, Holdings::default());
    }

    let leave = scheduler.unregister_from(source, account).signer(agent);
    story.tells(&leave.await.unwrap(), []);
    assert_eq!(served.registrant_id(account).await.unwrap(), None);
    let revoke = master.set_agent(agent.address(), false).signer(owner);
    story.tells(
        &revoke.await.unwrap(),
        [agent_set(owner.address(), agent.address(), false)],
    );
    let register = scheduler.register_to(source, account, Environment::CPU);
    let error = register.signer(agent).await.unwrap_err();
    assert!(
        matches!(error, Error::NotProvider { account: by, master: Some(its), .. }
            if by == agent.address() && its == owner.address()),
        "{error:?}"
    );
    story.ends().await;
}
