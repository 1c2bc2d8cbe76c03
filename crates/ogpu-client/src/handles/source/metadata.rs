//! What a source says of itself, off the chain.

use ogpu_contracts::source;
use ogpu_types::SourceMetadata;

use super::Source;
use crate::{
    At, Error,
    read::{Cost, ReadSet},
};

impl Source {
    /// Fetches what the source says of itself: its name, its description and its images.
    ///
    /// The source's client chose where it is, whom nobody vouches for: as for a response's payload,
    /// only the gateway is asked, and no more is read than the client's service options allow.
    ///
    /// Round trips: one to the node, one to the gateway.
    ///
    /// # Errors
    ///
    /// [`Error::SourceNotFound`] when there is no source at the address, [`Error::Read`] when the
    /// node cannot answer, [`Error::Service`] when there is no such content in time, too much of it,
    /// or its URL leads away from the gateway, [`Error::Json`] when it is no metadata.
    #[tracing::instrument(name = "source_metadata", skip_all, fields(source = %self.address))]
    pub async fn metadata(&self) -> Result<SourceMetadata, Error> {
        let address = self.address;
        let mut set = ReadSet::new();
        let params = set.add_costing(address, source::GetSourceParamsCall, Cost::STRUCT);
        let mut answers = self.client.read_set(set, At::Head).await?;
        let params = answers
            .take(params)
            .map_err(|error| error.or_absent(Error::SourceNotFound { address }))?;
        let payload = self.client.fetch_data(&params.0.image_metadata_url).await?;
        payload.json().map_err(|source| Error::Json { source })
    }
}
