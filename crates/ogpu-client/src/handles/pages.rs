//! How lists of addresses are read.
//!
//! A contract has up to three functions for a list: its length, a page of it, and one item. Some
//! pages cannot be trusted: those of a source only from place 0 on, since the contract indexes the
//! page by the places of the whole list. Items always can, and many travel in one request.

use std::sync::Arc;

use futures::future::BoxFuture;
use ogpu_contracts::ContractCall;
use ogpu_types::Address;
use primitive_types::{H160, U256};

use super::{
    list::{Count, Page, Pages},
    reader::{Absent, count, explain, somebody},
};
use crate::{
    Client, Error,
    read::{At, Cost, Finish, ReadSet},
};

type CountOf = Arc<dyn Fn(&mut ReadSet, Address) -> Finish<u64> + Send + Sync>;
type PageOf = Arc<dyn Fn(&mut ReadSet, Address, (u64, u64)) -> Finish<Vec<Address>> + Send + Sync>;
/// Gives `None` where the list has no such place.
type ItemOf = Arc<dyn Fn(&mut ReadSet, Address, u64) -> Finish<Option<Address>> + Send + Sync>;

/// A list of addresses, each of which becomes a `T`.
pub(super) struct AddressPages<T> {
    contract: Address,
    absent: Option<Absent>,
    count: Option<CountOf>,
    page: Option<PageOf>,
    item: ItemOf,
    make: Arc<dyn Fn(Address) -> T + Send + Sync>,
}

impl<T: Send + 'static> AddressPages<T> {
    /// A list that is read item by item until it ends.
    pub(super) fn of_items<C>(
        contract: Address,
        item: impl Fn(u64) -> C + Send + Sync + 'static,
        address: fn(C::Output) -> H160,
        make: impl Fn(Address) -> T + Send + Sync + 'static,
    ) -> Self
    where
        C: ContractCall + Send + 'static,
    {
        Self {
            contract,
            absent: None,
            count: None,
            page: None,
            item: Arc::new(move |set, contract, place| {
                let slot = set.add(contract, item(place));
                Box::new(move |answers| match answers.take(slot) {
                    Ok(output) => Ok(Some(address(output).into())),
                    Err(error) if error.shows_no_item() => Ok(None),
                    Err(error) => Err(Error::read(error)),
                })
            }),
            make: Arc::new(make),
        }
    }

    /// With a function that tells the length.
    pub(super) fn counted<C>(
        mut self,
        call: impl Fn() -> C + Send + Sync + 'static,
        length: fn(C::Output) -> U256,
        absent: Option<Absent>,
    ) -> Self
    where
        C: ContractCall + Send + 'static,
    {
        self.absent = absent;
        self.count = Some(Arc::new(move |set, contract| {
            let slot = set.add(contract, call());
            Box::new(move |answers| {
                let output = answers.take(slot);
                Ok(count(length(
                    output.map_err(|error| explain(error, absent))?,
                )))
            })
        }));
        self
    }

    /// With a function that gives a page from place 0 on. Its bounds are both inclusive.
    pub(super) fn paged<C>(
        mut self,
        call: impl Fn(U256, U256) -> C + Send + Sync + 'static,
        addresses: fn(C::Output) -> Vec<H160>,
    ) -> Self
    where
        C: ContractCall + Send + 'static,
    {
        self.page = Some(Arc::new(move |set, contract, (lower, upper)| {
            let call = call(lower.into(), (upper - 1).into());
            let slot = set.add_costing(contract, call, Cost::places(upper - lower));
            Box::new(move |answers| {
                let found = addresses(answers.take(slot).map_err(Error::read)?);
                Ok(found.into_iter().map(Address::from).collect())
            })
        }));
        self
    }

    async fn by_page(
        &self,
        client: &Client,
        page: &PageOf,
        (lower, upper): (u64, u64),
        at: At,
    ) -> Result<Option<Page<T>>, Error> {
        let mut set = ReadSet::new();
        let block = set.block();
        let finish = page(&mut set, self.contract, (lower, upper));
        let mut answers = client.read_set(set, at).await?;
        let found = match finish(&mut answers) {
            Ok(found) => found,
            // A page that is refused, or none: the items tell why.
            Err(Error::Read { source }) if !source.is_unanswered() => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_whole = usize::try_from(upper - lower) == Ok(found.len());
        Ok(is_whole.then(|| Page {
            items: self.present(found),
            is_last: false,
            block: answers.block(&block),
        }))
    }

    async fn by_items(
        &self,
        client: &Client,
        (lower, upper): (u64, u64),
        at: At,
    ) -> Result<Page<T>, Error> {
        let mut set = ReadSet::new();
        let block = set.block();
        let finishes: Vec<_> = (lower..upper)
            .map(|place| (self.item)(&mut set, self.contract, place))
            .collect();
        let places = finishes.len();
        let mut answers = client.read_set(set, at).await?;
        let mut found = Vec::with_capacity(places);
        for finish in finishes {
            match finish(&mut answers)? {
                Some(address) => found.push(address),
                None => break,
            }
        }
        Ok(Page {
            is_last: found.len() < places,
            items: self.present(found),
            block: answers.block(&block),
        })
    }

    fn present(&self, found: Vec<Address>) -> Vec<T> {
        let present = found.into_iter().filter_map(somebody);
        present.map(|address| (self.make)(address)).collect()
    }
}

impl<T: Send + 'static> Pages<T> for AddressPages<T> {
    fn count<'a>(&'a self, client: &'a Client, at: At) -> BoxFuture<'a, Result<Count, Error>> {
        Box::pin(async move {
            let Some(count) = &self.count else {
                return Ok(None);
            };
            let mut set = ReadSet::new();
            let block = set.block();
            let finish = count(&mut set, self.contract);
            let mut answers = client.read_set(set, at).await?;
            Ok(Some((finish(&mut answers)?, answers.block(&block))))
        })
    }

    fn page<'a>(
        &'a self,
        client: &'a Client,
        span: (u64, u64),
        at: At,
    ) -> BoxFuture<'a, Result<Page<T>, Error>> {
        Box::pin(async move {
            if let Some(page) = self.page.as_ref().filter(|_| span.0 == 0)
                && let Some(page) = self.by_page(client, page, span, at).await?
            {
                return Ok(page);
            }
            self.by_items(client, span, at).await
        })
    }
}
