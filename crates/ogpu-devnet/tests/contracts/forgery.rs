//! Contracts that look like the protocol's, but are not in its books.

use ethers_core::{abi::Token, types::Address};
use ogpu_contracts::{
    Revert,
    controller::ConfirmResponseCall,
    nexus::{AttemptCall, GetSourceIdCall, RegisterCall},
};
use ogpu_types::DeliveryMethod;

use crate::support::{Net, PAYMENT, init_code, reason};

#[tokio::test]
async fn a_forged_response_to_a_real_task_is_not_confirmed() {
    let (net, task) = Net::with_task().await;
    let forged = net.forge_response(task).await;
    let call = ConfirmResponseCall { response: forged };
    let revert = net.reverts(&net.client, net.controller, call).await;
    assert_eq!(revert, reason("UnknownResponse"));
}

#[tokio::test]
async fn a_forged_response_beside_a_real_one_is_not_confirmed() {
    let (net, task) = Net::with_task().await;
    net.attempt(task, &net.provider).await;
    net.respond(task, &net.provider, "result").await;
    let forged = net.forge_response(task).await;
    let call = ConfirmResponseCall { response: forged };
    let revert = net.reverts(&net.client, net.controller, call).await;
    assert_eq!(revert, reason("UnknownResponse"));
}

#[tokio::test]
async fn a_response_to_no_task_is_not_confirmed() {
    let net = Net::start().await;
    let forged = net.forge_response(net.stranger.address).await;
    let call = ConfirmResponseCall { response: forged };
    let revert = net.reverts(&net.client, net.controller, call).await;
    assert_eq!(revert, reason("UnknownTask"));
}

#[tokio::test]
async fn another_kind_of_contract_is_not_confirmed() {
    let (net, source) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    let task = net.publish_task(source).await;
    for response in [source, task, net.vault] {
        let call = ConfirmResponseCall { response };
        let revert = net.reverts(&net.client, net.controller, call).await;
        assert_eq!(revert, Revert::Empty);
    }
}

#[tokio::test]
async fn a_forged_source_and_a_forged_task_are_unknown() {
    let (net, real) = Net::serving(DeliveryMethod::ManualConfirmation).await;
    let params = Token::Tuple(vec![
        Token::Address(net.stranger.address),
        Token::String(String::new()),
        Token::Uint(1.into()),
        Token::Uint(0.into()),
        Token::Uint(0.into()),
        Token::Uint(u64::MAX.into()),
        Token::Bool(false),
        Token::String(String::new()),
        Token::Uint(0.into()),
        Token::Uint(0.into()),
    ]);
    let code = init_code("Source", &[Token::Address(net.nexus), params]);
    let source = net.deploy(&net.stranger, code).await;
    let id = net.read(net.nexus, GetSourceIdCall { source }).await.0;
    assert_eq!(id, 0.into());
    let provider = net.provider.address;
    let call = RegisterCall {
        source,
        provider,
        preferred_environment: 1,
    };
    let revert = net.reverts(&net.provider, net.nexus, call).await;
    assert_eq!(revert, reason("UnknownSource"));

    let params = Token::Tuple(vec![
        Token::Address(real),
        Token::String(String::new()),
        Token::Uint(u64::MAX.into()),
        Token::Uint(PAYMENT.into()),
    ]);
    let arguments = [Token::Address(net.nexus), params, Token::Uint(0.into())];
    let code = init_code("Task", &arguments);
    let task = net.deploy(&net.stranger, code).await;
    let call = AttemptCall {
        task,
        provider,
        suggested_payment: 0.into(),
    };
    let revert = net.reverts(&net.provider, net.nexus, call).await;
    assert_eq!(revert, reason("UnknownTask"));
}

impl Net {
    /// The protocol's own response contract, deployed by a stranger: it claims that the provider
    /// answered this task.
    async fn forge_response(&self, task: Address) -> Address {
        let params = Token::Tuple(vec![
            Token::Address(task),
            Token::Address(self.provider.address),
            Token::String("forged".to_owned()),
            Token::Uint(PAYMENT.into()),
        ]);
        let code = init_code("Response", &[Token::Address(self.nexus), params]);
        self.deploy(&self.stranger, code).await
    }
}
