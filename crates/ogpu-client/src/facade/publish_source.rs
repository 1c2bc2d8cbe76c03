//! `publish_source`.

use futures::future::BoxFuture;
use ogpu_chain::Contract;
use ogpu_contracts::{event, nexus};
use ogpu_types::{Receipt, SourceAddress, SourceInfo, SourceMetadata, SourceParams, TxHash};
use serde_json::json;
use tracing::{Span, field::Empty};

use crate::{
    Client, Error, TransactionRequest, Upload, Write,
    clock::unix_now,
    write::{Description, Operation, WriteContext},
};

/// A source on chain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PublishedSource {
    /// The source's contract: what tasks name.
    pub address: SourceAddress,
    /// The transaction that published it.
    pub transaction_hash: TxHash,
    /// That transaction's receipt.
    pub receipt: Receipt,
}

impl Client {
    /// Publishes a source: uploads its metadata, then registers it on chain under the signer's
    /// account.
    ///
    /// Round trips: one upload, and one each to prepare and to send the transaction, then one for
    /// each look at its receipt.
    ///
    /// # Errors
    ///
    /// Before anything is spent: [`Error::Invalid`], [`Error::Signer`], [`Error::WrongChain`],
    /// [`Error::Service`] when the metadata cannot be uploaded. After that [`Error::Transaction`],
    /// whose [`outcome`](Error::outcome) says whether the source exists.
    pub fn publish_source(&self, info: &SourceInfo) -> Write<PublishedSource> {
        Write::new(self, PublishSource { info: info.clone() })
    }
}

struct PublishSource {
    info: SourceInfo,
}

impl Operation for PublishSource {
    type Output = PublishedSource;

    fn span(&self) -> Span {
        tracing::info_span!("publish_source", name = %self.info.name, account = Empty)
    }

    fn describe(&self) -> Description {
        ("publish_source", json!(self.info))
    }

    fn request<'a>(
        &'a self,
        write: &'a WriteContext,
    ) -> BoxFuture<'a, Result<TransactionRequest, Error>> {
        Box::pin(request(write, &self.info))
    }

    fn finish(&self, client: &Client, receipt: Receipt) -> Result<PublishedSource, Error> {
        let nexus = client.contract(Contract::Nexus);
        match event::find::<nexus::SourcePublishedFilter>(&receipt.logs, nexus) {
            Some(event) => Ok(PublishedSource {
                address: event.source.into(),
                transaction_hash: receipt.transaction_hash,
                receipt,
            }),
            None => Err(Error::MissingEvent {
                event: "SourcePublished",
                emitter: nexus,
                receipt: Box::new(receipt),
            }),
        }
    }
}

async fn request(write: &WriteContext, info: &SourceInfo) -> Result<TransactionRequest, Error> {
    info.validate()
        .map_err(|source| Error::Invalid { source })?;
    let client = &write.client;
    let asking = client.check_chain();
    write
        .before_sending("asking the node for its chain", asking)
        .await?;
    let params = upload_params(write, info).await?;
    let call = nexus::PublishSourceCall {
        source_params: (&params).into(),
    };
    let nexus = client.contract(Contract::Nexus);
    Ok(TransactionRequest::typed(nexus, call))
}

/// The parameters of a source that the signer publishes or updates now, its metadata uploaded.
pub(super) async fn upload_params(
    write: &WriteContext,
    info: &SourceInfo,
) -> Result<SourceParams, Error> {
    let metadata = Upload::json("imageMetadata.json", &SourceMetadata::from(info))
        .map_err(|source| Error::Json { source })?;
    let metadata_url = write
        .before_sending(
            "uploading the metadata",
            write.client.pin_for(write, &metadata),
        )
        .await?;
    Ok(SourceParams {
        client: write.signer.address(),
        image_metadata_url: metadata_url,
        image_environments: info.image_envs.environments(),
        min_payment: info.min_payment,
        min_available_lockup: info.min_available_lockup,
        max_expiry_duration: info.max_expiry_duration,
        privacy_enabled: false,
        optional_params_url: String::new(),
        delivery_method: info.delivery_method,
        last_update_time: unix_now(),
    })
}
