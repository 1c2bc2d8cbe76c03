//! Reads: what they give, at which block, and in how many requests.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use ogpu_client::{
    Address, At, Client, DeliveryMethod, Error, ResponseStatus, SourceStatus, TaskStatus, Wei,
    types::{BlockRef, Environment, Hash32},
};

use ogpu_contracts::terminal;
use ogpu_devnet::SimulatedProvider;

use crate::{
    network::{MAX_EXPIRY, MIN_PAYMENT, Network, PAYMENT},
    proxy::{Fate, Proxy},
};

/// A client whose requests are counted.
pub(crate) struct Counted {
    pub(crate) client: Client,
    requests: Arc<AtomicUsize>,
    _proxy: Proxy,
}

impl Counted {
    pub(crate) async fn start(network: &Network) -> Self {
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        let proxy = Proxy::start(&network.devnet.node_url(), move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
            Fate::Answered
        })
        .await;
        Self {
            client: network.client_with(|builder| builder.rpc_url(proxy.url())),
            requests,
            _proxy: proxy,
        }
    }

    /// How many requests were made since this was last asked.
    pub(crate) fn take(&self) -> usize {
        self.requests.swap(0, Ordering::Relaxed)
    }
}

/// Pairs a provider with the network's master.
async fn pair(network: &Network, runner: &SimulatedProvider) -> Address {
    let master = network.devnet.accounts().master();
    let terminal = network.devnet.contracts().terminal;
    let call = terminal::AnnounceProviderCall {
        provider: runner.address().into(),
        amount: 0.into(),
    };
    network.send(master, terminal, call).await;
    let call = terminal::AnnounceMasterCall {
        master: master.address().into(),
    };
    network.send(runner.signer(), terminal, call).await;
    master.address()
}

/// Makes each call, and holds its requests against the number that its documentation names.
macro_rules! count_requests {
    ($counted:ident: $($requests:literal = $($call:expr),+;)+) => {
        $($(
            let done = $call.await;
            assert!(done.is_ok(), "{}: {:?}", stringify!($call), done.err());
            assert_eq!($counted.take(), $requests, "requests of {}", stringify!($call));
        )+)+
    };
}

#[tokio::test]
async fn every_read_takes_the_round_trips_that_its_documentation_names() {
    let network = Network::start().await;
    let (task, response, _provider) = network.answered(DeliveryMethod::ManualConfirmation).await;
    let counted = Counted::start(&network).await;
    let client = &counted.client;
    let source = client.task(task).source().await.unwrap();
    let (task, account) = (client.task(task), response.provider);
    let response = client.response(response.address);
    let (provider, master) = (client.provider(account), client.master(account));
    let (nexus, controller, manager) = (client.nexus(), client.controller(), client.manager());
    let (terminal, vault) = (client.terminal(), client.vault());
    counted.take();
    let role = Hash32::ZERO;
    count_requests! { counted:
        1 = source.client_account(), source.status(), source.params(), source.task_count(),
            source.registrant_count(), source.registrant_id(account),
            source.preferred_environment_of(account), source.nexus(), source.owner(),
            source.task_at(0), source.registrant_at(0), source.snapshot();
        1 = task.source(), task.status(), task.params(), task.payment(), task.expiry_time(),
            task.delivery_method(), task.attempt_count(), task.attempter_id(account),
            task.response_of(account), task.winning_provider(), task.is_already_submitted(role),
            task.owner(), task.attempter_at(0), task.attempt_timestamp_at(0), task.snapshot();
        1 = response.task(), response.provider(), response.params(), response.data(),
            response.status(), response.timestamp(), response.is_confirmed(), response.owner(),
            response.snapshot();
        1 = provider.master(), provider.base_data(), provider.live_data(), provider.is_provider(),
            provider.is_default_agent_disabled(), provider.balance(), provider.lockup(),
            provider.unbonding(), provider.unbonding_timestamp(), provider.sanction(),
            provider.total_earnings(), provider.frozen_payment(), provider.is_eligible(),
            provider.is_whitelisted(), provider.snapshot();
        1 = master.provider(), master.is_master(), master.is_default_agent_disabled(),
            master.balance(), master.lockup(), master.unbonding(), master.unbonding_timestamp(),
            master.total_earnings(), master.frozen_payment(), master.is_eligible(),
            master.is_whitelisted(), master.snapshot();
        1 = nexus.source_count(), nexus.source_id(source.address()),
            nexus.active_source_count(account), nexus.is_controller(account),
            nexus.controller_role(), nexus.provider_role(), nexus.manager(), nexus.terminal(),
            nexus.vault(), nexus.owner(), nexus.source_at(0), nexus.client_at(0),
            nexus.source_of_at(account, 0);
        1 = controller.nexus(), controller.terminal(), controller.vault(), controller.owner();
        2 = manager.has_role(role, account);
        0 = manager.address();
        1 = manager.has_role(role, account), manager.role_admin(role),
            manager.default_admin_role(), manager.controller_role(), manager.judge_role(),
            manager.provider_role(), manager.supports_interface([0; 4]);
        1 = terminal.master_of(account), terminal.provider_of(account),
            terminal.base_data_of(account), terminal.live_data_of(account),
            terminal.is_master(account), terminal.is_provider(account),
            terminal.is_agent_of(account, account), terminal.is_agent_of_master(account, account),
            terminal.is_default_agent_disabled(account), terminal.provider_role(),
            terminal.manager(), terminal.vault(), terminal.owner();
        1 = vault.balance_of(account), vault.lockup_of(account), vault.unbonding_of(account),
            vault.unbonding_timestamp_of(account), vault.frozen_payment_of(account),
            vault.total_earnings_of(account), vault.sanction_of(account),
            vault.sanctioned_amount(), vault.is_eligible(account), vault.is_whitelisted(account),
            vault.min_lockup_per_source(), vault.unbonding_period(), vault.manager(),
            vault.nexus(), vault.terminal();
        1 = client.task_snapshots(&[task.address(); 200]),
            client.source_snapshots(&[source.address(); 200]),
            client.response_snapshots(&[response.address(); 200]),
            client.provider_snapshots(&[account; 100]), client.master_snapshots(&[account; 100]);
        0 = client.task_snapshots(&[]);
        1 = client.load_source(source.address()), client.load_task(task.address()),
            client.load_response(response.address());
        2 = source.tasks(..), source.registrants(..), nexus.sources(..), task.attempts(..);
        2 = source.registrants(0..1);
        1 = source.tasks(5..), nexus.sources_of(account, ..);
        3 = task.responses(..), client.get_task_responses(task.address(), ..);
        1 = client.get_task_status(task.address()), client.get_source_status(source.address());
    }
}

#[tokio::test]
async fn what_is_read_is_what_was_published() {
    let network = Network::start().await;
    let (task, response, runner) = network.answered(DeliveryMethod::ManualConfirmation).await;
    let client = &network.client;
    let account = network.account.address();
    let (task, response) = (client.task(task), client.response(response.address));
    let provider = runner.address();
    let source = task.source().await.unwrap();

    assert_eq!(source.client_account().await.unwrap(), account);
    assert_eq!(source.status().await.unwrap(), SourceStatus::Active);
    let params = source.params().await.unwrap();
    assert_eq!((params.client, params.min_payment), (account, MIN_PAYMENT));
    assert_eq!(params.max_expiry_duration, MAX_EXPIRY);
    assert_eq!(source.task_count().await.unwrap(), 1);
    assert_eq!(source.registrant_count().await.unwrap(), 1);
    assert_eq!(source.registrant_id(provider).await.unwrap(), Some(1));
    assert_eq!(source.registrant_id(account).await.unwrap(), None);
    let preferred = source.preferred_environment_of(provider).await.unwrap();
    assert_eq!(preferred, Environment::CPU);
    assert_eq!(
        source.nexus().await.unwrap(),
        network.devnet.contracts().nexus
    );
    let first = source.task_at(0).await.unwrap().unwrap();
    assert_eq!(first.address(), task.address());
    assert!(source.task_at(1).await.unwrap().is_none());
    let first = source.registrant_at(0).await.unwrap().unwrap();
    assert_eq!(first.address(), provider);

    assert_eq!(task.status().await.unwrap(), TaskStatus::Responded);
    assert_eq!(task.payment().await.unwrap(), PAYMENT);
    assert_eq!(task.attempter_id(provider).await.unwrap(), Some(1));
    let known = task.response_of(provider).await.unwrap().unwrap();
    assert_eq!(known.address(), response.address());
    assert!(task.response_of(account).await.unwrap().is_none());
    assert!(task.winning_provider().await.unwrap().is_none());
    let attempter = task.attempter_at(0).await.unwrap().unwrap();
    assert_eq!(attempter.address(), provider);
    let attempted = task.attempt_timestamp_at(0).await.unwrap().unwrap();
    assert!(attempted <= response.timestamp().await.unwrap());
    assert_eq!(task.attempt_timestamp_at(1).await.unwrap(), None);

    assert_eq!(
        response.task().await.unwrap().address(),
        task.address(),
        "up again"
    );
    assert_eq!(response.provider().await.unwrap().address(), provider);
    assert_eq!(response.status().await.unwrap(), ResponseStatus::Submitted);
    assert!(!response.is_confirmed().await.unwrap());

    let nexus = client.nexus();
    assert_eq!(nexus.source_count().await.unwrap(), 1);
    assert_eq!(
        nexus.source_id(source.address()).await.unwrap(),
        Some(1),
        "the first"
    );
    assert_eq!(nexus.active_source_count(account).await.unwrap(), 1);
    assert_eq!(nexus.client_at(0).await.unwrap(), Some(account));
    assert_eq!(nexus.client_at(1).await.unwrap(), None);
    let first = nexus.source_of_at(account, 0).await.unwrap().unwrap();
    assert_eq!(first.address(), source.address());
    assert!(nexus.source_at(7).await.unwrap().is_none());
    let manager = client.manager();
    assert_eq!(
        manager.address().await.unwrap(),
        nexus.manager().await.unwrap()
    );
    let role = manager.controller_role().await.unwrap();
    assert_eq!(role, nexus.controller_role().await.unwrap());
    let controller = network.devnet.contracts().controller;
    assert!(manager.has_role(role, controller).await.unwrap());
    assert!(!manager.has_role(role, account).await.unwrap());
    assert!(nexus.is_controller(controller).await.unwrap());

    let account_of_master = pair(&network, &runner).await;
    let provider = client.load_provider(provider).await.unwrap();
    let master = provider.master().await.unwrap().unwrap();
    assert_eq!(master.address(), account_of_master);
    let loaded = client.load_master(master.address()).await.unwrap();
    let paired = loaded.provider().await.unwrap().unwrap();
    assert_eq!(paired.address(), provider.address());
    assert!(provider.lockup().await.unwrap() > Wei::ZERO);
    let vault = client.vault();
    assert_eq!(vault.frozen_payment_of(account).await.unwrap(), PAYMENT);

    client.confirm_response(response.address()).await.unwrap();
    let winner = task.winning_provider().await.unwrap().unwrap();
    assert_eq!(winner.address(), provider.address());
    assert_eq!(provider.total_earnings().await.unwrap(), PAYMENT);
    assert!(response.is_confirmed().await.unwrap());
}

#[tokio::test]
async fn a_snapshot_holds_what_the_single_reads_say_at_its_block() {
    let network = Network::start().await;
    let (task, response, runner) = network.answered(DeliveryMethod::ManualConfirmation).await;
    let client = &network.client;
    let (task, response) = (client.task(task), client.response(response.address));
    let source = task.source().await.unwrap();

    let seen = task.snapshot().await.unwrap();
    let block = seen.block;
    assert_eq!(seen.source, source.address());
    assert_eq!(seen.status, task.status().at(block).await.unwrap());
    assert_eq!(seen.params, task.params().at(block).await.unwrap());
    assert_eq!((seen.payment, seen.attempt_count), (PAYMENT, 1));
    assert_eq!(seen.expiry_time, task.expiry_time().await.unwrap());
    assert_eq!(seen.delivery_method, DeliveryMethod::ManualConfirmation);
    assert_eq!(seen.winning_provider, None);

    let seen = source.snapshot().await.unwrap();
    assert_eq!(seen.client, network.account.address());
    assert_eq!(seen.params, source.params().await.unwrap());
    assert_eq!((seen.task_count, seen.registrant_count), (1, 1));
    assert_eq!(seen.status, SourceStatus::Active);

    let seen = response.snapshot().await.unwrap();
    assert_eq!(seen.task, task.address());
    assert_eq!(seen.params, response.params().await.unwrap());
    assert_eq!(seen.data, seen.params.data);
    assert_eq!(seen.timestamp, response.timestamp().await.unwrap());
    assert!(!seen.confirmed);

    pair(&network, &runner).await;
    let provider = client.provider(runner.address());
    let seen = provider.snapshot().await.unwrap();
    assert!(seen.is_provider && seen.is_eligible && !seen.is_whitelisted);
    let master = provider.master().await.unwrap().unwrap();
    assert_eq!(seen.master, Some(master.address()));
    assert_eq!(seen.lockup, provider.lockup().await.unwrap());
    let seen = master.snapshot().await.unwrap();
    assert!(seen.is_master);
}

#[tokio::test]
async fn one_that_is_missing_spoils_no_other_snapshot() {
    let network = Network::start().await;
    let (task, response, _runner) = network.answered(DeliveryMethod::ManualConfirmation).await;
    let client = &network.client;
    let source = client.task(task).source().await.unwrap().address();
    let nobody = Address::new([0x33; 20]);
    let tasks = [task, source.address().into(), nobody.into(), task];
    let snapshots = client.task_snapshots(&tasks).await.unwrap();
    let block = snapshots[0].as_ref().unwrap().block;
    for (asked, snapshot) in tasks.iter().zip(&snapshots) {
        match snapshot {
            Ok(snapshot) => assert_eq!((*asked, snapshot.block), (task, block)),
            Err(Error::TaskNotFound { address }) => assert_eq!(address, asked),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(snapshots.iter().filter(|found| found.is_ok()).count(), 2);
    let responses = [response.address, source.address().into()];
    let snapshots = client.response_snapshots(&responses).await.unwrap();
    assert!(snapshots[0].is_ok());
    assert!(matches!(
        snapshots[1],
        Err(Error::ResponseNotFound { address }) if address == source.address()
    ));
}

#[tokio::test]
async fn the_past_is_read_by_number_and_by_hash() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let task = network.client.task(network.task(source).await);
    let before = task.snapshot().await.unwrap();
    network.cancel(task.address()).await;

    assert_eq!(task.status().await.unwrap(), TaskStatus::Canceled);
    let BlockRef { number, hash } = before.block;
    for at in [At::Number(number), At::Hash(hash), before.block.into()] {
        assert_eq!(task.status().at(at).await.unwrap(), TaskStatus::New);
        assert_eq!(task.payment().at(at).await.unwrap(), PAYMENT);
        assert_eq!(task.snapshot().at(at).await.unwrap(), before);
    }
    let error = task.snapshot().at(0).await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
    for at in [At::Number(1_000_000), At::Hash(Hash32::new([7; 32]))] {
        let error = task.snapshot().at(at).await.unwrap_err();
        assert!(
            matches!(error, Error::BlockNotFound { block } if block == at),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn what_is_not_there_or_of_another_kind_is_named() {
    let network = Network::start().await;
    let (task, response, runner) = network.answered(DeliveryMethod::ManualConfirmation).await;
    let client = &network.client;
    let (task, response) = (task.address(), response.address.address());
    let source = client.task(task).source().await.unwrap().address();
    let source = source.address();
    let vault = network.devnet.contracts().vault;
    let nobody = Address::new([0x33; 20]);
    let account = network.account.address();

    for address in [task, response, vault, nobody, account] {
        for error in [
            client.load_source(address).await.err(),
            client.source(address).status().await.err(),
            client.source(address).owner().await.err(),
            client.source(address).snapshot().await.err(),
            client.source(address).task_at(0).await.err(),
            client.source(address).tasks(..).await.err(),
        ] {
            assert!(
                matches!(error, Some(Error::SourceNotFound { address: named }) if named == address),
                "{error:?}"
            );
        }
    }
    for address in [source, response, vault, nobody, account] {
        for error in [
            client.load_task(address).await.err(),
            client.task(address).status().await.err(),
            client.task(address).owner().await.err(),
            client.task(address).snapshot().await.err(),
            client.task(address).attempts(..).await.err(),
            client.task(address).responses(..).await.err(),
        ] {
            assert!(
                matches!(error, Some(Error::TaskNotFound { address: named }) if named == address),
                "{error:?}"
            );
        }
    }
    for address in [source, task, vault, nobody, account] {
        for error in [
            client.load_response(address).await.err(),
            client.response(address).status().await.err(),
            client.response(address).task().await.err(),
            client.response(address).snapshot().await.err(),
        ] {
            assert!(
                matches!(error, Some(Error::ResponseNotFound { address: named }) if named == address),
                "{error:?}"
            );
        }
    }
    for stranger in [account, nobody] {
        let error = client.load_provider(stranger).await.unwrap_err();
        assert!(matches!(error, Error::ProviderNotFound { account } if account == stranger));
        let error = client.load_master(stranger).await.unwrap_err();
        assert!(matches!(error, Error::MasterNotFound { account } if account == stranger));
        assert!(error.is_not_found());
    }
    client.load_source(source).await.unwrap();
    client.load_task(task).await.unwrap();
    client.load_response(response).await.unwrap();
    let master = pair(&network, &runner).await;
    client.load_provider(runner.address()).await.unwrap();
    client.load_master(master).await.unwrap();
}
