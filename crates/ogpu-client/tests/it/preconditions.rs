//! What is refused before anything is uploaded or spent, each with its own error.

use ogpu_client::{
    Address, Client, DeliveryMethod, Error, SignerError, SourceAddress, Wei, types::ValidationError,
};
use ogpu_devnet::services::Service;

use crate::network::{MAX_EXPIRY, MIN_PAYMENT, Network, PAYMENT, now, source_info, task_info};

/// A network with a source and a deposit, and what counts as spent so far.
struct Before {
    network: Network,
    source: SourceAddress,
    uploads: u64,
    nonce: String,
}

impl Before {
    async fn new() -> Self {
        let network = Network::start().await;
        let source = network.source(DeliveryMethod::ManualConfirmation).await;
        network.deposit(PAYMENT).await;
        Self {
            uploads: network.devnet.services().requests(Service::Pinning),
            nonce: nonce(&network).await,
            network,
            source,
        }
    }

    /// Nothing was uploaded, nothing was sent.
    async fn assert_untouched(&self, error: &Error) {
        assert!(error.outcome().is_not_sent());
        let services = self.network.devnet.services();
        assert_eq!(services.requests(Service::Pinning), self.uploads);
        assert_eq!(nonce(&self.network).await, self.nonce);
    }
}

async fn nonce(network: &Network) -> String {
    let params = (network.account.address(), "pending");
    network
        .client
        .rpc()
        .call("eth_getTransactionCount", params)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_source_that_is_not_valid_is_refused_without_network() {
    let before = Before::new().await;
    let mut info = source_info(DeliveryMethod::ManualConfirmation);
    info.name = String::new();
    let error = before
        .network
        .client
        .publish_source(&info)
        .await
        .unwrap_err();
    assert!(matches!(
        &error,
        Error::Invalid {
            source: ValidationError::EmptyText { field: "name" }
        }
    ));
    before.assert_untouched(&error).await;
}

#[tokio::test]
async fn a_task_that_has_expired_is_refused_without_network() {
    let before = Before::new().await;
    let mut info = task_info(before.source);
    info.expiry_time = now() - 1;
    let error = before.network.client.publish_task(&info).await.unwrap_err();
    assert!(matches!(
        &error,
        Error::Invalid {
            source: ValidationError::Expired { .. }
        }
    ));
    before.assert_untouched(&error).await;
}

#[tokio::test]
async fn a_task_for_no_source_is_refused() {
    let before = Before::new().await;
    let somebody = before.network.account.address();
    let nexus = before.network.devnet.contracts().nexus;
    for address in [Address::new([0x77; 20]), somebody, nexus] {
        let info = task_info(address.into());
        let error = before.network.client.publish_task(&info).await.unwrap_err();
        assert!(
            matches!(&error, Error::SourceNotFound { address: named } if *named == address),
            "{error:?}"
        );
        assert!(error.is_not_found());
        before.assert_untouched(&error).await;
    }
}

#[tokio::test]
async fn a_task_for_an_inactive_source_is_refused() {
    let mut before = Before::new().await;
    before.network.inactivate(before.source).await;
    before.nonce = nonce(&before.network).await;
    let info = task_info(before.source);
    let error = before.network.client.publish_task(&info).await.unwrap_err();
    assert!(
        matches!(&error, Error::SourceInactive { source_address } if *source_address == before.source)
    );
    before.assert_untouched(&error).await;
}

#[tokio::test]
async fn a_payment_below_the_minimum_is_refused_with_both_numbers() {
    let before = Before::new().await;
    let mut info = task_info(before.source);
    info.payment = MIN_PAYMENT.checked_sub(Wei::from(1_u64)).unwrap();
    let error = before.network.client.publish_task(&info).await.unwrap_err();
    assert!(matches!(
        &error,
        Error::PaymentTooLow { payment, minimum, .. }
            if *payment == info.payment && *minimum == MIN_PAYMENT
    ));
    before.assert_untouched(&error).await;
}

#[tokio::test]
async fn an_expiry_beyond_the_sources_limit_is_refused_with_the_limit() {
    let before = Before::new().await;
    let mut info = task_info(before.source);
    info.expiry_time = now() + MAX_EXPIRY + 600;
    let error = before.network.client.publish_task(&info).await.unwrap_err();
    assert!(matches!(
        &error,
        Error::ExpiryTooFar { expiry_time, latest, .. }
            if *expiry_time == info.expiry_time && *latest < info.expiry_time
    ));
    before.assert_untouched(&error).await;
}

#[tokio::test]
async fn a_task_that_has_expired_on_chain_is_refused() {
    let mut before = Before::new().await;
    before.network.devnet.increase_time(7200).await.unwrap();
    before.nonce = nonce(&before.network).await;
    let info = task_info(before.source);
    let error = before.network.client.publish_task(&info).await.unwrap_err();
    assert!(matches!(
        &error,
        Error::TaskExpired { expiry_time, now } if *expiry_time == info.expiry_time && now > expiry_time
    ));
    before.assert_untouched(&error).await;
}

#[tokio::test]
async fn a_payment_beyond_the_vault_balance_is_refused_with_both_numbers() {
    let before = Before::new().await;
    let mut info = task_info(before.source);
    info.payment = Wei::from_ether(3);
    let error = before.network.client.publish_task(&info).await.unwrap_err();
    assert!(matches!(
        &error,
        Error::InsufficientVaultBalance { account, balance, required }
            if *account == before.network.account.address()
                && *balance == PAYMENT
                && *required == info.payment
    ));
    before.assert_untouched(&error).await;
}

#[tokio::test]
async fn an_account_that_cannot_pay_for_gas_is_refused_with_the_numbers() {
    let before = Before::new().await;
    let account = before.network.account.address();
    before
        .network
        .devnet
        .set_balance(account, Wei::from(1_000_u64))
        .await
        .unwrap();
    let error = before
        .network
        .client
        .vault()
        .deposit(account, Wei::from(10_u64), &before.network.account)
        .await
        .unwrap_err();
    let Error::Transaction { source } = &error else {
        panic!("{error:?}");
    };
    assert!(
        matches!(
            &**source,
            ogpu_client::TxError::InsufficientFunds { balance, required, .. }
                if *balance == Wei::from(1_000_u64) && required > balance
        ),
        "{source:?}"
    );
    before.assert_untouched(&error).await;
}

#[tokio::test]
async fn a_deposit_of_nothing_is_refused() {
    let before = Before::new().await;
    let account = &before.network.account;
    let error = before
        .network
        .client
        .vault()
        .deposit(account.address(), Wei::ZERO, account)
        .await
        .unwrap_err();
    assert!(matches!(&error, Error::ZeroAmount));
    before.assert_untouched(&error).await;
}

#[tokio::test]
async fn a_write_without_a_key_names_the_variable() {
    let before = Before::new().await;
    let reader = Client::builder()
        .chain(before.network.devnet.chain_spec())
        .build()
        .unwrap();
    assert_eq!(reader.address(), None);
    reader.get_source_status(before.source).await.unwrap();

    let info = source_info(DeliveryMethod::ManualConfirmation);
    let error = reader.publish_source(&info).await.unwrap_err();
    assert!(matches!(
        &error,
        Error::Signer {
            source: SignerError::Missing {
                variable: "CLIENT_PRIVATE_KEY"
            }
        }
    ));
    before.assert_untouched(&error).await;
}
