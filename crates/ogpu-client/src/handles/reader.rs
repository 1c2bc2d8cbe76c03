//! What the reads of all handles have in common.

use ogpu_contracts::{ContractCall, ConvertError};
use ogpu_types::Address;

use crate::{
    Client, Error, Read, ReadError,
    read::{Cost, Target, unknown_value},
};

/// The error that says that what a handle stands for is not there.
pub(super) type Absent = fn(Address) -> Error;

/// Reads the functions of one contract.
pub(super) struct Reader<'a> {
    client: &'a Client,
    target: Target,
    absent: Option<Absent>,
    cost: Cost,
}

impl<'a> Reader<'a> {
    /// Of one of the chain's own contracts, which is there.
    pub(super) fn new(client: &'a Client, target: Target) -> Self {
        Self {
            client,
            target,
            absent: None,
            cost: Cost::WORD,
        }
    }

    /// Of a contract that may not be there, or be of another kind.
    pub(super) fn or_absent(client: &'a Client, address: Address, absent: Absent) -> Self {
        Self {
            absent: Some(absent),
            ..Self::new(client, Target::At(address))
        }
    }

    /// Expects a struct or a text.
    pub(super) fn large(self) -> Self {
        Self {
            cost: Cost::STRUCT,
            ..self
        }
    }

    /// Reads a function whose answer always has a meaning.
    pub(super) fn value<C, T>(
        self,
        name: &'static str,
        call: C,
        make: impl FnOnce(C::Output) -> T + Send + 'static,
    ) -> Read<T>
    where
        C: ContractCall + Send + 'static,
        T: Send + 'static,
    {
        self.converted(name, call, |output| Ok::<T, ConvertError>(make(output)))
    }

    /// Reads a function whose answer may be of a later version of the protocol.
    pub(super) fn converted<C, T, E>(
        self,
        name: &'static str,
        call: C,
        make: impl FnOnce(C::Output) -> Result<T, E> + Send + 'static,
    ) -> Read<T>
    where
        C: ContractCall + Send + 'static,
        T: Send + 'static,
        E: Into<ConvertError>,
    {
        let Self { absent, cost, .. } = self;
        Read::new(self.client, name, self.target, move |set, address| {
            let slot = set.add_costing(address, call, cost);
            Box::new(move |answers| {
                let output = answers.take(slot).map_err(|error| explain(error, absent))?;
                make(output).map_err(|error| Error::read(unknown_value::<C>(address, error)))
            })
        })
    }

    /// The same, of a function that other kinds of contracts have as well: `kind` is one that only
    /// this kind has.
    pub(super) fn checked<K, C, T, E>(
        self,
        name: &'static str,
        kind: K,
        call: C,
        make: impl FnOnce(C::Output) -> Result<T, E> + Send + 'static,
    ) -> Read<T>
    where
        K: ContractCall + Send + 'static,
        C: ContractCall + Send + 'static,
        T: Send + 'static,
        E: Into<ConvertError>,
    {
        let Self { absent, cost, .. } = self;
        Read::new(self.client, name, self.target, move |set, address| {
            let kind = set.add(address, kind);
            let slot = set.add_costing(address, call, cost);
            Box::new(move |answers| {
                answers.take(kind).map_err(|error| explain(error, absent))?;
                let output = answers.take(slot).map_err(|error| explain(error, absent))?;
                make(output).map_err(|error| Error::read(unknown_value::<C>(address, error)))
            })
        })
    }

    /// Reads an item of a list by its place; `None` past the last.
    pub(super) fn item<K, C, T>(
        self,
        name: &'static str,
        kind: K,
        call: C,
        make: impl FnOnce(C::Output) -> Option<T> + Send + 'static,
    ) -> Read<Option<T>>
    where
        K: ContractCall + Send + 'static,
        C: ContractCall + Send + 'static,
        T: Send + 'static,
    {
        let absent = self.absent;
        Read::new(self.client, name, self.target, move |set, address| {
            let kind = set.add(address, kind);
            let slot = set.add(address, call);
            Box::new(move |answers| {
                answers.take(kind).map_err(|error| explain(error, absent))?;
                match answers.take(slot) {
                    Ok(output) => Ok(make(output)),
                    Err(error) if error.shows_no_item() => Ok(None),
                    Err(error) => Err(Error::read(error)),
                }
            })
        })
    }
}

/// The error of a read of something that may not be there.
pub(super) fn explain(error: ReadError, absent: Option<Absent>) -> Error {
    match absent {
        Some(absent) => {
            let contract = error.contract;
            error.or_absent(absent(contract))
        }
        None => Error::read(error),
    }
}

/// A value of `contract`, unless it is of a later version of the protocol.
pub(super) fn known<C, T>(
    contract: Address,
    value: impl TryInto<T, Error: Into<ConvertError>>,
) -> Result<T, Error>
where
    C: ContractCall,
{
    value
        .try_into()
        .map_err(|error| Error::read(unknown_value::<C>(contract, error)))
}

/// An address, unless it is the zero address, which stands for nobody.
pub(super) fn somebody(address: impl Into<Address>) -> Option<Address> {
    Some(address.into()).filter(|address| !address.is_zero())
}

/// A count or a place; what exceeds 64 bits is none that there can be.
pub(super) fn count(value: primitive_types::U256) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}
