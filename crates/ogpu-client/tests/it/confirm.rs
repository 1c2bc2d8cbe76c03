//! Confirming, and everything that it is refused for.

use ogpu_client::{Address, DeliveryMethod, Error, ResponseAddress, TxHash};

use crate::network::Network;

async fn refused(network: &Network, response: impl Into<ResponseAddress>) -> Error {
    let error = network.client.confirm_response(response).await.unwrap_err();
    assert!(error.outcome().is_not_sent());
    error
}

#[tokio::test]
async fn a_confirmation_returns_the_hash_of_a_mined_transaction() {
    let network = Network::start().await;
    let (_, response, _provider) = network.answered(DeliveryMethod::ManualConfirmation).await;
    let hash = network
        .client
        .confirm_response(response.address)
        .await
        .unwrap();
    let receipt: serde_json::Value = network
        .client
        .rpc()
        .call("eth_getTransactionReceipt", [hash])
        .await
        .unwrap();
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(
        receipt["transactionHash"].as_str().unwrap().parse(),
        Ok::<TxHash, _>(hash)
    );
}

#[tokio::test]
async fn a_second_confirmation_is_refused_before_it_costs_gas() {
    let network = Network::start().await;
    let (_, response, _provider) = network.answered(DeliveryMethod::ManualConfirmation).await;
    network
        .client
        .confirm_response(response.address)
        .await
        .unwrap();
    let error = refused(&network, response.address).await;
    assert!(
        matches!(error, Error::AlreadyConfirmed { response: named } if named == response.address)
    );
}

#[tokio::test]
async fn another_response_of_a_finalised_task_is_refused() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let _providers = [network.echo(source).await, network.echo(source).await];
    let task = network.task(source).await;
    let responses = network.responses(task, 2).await;
    network
        .client
        .confirm_response(responses[0].address)
        .await
        .unwrap();
    let error = refused(&network, responses[1].address).await;
    assert!(
        matches!(error, Error::TaskFinalized { task: named } if named == task),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_no_response_is_refused() {
    let network = Network::start().await;
    let (task, ..) = network.answered(DeliveryMethod::ManualConfirmation).await;
    let nobody = Address::new([0x66; 20]);
    let vault = network.devnet.contracts().vault;
    for address in [nobody, network.account.address(), task.into(), vault] {
        let error = refused(&network, address).await;
        assert!(
            matches!(error, Error::ResponseNotFound { address: named } if named == address),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_forged_response_is_refused() {
    let network = Network::start().await;
    let (task, genuine, _provider) = network.answered(DeliveryMethod::ManualConfirmation).await;
    let forger = network.devnet.accounts().provider().clone();
    // Not confirmed yet, so that only its descent speaks against it.
    let forged = network.unconfirmed_forgery(task, &forger).await;
    let error = refused(&network, forged).await;
    assert!(
        matches!(error, Error::ResponseNotFound { address } if address == forged),
        "{error:?}"
    );
    network
        .client
        .confirm_response(genuine.address)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_stranger_is_refused_and_an_agent_of_the_client_is_not() {
    let network = Network::start().await;
    let (task, response, _provider) = network.answered(DeliveryMethod::ManualConfirmation).await;
    let agent = network.devnet.accounts().agent().clone();

    let confirm = || {
        network
            .client
            .confirm_response(response.address)
            .signer(&agent)
    };
    let error = confirm().await.unwrap_err();
    assert!(
        matches!(error, Error::NotTaskOwner { task: named, account }
            if account == agent.address() && named == task),
        "{error:?}"
    );
    assert!(error.outcome().is_not_sent());

    network.allow_agent(agent.address()).await;
    confirm().await.unwrap();
}
