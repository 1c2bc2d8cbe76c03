//! The network's lists of sources.

use std::ops::RangeBounds;

use ogpu_chain::Contract;
use ogpu_contracts::nexus;
use ogpu_types::Address;

use super::Nexus;
use crate::handles::{List, Source, pages::AddressPages};

impl Nexus {
    /// The sources of the network, in the order in which they were published: all of them (`..`), or
    /// those at some places (`5..10`).
    ///
    /// Round trips: one for how many there are, and one for each 1,000, up to four at a time; one more
    /// for the first 1,000 where the nexus gives another page than it is asked for.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyPlaces`](crate::Error::TooManyPlaces) when more than 100,000 places are awaited
    /// at once, [`Error::Read`](crate::Error::Read) and [`Error::Rpc`](crate::Error::Rpc) when the node
    /// cannot answer.
    pub fn sources(&self, range: impl RangeBounds<u64>) -> List<Source> {
        let nexus = self.client.contract(Contract::Nexus);
        let client = self.client.clone();
        let item = |place: u64| nexus::SourcesCall(place.into());
        let count = || nexus::GetSourceCountCall;
        let pages = AddressPages::of_items(
            nexus,
            item,
            |source| source.0,
            move |source| client.source(source),
        )
        .counted(count, |sources| sources.0, None)
        .paged(
            |lower, upper| nexus::GetSourcesCall { lower, upper },
            |sources| sources.0,
        );
        List::new(&self.client, "nexus.sources", nexus, &range, pages)
    }

    /// The sources of a client, in the order in which it published them: all of them (`..`), or those
    /// at some places (`5..10`).
    ///
    /// Round trips: one for each 1,000 places, the one behind the last included. The chain does not
    /// tell how many there are.
    ///
    /// # Errors
    ///
    /// As of [`sources`](Self::sources).
    pub fn sources_of(&self, client: Address, range: impl RangeBounds<u64>) -> List<Source> {
        let nexus = self.client.contract(Contract::Nexus);
        let handles = self.client.clone();
        let item = move |place: u64| nexus::SourcesOfCall(client.into(), place.into());
        let pages = AddressPages::of_items(
            nexus,
            item,
            |source| source.0,
            move |source| handles.source(source),
        );
        List::new(&self.client, "nexus.sources_of", nexus, &range, pages)
    }
}
