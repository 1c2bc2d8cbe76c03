//! The wrong chain, the wrong node, no node.

use std::time::Duration;

use ogpu_client::{
    Address, BuildError, ChainId, ChainSpec, Client, DeliveryMethod, Error, HttpError, Outcome,
    RetryPolicy, RpcCause, TransactionRequest, TxError, Wei, chain::Contract,
};

use crate::network::{Network, source_info};

/// A client of the network that believes in another chain id, or in another address of Nexus and
/// Vault.
fn misdescribed(network: &Network, id: ChainId, elsewhere: Option<Address>) -> Client {
    let spec = network.devnet.chain_spec();
    let at = |contract| elsewhere.unwrap_or_else(|| spec.contract(contract));
    let wrong = ChainSpec::builder(id)
        .rpc_url(spec.rpc_url().expose())
        .contract(Contract::Nexus, at(Contract::Nexus))
        .contract(Contract::Controller, spec.contract(Contract::Controller))
        .contract(Contract::Terminal, spec.contract(Contract::Terminal))
        .contract(Contract::Vault, at(Contract::Vault))
        .pin_url(network.devnet.services().pin_url())
        .build()
        .unwrap();
    Client::builder()
        .chain(wrong)
        .signer(network.account.clone())
        .build()
        .unwrap()
}

#[tokio::test]
async fn nothing_is_signed_for_a_node_of_another_chain() {
    let network = Network::start().await;
    let served = network.devnet.chain_spec().id();
    let client = misdescribed(&network, ChainId::OGPU_MAINNET, None);
    let info = source_info(DeliveryMethod::ManualConfirmation);
    let account = network.account.address();
    for error in [
        client.publish_source(&info).await.unwrap_err(),
        client
            .vault()
            .deposit(account, Wei::from(1_u64), &network.account)
            .await
            .unwrap_err(),
        client
            .confirm_response(Address::new([1; 20]))
            .await
            .unwrap_err(),
    ] {
        assert!(
            matches!(
                &error,
                Error::WrongChain { expected, actual, .. }
                    if *expected == ChainId::OGPU_MAINNET && *actual == served
            ),
            "{error:?}"
        );
        assert!(error.outcome().is_not_sent());
    }
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_without_a_contract() {
    let network = Network::start().await;
    let nobody = Address::new([0x22; 20]);
    let id = network.devnet.chain_spec().id();
    let client = misdescribed(&network, id, Some(nobody));
    let info = source_info(DeliveryMethod::ManualConfirmation);
    let account = network.account.address();
    for error in [
        client.publish_source(&info).await.unwrap_err(),
        client
            .vault()
            .deposit(account, Wei::from(1_u64), &network.account)
            .await
            .unwrap_err(),
    ] {
        let Error::Transaction { source } = &error else {
            panic!("{error:?}");
        };
        assert!(matches!(**source, TxError::NoContract { address } if address == nobody));
        assert!(error.outcome().is_not_sent());
    }
}

#[tokio::test]
async fn a_transaction_without_the_protocols_event_is_reported_as_mined() {
    let network = Network::start().await;
    // Code that stops at once: it takes any call, and emits nothing.
    let init_code = [0x60, 0x01, 0x60, 0x00, 0xf3];
    let receipt = network
        .client
        .send_transaction(TransactionRequest::deploy(init_code.to_vec()))
        .await
        .unwrap();
    let silent = receipt.contract_address.unwrap();
    let id = network.devnet.chain_spec().id();
    let client = misdescribed(&network, id, Some(silent));
    let info = source_info(DeliveryMethod::ManualConfirmation);
    let error = client.publish_source(&info).await.unwrap_err();
    assert!(
        matches!(&error, Error::MissingEvent { event: "SourcePublished", emitter, .. } if *emitter == silent),
        "{error:?}"
    );
    assert!(matches!(error.outcome(), Outcome::Mined { .. }));
    assert!(error.transaction_hash().is_some());
}

#[tokio::test]
async fn an_absent_node_is_an_error_with_its_name_and_tries() {
    // A port that was free a moment ago, and that nobody listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let retry = RetryPolicy {
        tries: 2,
        backoff: Duration::from_millis(1),
        max_backoff: Duration::from_millis(1),
    };
    let client = Client::builder()
        .chain(ChainId::OGPU_TESTNET)
        .rpc_url(format!("http://user:hunter2@127.0.0.1:{port}/token"))
        .rpc_retry(retry)
        .build()
        .unwrap();
    let error = client.vault().balance_of(Address::ZERO).await.unwrap_err();
    let Error::Read { source } = &error else {
        panic!("{error:?}");
    };
    let ogpu_client::ReadCause::Rpc(rpc) = &source.cause else {
        panic!("{source:?}");
    };
    assert_eq!((rpc.method.as_str(), rpc.tries), ("eth_call", 2));
    assert!(matches!(
        rpc.cause,
        RpcCause::Http(HttpError::Connect { .. })
    ));
    let text = format!("{error:?} {rpc} {}", rpc.cause);
    assert!(text.contains(&format!("127.0.0.1:{port}")), "{text}");
    assert!(
        !text.contains("hunter2") && !text.contains("token"),
        "{text}"
    );
}

#[tokio::test]
async fn raw_access_reaches_any_method() {
    let network = Network::start().await;
    let rpc = network.client.rpc();
    let id: String = rpc.call("eth_chainId", ()).await.unwrap();
    assert_eq!(id, "0x7a69");
    let error = rpc.call::<String>("no_such_method", ()).await.unwrap_err();
    assert_eq!(error.node_error().unwrap().code, -32601);
    let error = rpc.call::<u64>("eth_chainId", ()).await.unwrap_err();
    assert!(matches!(error.cause, RpcCause::Malformed { .. }));
}

#[test]
fn what_cannot_be_built_says_why() {
    let unknown = Client::builder()
        .chain(ChainId::new(5))
        .build()
        .unwrap_err();
    assert!(matches!(unknown, BuildError::Chain { .. }));
    let url = Client::builder()
        .chain(ChainId::OGPU_TESTNET)
        .gateway_url("not a url")
        .build()
        .unwrap_err();
    assert!(matches!(
        url,
        BuildError::Url {
            option: "gateway_url",
            ..
        }
    ));
    let socket = Client::builder()
        .chain(ChainId::OGPU_TESTNET)
        .rpc_url("wss://127.0.0.1")
        .build()
        .unwrap_err();
    assert!(matches!(
        socket,
        BuildError::Url {
            option: "rpc_url",
            ..
        }
    ));
}

#[test]
fn a_client_and_its_futures_may_cross_threads() {
    fn shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    fn sent<T: Send + 'static>(_: &T) {}
    let client = Client::builder()
        .chain(ChainId::OGPU_TESTNET)
        .build()
        .unwrap();
    shared(&client);
    let confirm = client.confirm_response(Address::new([1; 20]));
    sent(&confirm);
    sent(&std::future::IntoFuture::into_future(confirm));
    let responses = client.clone();
    sent(&async move { responses.get_task_responses(Address::ZERO, ..).await });
}
