use ogpu_client::{
    Address, DeliveryMethod, Error, ImageEnvironments, ServiceCause, SourceStatus, Wei,
    types::Environment,
};
use ogpu_contracts::{nexus::UpdateSourceCall, source::GetSourceParamsCall};
use ogpu_devnet::services::Service;

use super::{done, refused, stranger};
use crate::network::{Network, source_info};

#[tokio::test]
async fn an_update_replaces_the_parameters_and_the_metadata() {
    let network = Network::start().await;
    let address = network.source(DeliveryMethod::ManualConfirmation).await;
    let source = network.client.source(address);
    assert_eq!(source.metadata().await.unwrap().name, "echo");

    let mut info = source_info(DeliveryMethod::FirstResponse);
    info.name = "louder echo".into();
    info.min_payment = Wei::from(7_u64);
    info.min_available_lockup = Wei::from(8_u64);
    info.max_expiry_duration = 9;
    info.image_envs = ImageEnvironments::nvidia("https://example.org/nvidia.yml");
    done(|| source.update(&info)).await;

    let params = network.read(address, GetSourceParamsCall).await.0;
    assert_eq!(Address::from(params.client), network.account.address());
    assert_eq!(params.min_payment, 7.into());
    assert_eq!(params.min_available_lockup, 8.into());
    assert_eq!(params.max_expiry_duration, 9.into());
    assert_eq!(params.image_environments, Environment::NVIDIA.bits());
    let delivery = DeliveryMethod::try_from(params.delivery_method).unwrap();
    assert_eq!(delivery, DeliveryMethod::FirstResponse);
    assert!(params.last_update_time > 0.into());
    let metadata = source.metadata().await.unwrap();
    assert_eq!(metadata.name, "louder echo");
    assert_eq!(metadata.nvidia, "https://example.org/nvidia.yml");
}

#[tokio::test]
async fn nothing_is_uploaded_for_a_source_of_somebody_else() {
    let network = Network::start().await;
    let address = network.source(DeliveryMethod::ManualConfirmation).await;
    let source = network.client.source(address);
    let uploads = network.devnet.services().requests(Service::Pinning);
    let other = stranger(&network);
    let info = source_info(DeliveryMethod::ManualConfirmation);
    let error = refused(|| source.update(&info).signer(other)).await;
    assert!(
        matches!(error, Error::NotSourceOwner { source_address, account, owner }
            if source_address == address
                && account == other.address()
                && owner == network.account.address()),
        "{error:?}"
    );
    let task = network.task(address).await.address();
    let uploads_of_task = 1;
    for nothing in [Address::new([7; 20]), task] {
        let error = refused(|| network.client.update_source(nothing, &info)).await;
        assert!(
            matches!(error, Error::SourceNotFound { address } if address == nothing),
            "{error:?}"
        );
    }
    let now = network.devnet.services().requests(Service::Pinning);
    assert_eq!(now, uploads + uploads_of_task);
}

#[tokio::test]
async fn a_source_is_inactivated_once_by_its_client() {
    let network = Network::start().await;
    let address = network.source(DeliveryMethod::ManualConfirmation).await;
    let source = network.client.source(address);
    let other = stranger(&network);
    let error = refused(|| source.inactivate().signer(other)).await;
    assert!(
        matches!(error, Error::NotSourceOwner { source_address, account, owner }
            if source_address == address
                && account == other.address()
                && owner == network.account.address()),
        "{error:?}"
    );

    done(|| source.inactivate()).await;
    let status = network.client.get_source_status(address).await.unwrap();
    assert_eq!(status, SourceStatus::Inactive);

    let error = refused(|| network.client.inactivate_source(address)).await;
    assert!(
        matches!(error, Error::SourceInactive { source_address } if source_address == address),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_no_source_cannot_be_inactivated() {
    let network = Network::start().await;
    let source = network.source(DeliveryMethod::ManualConfirmation).await;
    let task = network.task(source).await.address();
    for nothing in [Address::new([7; 20]), network.account.address(), task] {
        let error = refused(|| network.client.inactivate_source(nothing)).await;
        assert!(
            matches!(error, Error::SourceNotFound { address } if address == nothing),
            "{error:?}"
        );
        let error = network.client.source(nothing).metadata().await.unwrap_err();
        assert!(
            matches!(error, Error::SourceNotFound { address } if address == nothing),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn metadata_is_fetched_from_the_gateway_alone() {
    let network = Network::start().await;
    let address = network.source(DeliveryMethod::ManualConfirmation).await;
    let mut params = network.read(address, GetSourceParamsCall).await.0;
    params.image_metadata_url = "http://169.254.169.254/latest/meta-data".into();
    let update = UpdateSourceCall {
        source: address.into(),
        source_params: params,
    };
    let nexus = network.devnet.contracts().nexus;
    network.send(&network.account, nexus, update).await;
    let error = network.client.source(address).metadata().await.unwrap_err();
    assert!(
        matches!(&error, Error::Service { source }
            if matches!(source.cause, ServiceCause::ForeignUrl { .. })),
        "{error:?}"
    );
}
