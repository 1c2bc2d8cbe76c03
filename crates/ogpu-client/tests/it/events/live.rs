//! Events as they happen.

use std::num::NonZeroU64;

use futures::StreamExt;
use ogpu_client::{
    ChainSpec, Client, DeliveryMethod, EventContract, EventError, EventUpdate, NexusEvent,
    ProtocolEvent, TransactionRequest, chain::Contract,
};
use ogpu_devnet::{
    Mining, Orphans,
    faults::{Fault, FaultPlan, Rule},
};

use super::{Ledger, all};
use crate::{
    emitter::{Emitter, canonical},
    network::{Network, PAYMENT, source_info, task_info},
};

#[tokio::test]
async fn what_happens_after_the_start_comes_in_order_and_receipts_tell_the_same() {
    let network = Network::start().await;
    let mut stream = network.client.events().stream();
    stream.started().await;
    let from = network.head().await + 1;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    network.deposit(PAYMENT).await;
    let published = network
        .client
        .publish_task(&task_info(source))
        .await
        .unwrap();
    let mut ledger = Ledger::default();
    ledger
        .until(&mut stream, &canonical(&network, from).await)
        .await;
    let names: Vec<_> = ledger
        .events
        .iter()
        .map(|event| event.name().unwrap())
        .collect();
    assert_eq!(names, ["SourcePublished", "Deposited", "TaskPublished"]);
    let told = ledger.events.last().unwrap().event.clone().unwrap();
    assert_eq!(published.receipt.events, std::slice::from_ref(&told));
    assert!(matches!(
        told,
        ProtocolEvent::Nexus(NexusEvent::TaskPublished { task, source: of })
            if task == published.address && of == source
    ));
    assert!(ledger.events.iter().all(|event| event.timestamp.is_none()));
}

#[tokio::test]
async fn what_happened_before_the_start_does_not_come_however_long_the_client_was_idle() {
    let network = Network::start().await;
    // The client saw the chain when it sent this, and not since.
    network.deposit(PAYMENT).await;
    let (busy, source) = (
        network.devnet.client(),
        source_info(DeliveryMethod::FirstResponse),
    );
    busy.publish_source(&source).await.unwrap();
    let mut stream = network.client.events().stream();
    stream.started().await;
    let from = network.head().await + 1;
    busy.publish_source(&source).await.unwrap();
    let first = stream.next().await.unwrap().unwrap();
    assert_eq!(first.event().log.block_number, from);
}

#[tokio::test]
async fn each_filter_lets_pass_what_names_its_address_or_belongs_to_it() {
    let network = Network::start().await;
    let (task, response, provider) = network.answered(DeliveryMethod::FirstResponse).await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let other = network.task(source).await;
    network.cancel(other).await;
    let head = network.head().await;
    let events = || network.client.events().from_block(0).to_block(head);
    let names = async |builder: ogpu_client::EventsBuilder| {
        let events = all(builder.stream()).await;
        let names = events.iter().map(|event| event.name().unwrap());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let of_task = names(events().task(task)).await;
    assert_eq!(
        of_task,
        [
            "TaskPublished",
            "Attempted",
            "TaskStatusChanged",
            "ResponseSubmitted",
            "TaskStatusChanged",
            "ResponseStatusChanged",
            "TaskStatusChanged"
        ]
    );
    let of_response = names(events().response(response.address)).await;
    assert_eq!(of_response, ["ResponseSubmitted", "ResponseStatusChanged"]);
    let of_source = names(events().source(source)).await;
    assert_eq!(
        of_source,
        ["SourcePublished", "TaskPublished", "TaskStatusChanged"]
    );
    let of_both = names(events().source(source).task(task)).await;
    assert!(of_both.is_empty(), "{of_both:?}");
    let of_either = names(events().task(other).task(task)).await;
    assert_eq!(of_either.len(), of_task.len() + 2);
    let of_provider = names(events().provider(provider.address()).task(task)).await;
    assert_eq!(
        of_provider,
        ["Attempted", "ResponseSubmitted", "ResponseStatusChanged"]
    );
    let of_client = names(events().account(network.account.address())).await;
    for name in [
        "Deposited",
        "SourcePublished",
        "TaskPublished",
        "ResponseStatusChanged",
    ] {
        assert!(
            of_client.iter().any(|of| of == name),
            "{name}: {of_client:?}"
        );
    }
    let of_vault = names(events().contracts([EventContract::Vault])).await;
    assert!(of_vault.iter().all(|name| name != "TaskPublished") && !of_vault.is_empty());
}

#[tokio::test]
async fn what_a_reorg_takes_away_is_removed_and_what_it_brings_is_added() {
    let network = Network::start().await;
    let emitter = Emitter::deploy(&network).await;
    let from = network.head().await + 1;
    let mut stream = network.client.events().from_block(from).stream();
    let mut ledger = Ledger::default();
    for depth in 1..=3 {
        for n in 0..4 {
            emitter
                .emit(&network, &network.account, 1000 * depth + n, 3)
                .await;
        }
        ledger
            .until(&mut stream, &canonical(&network, from).await)
            .await;
        network
            .devnet
            .reorg_with(depth, Orphans::Dropped)
            .await
            .unwrap();
        let removed = ledger.removed;
        ledger
            .until(&mut stream, &canonical(&network, from).await)
            .await;
        assert_eq!(
            ledger.removed - removed,
            3 * usize::try_from(depth).unwrap()
        );
    }
}

#[tokio::test]
async fn a_node_that_lags_behind_a_cursor_is_waited_for() {
    let network = Network::start().await;
    let emitter = Emitter::deploy(&network).await;
    let from = network.head().await + 1;
    for n in 0..3 {
        emitter.emit(&network, &network.account, 10 * n, 2).await;
    }
    let expected = canonical(&network, from).await;
    let mut ledger = Ledger::default();
    let mut stream = network.client.events().from_block(from).stream();
    ledger.until(&mut stream, &expected).await;
    // As a new process has it: its first answers are two blocks old.
    let stale = Rule::rpc(Fault::Stale { blocks: 2 }).first(6);
    let endpoint = network
        .devnet
        .faults()
        .endpoint(FaultPlan::none().rule(stale))
        .await;
    let endpoint = endpoint.unwrap();
    let client = network.client_with(|builder| builder.rpc_url(endpoint.http_url()));
    let mut stream = client
        .events()
        .resume(ledger.cursor.take().unwrap())
        .stream();
    stream.started().await;
    emitter.emit(&network, &network.account, 100, 1).await;
    let next = stream.next().await.unwrap().unwrap();
    assert!(next.is_added(), "{next:?}");
    assert_eq!(Some(next.event()), canonical(&network, from).await.last());
}

#[tokio::test]
async fn with_confirmations_nothing_is_removed_by_a_shallow_reorg() {
    let network = Network::start().await;
    network.devnet.set_mining(Mining::Instant).await.unwrap();
    let emitter = Emitter::deploy(&network).await;
    let from = network.head().await + 1;
    let mut stream = network
        .client
        .events()
        .from_block(from)
        .confirmations(NonZeroU64::new(3).unwrap())
        .stream();
    let mut ledger = Ledger::default();
    emitter.emit(&network, &network.account, 1, 2).await;
    emitter.emit(&network, &network.account, 10, 2).await;
    network
        .devnet
        .reorg_with(1, Orphans::Dropped)
        .await
        .unwrap();
    for _ in 0..3 {
        network.devnet.mine().await.unwrap();
    }
    let expected = canonical(&network, from).await;
    assert_eq!(expected.len(), 2);
    ledger.until(&mut stream, &expected).await;
    assert_eq!(ledger.removed, 0);
}

#[tokio::test]
async fn a_log_that_cannot_be_decoded_is_an_item_of_its_own() {
    let network = Network::start().await;
    // It logs nothing but one topic that no event has, whatever it is called with.
    let runtime = [0x60, 0x07, 0x60, 0x00, 0x60, 0x00, 0xa1, 0x00];
    let mut init = vec![0x67];
    init.extend(runtime);
    init.extend([0x60, 0x00, 0x52, 0x60, 0x08, 0x60, 0x18, 0xf3]);
    let deployed = network
        .client
        .send_transaction(TransactionRequest::deploy(init))
        .await;
    let strange = deployed.unwrap().contract_address.unwrap();
    let spec = network.devnet.chain_spec();
    let chain = ChainSpec::builder(spec.id())
        .rpc_url(spec.rpc_url().expose())
        .contract(Contract::Nexus, spec.contract(Contract::Nexus))
        .contract(Contract::Controller, spec.contract(Contract::Controller))
        .contract(Contract::Terminal, strange)
        .contract(Contract::Vault, spec.contract(Contract::Vault))
        .build()
        .unwrap();
    let client = Client::builder()
        .chain(chain)
        .signer(network.account.clone())
        .build()
        .unwrap();
    let mut stream = client.events().stream();
    stream.started().await;
    let call = TransactionRequest::call(strange, vec![1, 2, 3, 4]);
    let receipt = client.send_transaction(call).await.unwrap();
    assert!(receipt.events.is_empty() && receipt.logs.len() == 1);
    network.deposit(PAYMENT).await;
    let EventUpdate::Added { event, .. } = stream.next().await.unwrap().unwrap() else {
        panic!("nothing was removed");
    };
    assert_eq!(
        (event.event, event.contract),
        (None, EventContract::Terminal)
    );
    assert_eq!(event.log, receipt.logs[0]);
    let next = stream.next().await.unwrap().unwrap();
    assert_eq!(next.event().name(), Some("Deposited"));
    // A cursor keeps what could not be decoded as it is.
    let text = next.cursor().to_string();
    assert_eq!(
        text.parse::<ogpu_client::Cursor>().unwrap().to_string(),
        text
    );
    let elsewhere = network
        .client
        .events()
        .resume(next.cursor().clone())
        .stream();
    let error = { elsewhere }.next().await.unwrap().unwrap_err();
    assert!(
        matches!(error, EventError::OtherNetwork { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_node_of_another_chain_ends_the_stream() {
    let network = Network::start().await;
    let client = Client::builder()
        .chain(ogpu_client::ChainId::OGPU_TESTNET)
        .rpc_url(network.devnet.node_url())
        .build()
        .unwrap();
    let mut stream = client.events().stream();
    let error = stream.next().await.unwrap().unwrap_err();
    assert!(matches!(error, EventError::WrongChain { .. }), "{error:?}");
    assert!(stream.next().await.is_none());
}
