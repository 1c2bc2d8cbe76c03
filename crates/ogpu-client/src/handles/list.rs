//! Lists on the chain: all of one, a part of it, or place by place.

use std::{
    fmt,
    future::IntoFuture,
    ops::{Bound, RangeBounds},
    sync::Arc,
    time::Duration,
};

use futures::{Stream, StreamExt, TryStreamExt, future::BoxFuture, stream};
use ogpu_types::{Address, BlockRef};
use tracing::Instrument;

use crate::{
    Client, Error, RetryPolicy,
    deadline::Deadline,
    read::At,
    retry::{Advice, with_retries},
};

/// Places that are read in one go: what they answer is well below what nodes send.
pub(super) const PAGE: u64 = 1_000;
/// Places of one list that are read into memory: a contract may claim to have any number of them.
const MOST_PLACES: u64 = 100_000;
/// Pages that are under way at a time.
const CONCURRENCY: usize = 4;
/// Reading starts over when two answers contradict each other: while a block is being made, a node
/// may answer for the old head's number with the new head's state.
const RESTARTS: RetryPolicy = RetryPolicy {
    tries: 5,
    backoff: Duration::from_millis(20),
    max_backoff: Duration::from_millis(200),
};

/// A list on the chain, or a part of it, not read yet.
///
/// Awaited, it is read whole, at one block. As a [`stream`](Self::stream) it is read page by page, as
/// it is consumed.
///
/// Places count from 0, in the order in which the contract was told; ranges are half-open, as
/// everywhere in Rust. Places past the last are no error, and places that are empty are left out.
///
/// ```no_run
/// # use futures::TryStreamExt;
/// # use ogpu_client::{Client, Error, types::SourceAddress};
/// # async fn example(client: Client, address: SourceAddress) -> Result<(), Error> {
/// let source = client.source(address);
/// let first = source.tasks(..10).await?;
/// let mut all = std::pin::pin!(source.tasks(..).stream());
/// while let Some(task) = all.try_next().await? {
///     println!("{}", task.address());
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a list does nothing until it is awaited or streamed"]
pub struct List<T> {
    client: Client,
    name: &'static str,
    of: Address,
    at: At,
    start: u64,
    end: u64,
    pages: Arc<dyn Pages<T>>,
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List")
            .field("name", &self.name)
            .field("of", &self.of)
            .field("places", &(self.start..self.end))
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// What is at some places of a list.
pub(super) struct Page<T> {
    /// Without those that are empty.
    pub(super) items: Vec<T>,
    /// Whether the list ends within it.
    pub(super) is_last: bool,
    pub(super) block: BlockRef,
}

/// How a list is read.
pub(super) trait Pages<T>: Send + Sync {
    /// How many places the list has; `None` when the chain does not tell.
    fn count<'a>(&'a self, client: &'a Client, at: At) -> BoxFuture<'a, Result<Count, Error>>;

    /// What is at the places `lower..upper`, at least one and at most [`PAGE`].
    fn page<'a>(
        &'a self,
        client: &'a Client,
        span: (u64, u64),
        at: At,
    ) -> BoxFuture<'a, Result<Page<T>, Error>>;
}

/// How many places a list has, and at which block that was told. `None` when the chain does not tell.
pub(super) type Count = Option<(u64, BlockRef)>;

impl<T: Send + 'static> List<T> {
    pub(super) fn new(
        client: &Client,
        name: &'static str,
        of: impl Into<Address>,
        range: &impl RangeBounds<u64>,
        pages: impl Pages<T> + 'static,
    ) -> Self {
        let (start, end) = half_open(range);
        Self {
            client: client.clone(),
            name,
            of: of.into(),
            at: At::Head,
            start,
            end,
            pages: Arc::new(pages),
        }
    }

    /// Reads at this block: a number, a hash, or a [`BlockRef`]. Defaults to the head.
    pub fn at(mut self, block: impl Into<At>) -> Self {
        self.at = block.into();
        self
    }

    /// Reads it page by page, 1,000 places each, as it is consumed.
    ///
    /// It ends where the list ended when the first page was read. At the head, each page is as new as
    /// the moment when it is read; at a given block, all are of that block. The first error ends the
    /// stream.
    pub fn stream(self) -> impl Stream<Item = Result<T, Error>> + Send + use<T> {
        enum Next {
            First,
            From(u64, u64),
            Nothing,
        }
        let pages = stream::try_unfold((self, Next::First), async |(list, next)| {
            let (lower, end) = match next {
                Next::First => (list.start, list.counted().await?),
                Next::From(lower, end) => (lower, end),
                Next::Nothing => return Ok(None),
            };
            if lower >= end {
                return Ok(None);
            }
            let upper = end.min(lower.saturating_add(PAGE));
            let page = list
                .restarting(|| list.pages.page(&list.client, (lower, upper), list.at))
                .await?;
            let next = match page.is_last {
                true => Next::Nothing,
                false => Next::From(upper, end),
            };
            let items = stream::iter(page.items.into_iter().map(Ok));
            Ok(Some((items, (list, next))))
        });
        pages.try_flatten()
    }

    /// Where reading ends, unless the list turns out to be shorter.
    async fn counted(&self) -> Result<u64, Error> {
        let count = self
            .restarting(|| self.pages.count(&self.client, self.at))
            .await?;
        Ok(count.map_or(self.end, |(count, _)| self.end.min(count)))
    }

    async fn all(self) -> Result<Vec<T>, Error> {
        self.restarting(|| self.at_one_block()).await
    }

    async fn at_one_block(&self) -> Result<Vec<T>, Error> {
        match self.pages.count(&self.client, self.at).await? {
            Some((count, block)) => self.counted_pages(self.end.min(count), block).await,
            None => self.pages_until_end().await,
        }
    }

    async fn counted_pages(&self, end: u64, block: BlockRef) -> Result<Vec<T>, Error> {
        self.check_size(end)?;
        let mut lowers = Vec::new();
        let mut lower = self.start;
        while lower < end {
            lowers.push(lower);
            lower = lower.saturating_add(PAGE);
        }
        let pages: Vec<Page<T>> = stream::iter(lowers)
            .map(|lower| {
                let span = (lower, end.min(lower.saturating_add(PAGE)));
                self.pages
                    .page(&self.client, span, At::Number(block.number))
            })
            .buffered(CONCURRENCY)
            .try_collect()
            .await?;
        let mut items = Vec::new();
        for page in pages {
            same_block(block, page.block)?;
            items.extend(page.items);
        }
        Ok(items)
    }

    async fn pages_until_end(&self) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        let mut block: Option<BlockRef> = None;
        let mut lower = self.start;
        while lower < self.end {
            self.check_size(lower)?;
            let upper = self.end.min(lower.saturating_add(PAGE));
            let at = block.map_or(self.at, |block| At::Number(block.number));
            let page = self.pages.page(&self.client, (lower, upper), at).await?;
            same_block(*block.get_or_insert(page.block), page.block)?;
            items.extend(page.items);
            if page.is_last {
                break;
            }
            lower = upper;
        }
        Ok(items)
    }

    fn check_size(&self, end: u64) -> Result<(), Error> {
        let asked = end.saturating_sub(self.start);
        if asked > MOST_PLACES {
            return Err(Error::TooManyPlaces {
                contract: self.of,
                asked,
                limit: MOST_PLACES,
            });
        }
        Ok(())
    }

    /// Starts over when answers contradict each other.
    async fn restarting<U, F: Future<Output = Result<U, Error>>>(
        &self,
        read: impl FnMut() -> F,
    ) -> Result<U, Error> {
        let advice = |error: &Error| {
            let contradicts = match error {
                Error::Read { source } => source.contradicts_earlier_answer(),
                Error::BlockReplaced { .. } => true,
                _ => false,
            };
            if !contradicts {
                return Advice::Final;
            }
            tracing::debug!(
                list = self.name,
                "the chain moved while it was read; starting over"
            );
            Advice::Retry
        };
        let pauses = Deadline::after(RESTARTS.longest(Duration::ZERO));
        with_retries(RESTARTS, pauses, advice, read)
            .await
            .map_err(|exhausted| exhausted.last)
    }
}

impl<T: Send + 'static> IntoFuture for List<T> {
    type Output = Result<Vec<T>, Error>;
    type IntoFuture = BoxFuture<'static, Result<Vec<T>, Error>>;

    fn into_future(self) -> Self::IntoFuture {
        let span = tracing::debug_span!("list", name = self.name, of = %self.of);
        Box::pin(self.all().instrument(span))
    }
}

/// Makes sure that two answers are of one block.
pub(super) fn same_block(known: BlockRef, block: BlockRef) -> Result<(), Error> {
    if known == block {
        return Ok(());
    }
    Err(Error::BlockReplaced {
        number: known.number,
    })
}

/// A range of places as start and end; an end before the start leaves nothing.
fn half_open(range: &impl RangeBounds<u64>) -> (u64, u64) {
    let start = match range.start_bound() {
        Bound::Included(&start) => start,
        Bound::Excluded(&before) => before.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(&last) => last.saturating_add(1),
        Bound::Excluded(&end) => end,
        Bound::Unbounded => u64::MAX,
    };
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_range_is_understood() {
        assert_eq!(half_open(&(..)), (0, u64::MAX));
        assert_eq!(half_open(&(2..5)), (2, 5));
        assert_eq!(half_open(&(2..=5)), (2, 6));
        assert_eq!(half_open(&(..7)), (0, 7));
        assert_eq!(half_open(&(3..)), (3, u64::MAX));
        assert_eq!(half_open(&(0..=u64::MAX)), (0, u64::MAX));
    }
}
