//! What users do on the network, from one end to the other: every balance, status and event on the
//! way, as the handles and the streams tell them.

mod agents;
mod pairing;
mod source;
mod task;
mod vault;

use ogpu_client::{
    Address, DeliveryMethod, NexusEvent, ProtocolEvent, Receipt, ResponseAddress, ResponseStatus,
    Signer, SourceAddress, TaskAddress, TaskStatus, VaultEvent, Wei, types::Environment,
};
use ogpu_contracts::{nexus::SubmitResponseCall, shared_types::ResponseParams};
use ogpu_devnet::SimulatedProvider;
use serde_json::Value;

use crate::{
    events::all,
    network::{Network, PAYMENT, source_info, task_info},
};

/// A network whose events are kept account of.
struct Story {
    network: Network,
    /// The first block of the story.
    from: u64,
    told: Vec<ProtocolEvent>,
}

impl Story {
    async fn begin() -> Self {
        let network = Network::start().await;
        let from = network.head().await + 1;
        Self {
            network,
            from,
            told: Vec::new(),
        }
    }

    /// The receipt tells of these events, and of no others.
    fn tells(&mut self, receipt: &Receipt, events: impl IntoIterator<Item = ProtocolEvent>) {
        let events: Vec<_> = events.into_iter().collect();
        assert_eq!(receipt.events, events);
        self.told.extend(events);
    }

    /// These happen meanwhile, by somebody else's transactions.
    fn meanwhile(&mut self, events: impl IntoIterator<Item = ProtocolEvent>) {
        self.told.extend(events);
    }

    /// The streams tell all that happened, in order, and nothing else.
    async fn ends(self) {
        let head = self.network.head().await;
        let events = self.network.client.events();
        let logged = all(events.from_block(self.from).to_block(head).stream()).await;
        let streamed: Vec<_> = logged.into_iter().map(|logged| logged.event).collect();
        let told: Vec<_> = self.told.into_iter().map(Some).collect();
        assert_eq!(streamed, told);
    }

    /// What an account holds in the vault.
    async fn holds(&self, account: Address) -> Holdings {
        // Whatever the account is, this is what the vault knows of it.
        let all = self.network.client.provider(account).snapshot();
        let all = all.await.unwrap();
        Holdings {
            balance: all.balance,
            frozen: all.frozen_payment,
            lockup: all.lockup,
            unbonding: all.unbonding,
            earned: all.total_earnings,
        }
    }

    /// A provider with a lockup of 100 OGPU that does what it is told alone.
    async fn idle_provider(&mut self) -> SimulatedProvider {
        let idle = |_: ogpu_client::TaskInput| async { Value::Null };
        let provider = self.network.devnet.provider(idle).idle();
        let provider = provider.start().await.unwrap();
        self.meanwhile(provider_set_up(provider.address()));
        provider
    }

    /// What only a provider's own runtime does: it submits a response.
    async fn respond(&mut self, task: TaskAddress, provider: &Signer) -> ResponseAddress {
        let response_params = ResponseParams {
            task: task.into(),
            provider: provider.address().into(),
            data: "done".into(),
            payment: PAYMENT.into(),
        };
        let nexus = self.network.devnet.contracts().nexus;
        let submit = SubmitResponseCall { response_params };
        self.network.send(provider, nexus, submit).await;
        let handle = self.network.client.task(task);
        let response = handle.response_of(provider.address()).await.unwrap();
        let response = response.unwrap().address();
        let status = TaskStatus::Responded;
        self.meanwhile([
            NexusEvent::ResponseSubmitted { response, task }.into(),
            NexusEvent::TaskStatusChanged { task, status }.into(),
        ]);
        response
    }

    /// A source of the client's, and a task that is paid from a fresh deposit.
    async fn published(&mut self) -> (SourceAddress, TaskAddress) {
        let source = self.source(DeliveryMethod::ManualConfirmation).await;
        (source, self.paid_task(source).await)
    }

    async fn source(&mut self, delivery: DeliveryMethod) -> SourceAddress {
        let info = source_info(delivery);
        let published = self.network.client.publish_source(&info).await.unwrap();
        let source = published.address;
        let event = NexusEvent::SourcePublished { source };
        self.tells(&published.receipt, [event.into()]);
        source
    }

    async fn paid_task(&mut self, source: SourceAddress) -> TaskAddress {
        let (client, signer) = (self.network.client.clone(), self.signer());
        let (account, amount) = (signer.address(), PAYMENT);
        let deposit = client.vault().deposit(account, amount, &signer).await;
        let deposited = VaultEvent::Deposited { account, amount };
        self.tells(&deposit.unwrap(), [deposited.into()]);
        assert_eq!(self.holds(account).await, Holdings::balance(amount));

        let published = client.publish_task(&task_info(source)).await.unwrap();
        let task = published.address;
        let event = NexusEvent::TaskPublished { task, source };
        self.tells(&published.receipt, [event.into()]);
        let frozen = Holdings {
            frozen: amount,
            ..Holdings::default()
        };
        assert_eq!(self.holds(account).await, frozen);
        task
    }

    fn account(&self) -> Address {
        self.network.account.address()
    }

    fn signer(&self) -> Signer {
        self.network.account.clone()
    }
}

/// An account's money in the vault, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Holdings {
    balance: Wei,
    frozen: Wei,
    lockup: Wei,
    unbonding: Wei,
    earned: Wei,
}

impl Holdings {
    fn balance(balance: Wei) -> Self {
        Self {
            balance,
            ..Self::default()
        }
    }

    fn lockup(lockup: Wei) -> Self {
        Self {
            lockup,
            ..Self::default()
        }
    }
}

/// What every simulated provider locks up.
const PROVIDER_LOCKUP: Wei = Wei::from_ether(100);

/// What a simulated provider does before anything else.
fn provider_set_up(account: Address) -> [ProtocolEvent; 2] {
    let amount = PROVIDER_LOCKUP;
    [
        VaultEvent::Deposited { account, amount }.into(),
        VaultEvent::Locked { account, amount }.into(),
    ]
}

fn registered(provider: Address, source: SourceAddress) -> ProtocolEvent {
    let event = NexusEvent::Registered {
        provider,
        registrant_id: 1,
        source,
        preferred_environment: Environment::CPU,
    };
    event.into()
}

/// A task's first attempt.
fn attempted(task: TaskAddress, provider: Address, suggested: Wei) -> [ProtocolEvent; 2] {
    let event = NexusEvent::Attempted {
        task,
        provider,
        suggested_payment: suggested,
    };
    [event.into(), changed(task, TaskStatus::Attempted)]
}

fn changed(task: TaskAddress, status: TaskStatus) -> ProtocolEvent {
    NexusEvent::TaskStatusChanged { task, status }.into()
}

/// A task's end with this response.
fn confirmed(task: TaskAddress, response: ResponseAddress) -> [ProtocolEvent; 2] {
    let status = ResponseStatus::Confirmed;
    [
        NexusEvent::ResponseStatusChanged { response, status }.into(),
        changed(task, TaskStatus::Finalized),
    ]
}
