//! A source's lists.

use std::ops::RangeBounds;

use ogpu_contracts::source;

use super::{Source, reads::absent};
use crate::handles::{List, Provider, Task, pages::AddressPages};

impl Source {
    /// The tasks that were published to it, in that order: all of them (`..`), or those at some places
    /// (`5..10`).
    ///
    /// Round trips: one for how many there are, and one for each 1,000, up to four at a time.
    ///
    /// # Errors
    ///
    /// [`Error::SourceNotFound`](crate::Error::SourceNotFound) when there is no source at the address,
    /// [`Error::TooManyPlaces`](crate::Error::TooManyPlaces) when more than 100,000 places are awaited
    /// at once, [`Error::Read`](crate::Error::Read) and [`Error::Rpc`](crate::Error::Rpc) when the node
    /// cannot answer.
    pub fn tasks(&self, range: impl RangeBounds<u64>) -> List<Task> {
        let client = self.client.clone();
        let item = |place: u64| source::TasksCall(place.into());
        let pages = AddressPages::of_items(
            self.address.into(),
            item,
            |task| task.0,
            move |task| client.task(task),
        )
        .counted(|| source::GetTaskCountCall, |tasks| tasks.0, Some(absent))
        .paged(
            |lower, upper| source::GetTasksCall { lower, upper },
            |tasks| tasks.0,
        );
        List::new(&self.client, "source.tasks", self.address, &range, pages)
    }

    /// The providers that are registered with it: all of them (`..`), or those at some places
    /// (`5..10`). Those that have left are left out.
    ///
    /// Round trips: one for how many places there are, and one for each 1,000, up to four at a time.
    ///
    /// # Errors
    ///
    /// As of [`tasks`](Self::tasks).
    pub fn registrants(&self, range: impl RangeBounds<u64>) -> List<Provider> {
        let client = self.client.clone();
        let item = |place: u64| source::RegistrantsCall(place.into());
        let count = || source::GetRegistrantCountCall;
        let pages = AddressPages::of_items(
            self.address.into(),
            item,
            |provider| provider.0,
            move |provider| client.provider(provider),
        )
        .counted(count, |registrants| registrants.0, Some(absent))
        .paged(
            |lower, upper| source::GetRegistrantsCall { lower, upper },
            |registrants| registrants.0,
        );
        let name = "source.registrants";
        List::new(&self.client, name, self.address, &range, pages)
    }
}
