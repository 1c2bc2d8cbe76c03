//! What most tests need to have happened first.

use ethers_core::types::{Address, U256};
use ogpu_contracts::{
    controller::{PublishTaskCall, TaskParams},
    event,
    nexus::{
        AttemptCall, PublishSourceCall, RegisterCall, ResponseSubmittedFilter,
        SourcePublishedFilter, SubmitResponseCall, TaskPublishedFilter,
    },
    shared_types::{ResponseParams, SourceParams},
    terminal::{AnnounceMasterCall, AnnounceProviderCall, SetAgentCall},
    vault::{DepositCall, LockCall},
};
use ogpu_types::{DeliveryMethod, Receipt};

use super::{Actor, Net, ether};

/// What every provider needs, in OGPU.
pub(crate) const MIN_LOCKUP: &str = "0.1";
/// What the providers of [`Net::serving`] have locked up, in OGPU: well above any minimum.
const LOCKUP: &str = "2";
/// What the source of [`Net::source_params`] asks of a task, in wei.
pub(crate) const MIN_PAYMENT: u64 = 100;
/// What the tasks of [`Net::task_params`] pay, in wei.
pub(crate) const PAYMENT: u64 = 1_000;
/// How long tasks of that source may live, in seconds.
pub(crate) const MAX_EXPIRY: u64 = 3_600;
/// How long the tasks of [`Net::task_params`] live, in seconds.
const EXPIRY: u64 = 1_800;
/// What a response asks for, in wei; nobody listens.
const ASKED: u64 = 5;

impl Net {
    /// A network in which the provider has locked up 1 OGPU.
    pub(crate) async fn with_lockup() -> Self {
        let net = Self::start().await;
        net.lock(&net.provider, "1").await;
        net
    }

    /// A network with a source that nobody serves yet.
    pub(crate) async fn with_source() -> (Self, Address) {
        let net = Self::start().await;
        let source = net.publish_source(net.source_params()).await;
        (net, source)
    }

    /// A network with a source, two providers that serve it, and money for tasks: 10 OGPU.
    pub(crate) async fn serving(method: DeliveryMethod) -> (Self, Address) {
        let net = Self::start().await;
        net.deposit(&net.client, ether("10")).await;
        let source = net
            .publish_source(SourceParams {
                delivery_method: method.into(),
                ..net.source_params()
            })
            .await;
        for provider in [&net.provider, &net.rival] {
            net.pair(provider, &net.master, LOCKUP).await;
            net.register(source, provider).await;
        }
        (net, source)
    }

    /// A network with a source, and money of the client for tasks: 10 OGPU.
    pub(crate) async fn with_client() -> (Self, Address) {
        let (net, source) = Self::with_source().await;
        net.deposit(&net.client, ether("10")).await;
        (net, source)
    }

    /// A network with a task to be confirmed by hand, and two providers that may take it up.
    pub(crate) async fn with_task() -> (Self, Address) {
        let (net, source) = Self::serving(DeliveryMethod::ManualConfirmation).await;
        let task = net.publish_task(source).await;
        (net, task)
    }

    /// A source of the client for CPU and NVIDIA.
    pub(crate) fn source_params(&self) -> SourceParams {
        SourceParams {
            client: self.client.address,
            image_metadata_url: "https://example.org/imageMetadata.json".to_owned(),
            image_environments: 3,
            min_payment: MIN_PAYMENT.into(),
            min_available_lockup: ether("0.5"),
            max_expiry_duration: MAX_EXPIRY.into(),
            privacy_enabled: false,
            optional_params_url: String::new(),
            delivery_method: DeliveryMethod::ManualConfirmation.into(),
            last_update_time: 1_700_000_000.into(),
        }
    }

    /// Publishes a source of the client.
    pub(crate) async fn publish_source(&self, params: SourceParams) -> Address {
        self.publish_source_of(&self.client, params).await
    }

    pub(crate) async fn publish_source_of(&self, owner: &Actor, params: SourceParams) -> Address {
        let call = PublishSourceCall {
            source_params: SourceParams {
                client: owner.address,
                ..params
            },
        };
        let receipt = self.send(owner, self.nexus, call).await;
        let published = event::find::<SourcePublishedFilter>(&receipt.logs, self.nexus.into());
        published.expect("a published source is announced").source
    }

    /// Pairs a provider with a master, who locks up this much OGPU for it.
    pub(crate) async fn pair(&self, provider: &Actor, master: &Actor, lockup: &str) {
        let amount = ether(lockup);
        let announced = AnnounceProviderCall {
            provider: provider.address,
            amount,
        };
        self.pay(master, self.terminal, announced, amount).await;
        let answered = AnnounceMasterCall {
            master: master.address,
        };
        self.send(provider, self.terminal, answered).await;
    }

    /// Registers a provider, with its own key, for CPU.
    pub(crate) async fn register(&self, source: Address, provider: &Actor) -> Receipt {
        let call = registration(source, provider, 1);
        self.send(provider, self.nexus, call).await
    }

    /// Puts wei into an account's Vault balance.
    pub(crate) async fn deposit(&self, account: &Actor, amount: U256) -> Receipt {
        let call = DepositCall {
            account: account.address,
        };
        self.pay(account, self.vault, call, amount).await
    }

    /// Locks up this much OGPU of the account's own.
    pub(crate) async fn lock(&self, account: &Actor, amount: &str) {
        let amount = ether(amount);
        self.deposit(account, amount).await;
        self.send(account, self.vault, LockCall { amount }).await;
    }

    /// Makes the agent this account's.
    pub(crate) async fn name_agent(&self, principal: &Actor) {
        let call = SetAgentCall {
            agent: self.agent.address,
            value: true,
        };
        self.send(principal, self.terminal, call).await;
    }

    /// A task for this source that expires in half an hour.
    pub(crate) async fn task_params(&self, source: Address) -> TaskParams {
        TaskParams {
            source,
            config: "https://example.org/taskConfig.json".to_owned(),
            expiry_time: self.now().await + EXPIRY,
            payment: PAYMENT.into(),
        }
    }

    /// Publishes a task of the client as [`Net::task_params`] describes it.
    pub(crate) async fn publish_task(&self, source: Address) -> Address {
        let params = self.task_params(source).await;
        self.publish_task_of(&self.client, params).await
    }

    pub(crate) async fn publish_task_of(&self, payer: &Actor, task_params: TaskParams) -> Address {
        let call = PublishTaskCall { task_params };
        let receipt = self.send(payer, self.controller, call).await;
        self.published_task(&receipt)
    }

    /// The task that a transaction published.
    pub(crate) fn published_task(&self, receipt: &Receipt) -> Address {
        let published = event::find::<TaskPublishedFilter>(&receipt.logs, self.nexus.into());
        published.expect("a published task is announced").task
    }

    /// Attempts a task with the provider's own key.
    pub(crate) async fn attempt(&self, task: Address, provider: &Actor) -> Receipt {
        self.send(provider, self.nexus, attempt(task, provider))
            .await
    }

    /// Submits a response; answers its address.
    pub(crate) async fn respond(&self, task: Address, provider: &Actor, data: &str) -> Address {
        let receipt = self.submit(task, provider, data).await;
        self.submitted_response(&receipt)
    }

    /// Submits a response; answers the receipt.
    pub(crate) async fn submit(&self, task: Address, provider: &Actor, data: &str) -> Receipt {
        self.send(provider, self.nexus, response(task, provider, data))
            .await
    }

    /// The response that a transaction submitted.
    pub(crate) fn submitted_response(&self, receipt: &Receipt) -> Address {
        let submitted = event::find::<ResponseSubmittedFilter>(&receipt.logs, self.nexus.into());
        submitted.expect("a response is announced").response
    }
}

pub(crate) fn registration(source: Address, provider: &Actor, environment: u8) -> RegisterCall {
    RegisterCall {
        source,
        provider: provider.address,
        preferred_environment: environment,
    }
}

pub(crate) fn attempt(task: Address, provider: &Actor) -> AttemptCall {
    AttemptCall {
        task,
        provider: provider.address,
        suggested_payment: PAYMENT.into(),
    }
}

pub(crate) fn response(task: Address, provider: &Actor, data: &str) -> SubmitResponseCall {
    SubmitResponseCall {
        response_params: ResponseParams {
            task,
            provider: provider.address,
            data: data.to_owned(),
            payment: ASKED.into(),
        },
    }
}
