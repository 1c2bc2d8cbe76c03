//! `update_source`.

use futures::future::BoxFuture;
use ogpu_chain::Contract;
use ogpu_contracts::{nexus, source};
use ogpu_types::{Address, Receipt, SourceAddress, SourceInfo};
use serde_json::json;
use tracing::{Span, field::Empty};

use super::publish_source::upload_params;
use crate::{
    At, Client, Error, ReadError, TransactionRequest, Write,
    read::ReadSet,
    refusal::{Subject, explain},
    write::{Description, Operation, WriteContext},
};

impl Client {
    /// Replaces what a source says of itself: [`Source::update`](crate::handles::Source::update).
    ///
    /// # Errors
    ///
    /// As [`Source::update`](crate::handles::Source::update).
    pub fn update_source(
        &self,
        source: impl Into<SourceAddress>,
        info: &SourceInfo,
    ) -> Write<Receipt> {
        Write::new(
            self,
            UpdateSource {
                source: source.into(),
                info: info.clone(),
            },
        )
    }
}

struct UpdateSource {
    source: SourceAddress,
    info: SourceInfo,
}

impl Operation for UpdateSource {
    type Output = Receipt;

    fn span(&self) -> Span {
        tracing::info_span!("update_source", source = %self.source, account = Empty)
    }

    fn describe(&self) -> Description {
        ("update_source", json!([self.source, self.info]))
    }

    fn request<'a>(
        &'a self,
        write: &'a WriteContext,
    ) -> BoxFuture<'a, Result<TransactionRequest, Error>> {
        Box::pin(request(write, self.source, &self.info))
    }

    fn explain<'a>(&'a self, write: &'a WriteContext, error: Error) -> BoxFuture<'a, Error> {
        let account = write.signer.address();
        let subject = Subject::source(self.source);
        Box::pin(explain(&write.client, error, subject, account))
    }

    fn finish(&self, _client: &Client, receipt: Receipt) -> Result<Receipt, Error> {
        Ok(receipt)
    }
}

async fn request(
    write: &WriteContext,
    source: SourceAddress,
    info: &SourceInfo,
) -> Result<TransactionRequest, Error> {
    info.validate()
        .map_err(|source| Error::Invalid { source })?;
    let client = &write.client;
    let account = write.signer.address();
    write
        .before_sending("looking at the source", async {
            client.check_chain().await?;
            refuse_unless_owned(client, source, account).await
        })
        .await?;
    let params = upload_params(write, info).await?;
    let call = nexus::UpdateSourceCall {
        source: source.into(),
        source_params: (&params).into(),
    };
    let nexus = client.contract(Contract::Nexus);
    Ok(TransactionRequest::typed(nexus, call))
}

/// Whether there is such a source, published by the account: nothing is uploaded for another's.
async fn refuse_unless_owned(
    client: &Client,
    source: SourceAddress,
    account: Address,
) -> Result<(), Error> {
    let mut set = ReadSet::new();
    let kind = set.add(source, source::GetRegistrantCountCall);
    let owner = set.add(source, source::GetClientCall);
    let mut answers = client.read_set(set, At::Head).await?;
    let absent = |error: ReadError| error.or_absent(Error::SourceNotFound { address: source });
    answers.take(kind).map_err(absent)?;
    let owner = answers.take(owner).map_err(absent)?.0.into();
    if owner != account {
        return Err(Error::NotSourceOwner {
            source_address: source,
            account,
            owner,
        });
    }
    Ok(())
}
